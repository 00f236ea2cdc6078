// Writing of protobuf and msgpack, and reading of msgpack: the little of both formats that a decision needs.
// Nothing here knows what is in them. Readers check every bound and throw `Unfit`: then Python decides.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace express {

// What the lane does not decide: something unusual in a record. Never an error, Python takes over.
struct Unfit {};

using Text = std::string_view;

// ---- protobuf

inline void put_varint(std::string &out, uint64_t number) {
  while (number > 0x7F) {
    out.push_back(static_cast<char>((number & 0x7F) | 0x80));
    number >>= 7;
  }
  out.push_back(static_cast<char>(number));
}

inline size_t varint_size(uint64_t number) {
  size_t size = 1;
  while (number > 0x7F) {
    number >>= 7;
    ++size;
  }
  return size;
}

inline void put_fixed(std::string &out, uint64_t number) {
  char raw[8];
  std::memcpy(raw, &number, 8);  // little-endian machines only: checked when the module is loaded
  out.append(raw, 8);
}

inline void put_double(std::string &out, double number) {
  char raw[8];
  std::memcpy(raw, &number, 8);
  out.append(raw, 8);
}

// A field of bytes; left out when it is empty, as proto3 does.
inline void put_text(std::string &out, unsigned char tag, Text text) {
  if (text.empty()) return;
  out.push_back(static_cast<char>(tag));
  put_varint(out, text.size());
  out.append(text);
}

// A number of variable length; left out when it is zero.
inline void put_number(std::string &out, unsigned char tag, uint64_t number) {
  if (number == 0) return;
  out.push_back(static_cast<char>(tag));
  put_varint(out, number);
}

// `Timestamp` of milliseconds as a field; must not be negative.
void put_timestamp(std::string &out, Text tag, int64_t ms);

// ---- msgpack

void pack_int(std::string &out, int64_t number);
void pack_array(std::string &out, size_t size);
// As msgpack for Python packs a text: `raw` is the old form that the store's scripts read.
void pack_text(std::string &out, Text text, bool raw = false);

// A place in a msgpack record.
class Reader {
 public:
  explicit Reader(Text record) : at_(record.data()), end_(record.data() + record.size()) {}

  enum class Kind { Nil, Bool, Int, Big, Float, Text, Bytes, Array, Map, Other };

  Kind kind() const;
  bool done() const { return at_ == end_; }
  const char *place() const { return at_; }

  size_t array();             // the number of entries that follow
  size_t map();               // the number of pairs that follow
  Text text();                // a text, or bytes that a script wrote as one
  int64_t integer();          // an integer that fits 64 bits with a sign
  int64_t moment();           // an integer that is a time: sums and differences of two of them are 64 bits as well
  double number();            // an integer or a floating-point number
  bool truth();               // a truth value, or whether a number is not zero
  void skip();                // one value of any kind
  void repack(std::string &out);  // one value, written again in the shortest form, as Python does

 private:
  unsigned char head() const {
    if (at_ == end_) throw Unfit{};
    return static_cast<unsigned char>(*at_);
  }
  uint64_t big_endian(size_t bytes);  // behind the head
  void need(size_t bytes) const {
    if (static_cast<size_t>(end_ - at_) < bytes) throw Unfit{};
  }
  void skip(int depth);
  void repack(std::string &out, int depth);

  const char *at_;
  const char *end_;
};

}  // namespace express
