#include "bytes.h"

namespace express {

namespace {

constexpr int kDeepest = 32;  // so deep are values nested at the most

void put_big_endian(std::string &out, uint64_t number, size_t bytes) {
  for (size_t shift = bytes; shift-- > 0;) out.push_back(static_cast<char>(number >> (8 * shift) & 0xFF));
}

void put_head(std::string &out, unsigned char head) { out.push_back(static_cast<char>(head)); }

}  // namespace

void put_timestamp(std::string &out, Text tag, int64_t ms) {
  if (ms < 0) throw Unfit{};
  std::string moment;
  put_number(moment, 0x08, static_cast<uint64_t>(ms / 1000));
  put_number(moment, 0x10, static_cast<uint64_t>(ms % 1000 * 1000000));
  out.append(tag);
  put_varint(out, moment.size());
  out.append(moment);
}

void pack_int(std::string &out, int64_t number) {
  if (number >= 0) {
    uint64_t value = static_cast<uint64_t>(number);
    if (value < 0x80) return put_head(out, static_cast<unsigned char>(value));
    if (value <= 0xFF) return put_head(out, 0xCC), put_big_endian(out, value, 1);
    if (value <= 0xFFFF) return put_head(out, 0xCD), put_big_endian(out, value, 2);
    if (value <= 0xFFFFFFFF) return put_head(out, 0xCE), put_big_endian(out, value, 4);
    return put_head(out, 0xCF), put_big_endian(out, value, 8);
  }
  uint64_t value = static_cast<uint64_t>(number);
  if (number >= -0x20) return put_head(out, static_cast<unsigned char>(value));
  if (number >= -0x80) return put_head(out, 0xD0), put_big_endian(out, value, 1);
  if (number >= -0x8000) return put_head(out, 0xD1), put_big_endian(out, value, 2);
  if (number >= -0x80000000LL) return put_head(out, 0xD2), put_big_endian(out, value, 4);
  put_head(out, 0xD3);
  put_big_endian(out, value, 8);
}

void pack_array(std::string &out, size_t size) {
  if (size < 16) return put_head(out, static_cast<unsigned char>(0x90 | size));
  if (size <= 0xFFFF) return put_head(out, 0xDC), put_big_endian(out, size, 2);
  put_head(out, 0xDD);
  put_big_endian(out, size, 4);
}

void pack_text(std::string &out, Text text, bool raw) {
  if (text.size() < 32) {
    put_head(out, static_cast<unsigned char>(0xA0 | text.size()));
  } else if (text.size() <= 0xFF && !raw) {
    put_head(out, 0xD9);
    put_big_endian(out, text.size(), 1);
  } else if (text.size() <= 0xFFFF) {
    put_head(out, 0xDA);
    put_big_endian(out, text.size(), 2);
  } else {
    put_head(out, 0xDB);
    put_big_endian(out, text.size(), 4);
  }
  out.append(text);
}

Reader::Kind Reader::kind() const {
  unsigned char c = head();
  if (c < 0x80 || c >= 0xE0) return Kind::Int;
  if (c < 0x90) return Kind::Map;
  if (c < 0xA0) return Kind::Array;
  if (c < 0xC0) return Kind::Text;
  switch (c) {
    case 0xC0: return Kind::Nil;
    case 0xC2: case 0xC3: return Kind::Bool;
    case 0xC4: case 0xC5: case 0xC6: return Kind::Bytes;
    case 0xCA: case 0xCB: return Kind::Float;
    case 0xCC: case 0xCD: case 0xCE: case 0xD0: case 0xD1: case 0xD2: case 0xD3: return Kind::Int;
    case 0xCF:
      if (end_ - at_ < 2) throw Unfit{};
      return static_cast<unsigned char>(at_[1]) < 0x80 ? Kind::Int : Kind::Big;
    case 0xD9: case 0xDA: case 0xDB: return Kind::Text;
    case 0xDC: case 0xDD: return Kind::Array;
    case 0xDE: case 0xDF: return Kind::Map;
    default: return Kind::Other;
  }
}

uint64_t Reader::big_endian(size_t bytes) {
  need(1 + bytes);
  uint64_t found = 0;
  for (size_t i = 1; i <= bytes; ++i) found = found << 8 | static_cast<unsigned char>(at_[i]);
  at_ += 1 + bytes;
  return found;
}

size_t Reader::array() {
  unsigned char c = head();
  size_t size;
  if (c >= 0x90 && c < 0xA0) {
    size = c & 0x0F;
    ++at_;
  } else if (c == 0xDC) {
    size = big_endian(2);
  } else if (c == 0xDD) {
    size = big_endian(4);
  } else if (c == 0x80) {  // a script's empty table
    size = 0;
    ++at_;
  } else {
    throw Unfit{};
  }
  need(size);  // every entry has a byte at least
  return size;
}

size_t Reader::map() {
  unsigned char c = head();
  size_t size;
  if (c >= 0x80 && c < 0x90) {
    size = c & 0x0F;
    ++at_;
  } else if (c == 0xDE) {
    size = big_endian(2);
  } else if (c == 0xDF) {
    size = big_endian(4);
  } else {
    throw Unfit{};
  }
  need(size);
  return size;
}

Text Reader::text() {
  unsigned char c = head();
  size_t size;
  if (c >= 0xA0 && c < 0xC0) {
    size = c & 0x1F;
    ++at_;
  } else if (c == 0xD9) {
    size = big_endian(1);
  } else if (c == 0xDA) {
    size = big_endian(2);
  } else if (c == 0xDB) {
    size = big_endian(4);
  } else {
    throw Unfit{};
  }
  need(size);
  Text found(at_, size);
  at_ += size;
  return found;
}

int64_t Reader::integer() {
  unsigned char c = head();
  if (c < 0x80) return ++at_, c;
  if (c >= 0xE0) return ++at_, static_cast<int8_t>(c);
  switch (c) {
    case 0xCC: return static_cast<int64_t>(big_endian(1));
    case 0xCD: return static_cast<int64_t>(big_endian(2));
    case 0xCE: return static_cast<int64_t>(big_endian(4));
    case 0xCF: {
      uint64_t value = big_endian(8);
      if (value > static_cast<uint64_t>(INT64_MAX)) throw Unfit{};
      return static_cast<int64_t>(value);
    }
    case 0xD0: return static_cast<int8_t>(big_endian(1));
    case 0xD1: return static_cast<int16_t>(big_endian(2));
    case 0xD2: return static_cast<int32_t>(big_endian(4));
    case 0xD3: return static_cast<int64_t>(big_endian(8));
    default: throw Unfit{};
  }
}

int64_t Reader::moment() {
  constexpr int64_t kFarthest = int64_t{1} << 53;
  int64_t found = integer();
  if (found < -kFarthest || found > kFarthest) throw Unfit{};
  return found;
}

double Reader::number() {
  unsigned char c = head();
  if (c == 0xCB) {
    uint64_t raw = big_endian(8);
    double found;
    std::memcpy(&found, &raw, 8);
    return found;
  }
  if (c == 0xCA) {
    uint32_t raw = static_cast<uint32_t>(big_endian(4));
    float found;
    std::memcpy(&found, &raw, 4);
    return found;
  }
  return static_cast<double>(integer());
}

bool Reader::truth() {
  unsigned char c = head();
  if (c == 0xC2 || c == 0xC3) return ++at_, c == 0xC3;
  return number() != 0.0;
}

void Reader::skip() { skip(0); }

void Reader::skip(int depth) {
  if (depth > kDeepest) throw Unfit{};
  switch (kind()) {
    case Kind::Nil: case Kind::Bool: ++at_; return;
    case Kind::Int: integer(); return;
    case Kind::Big: big_endian(8); return;
    case Kind::Float: number(); return;
    case Kind::Text: text(); return;
    case Kind::Bytes: {
      unsigned char c = head();
      size_t size = big_endian(c == 0xC4 ? 1 : c == 0xC5 ? 2 : 4);
      need(size);
      at_ += size;
      return;
    }
    case Kind::Array:
      for (size_t left = array(); left > 0; --left) skip(depth + 1);
      return;
    case Kind::Map:
      for (size_t left = 2 * map(); left > 0; --left) skip(depth + 1);
      return;
    case Kind::Other: throw Unfit{};
  }
}

void Reader::repack(std::string &out) { repack(out, 0); }

void Reader::repack(std::string &out, int depth) {
  if (depth > kDeepest) throw Unfit{};
  switch (kind()) {
    case Kind::Nil: case Kind::Bool: out.push_back(*at_++); return;
    case Kind::Int: pack_int(out, integer()); return;
    case Kind::Float: {
      double found = number();
      uint64_t raw;
      std::memcpy(&raw, &found, 8);
      put_head(out, 0xCB);
      put_big_endian(out, raw, 8);
      return;
    }
    case Kind::Text: pack_text(out, text()); return;
    case Kind::Array: {
      size_t size = array();
      pack_array(out, size);
      while (size-- > 0) repack(out, depth + 1);
      return;
    }
    default: throw Unfit{};
  }
}

}  // namespace express
