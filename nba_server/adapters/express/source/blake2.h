// BLAKE2b (RFC 7693) for messages of any length, with a key and a person: what hashlib.blake2b gives.
#pragma once

#include <cstdint>

#include "bytes.h"

namespace express {

// Writes `size` bytes (at most 64). `key` is at most 64 bytes, `person` at most 16.
void blake2b(unsigned char *out, size_t size, Text message, Text key = {}, Text person = {});

}  // namespace express
