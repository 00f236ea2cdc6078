// BLAKE2b (RFC 7693) for messages of any length, with a key and a person: what hashlib.blake2b gives.
#pragma once

#include <cstdint>

#include "bytes.h"

namespace express {

// A hash of `size` bytes (at most 64) that has taken in its key, which costs as much as a short message. `key` is at most 64
// bytes, `person` at most 16.
class Blake2 {
 public:
  Blake2(size_t size, Text key = {}, Text person = {});

  // Writes the hash of a message.
  void hash(unsigned char *out, Text message) const;

 private:
  size_t size_;
  bool keyed_;
  uint64_t begun_[8], empty_[8];
};

}  // namespace express
