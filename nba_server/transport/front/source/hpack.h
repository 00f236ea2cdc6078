// Header blocks (RFC 7541). What is written names no table but the static one, so that it is the same on every connection.
#pragma once

#include <deque>
#include <vector>

#include "bytes.h"

namespace front {

struct Field {
  std::string name, value;
};

// One direction of one connection.
class Decoder {
 public:
  // The fields of a block; false where they are larger than `most` as RFC 9113 counts them (then those that fit). What the table
  // learns it learns in any case. Throws `Fault`.
  bool decode(Text block, std::vector<Field> &fields, size_t most);

 private:
  const Field &at(uint64_t index) const;
  void learn(Field field);
  void shrink(size_t size);

  std::deque<Field> table_;
  size_t size_ = 0, limit_ = kUsualTable;
};

// A field that no table keeps.
void put_field(std::string &out, Text name, Text value);

}  // namespace front
