#include "hpack.h"

#include <algorithm>
#include <array>

namespace front {

namespace {

// RFC 7541, appendix A.
const Field kStatic[] = {
    {":authority", ""}, {":method", "GET"}, {":method", "POST"}, {":path", "/"}, {":path", "/index.html"}, {":scheme", "http"},
    {":scheme", "https"}, {":status", "200"}, {":status", "204"}, {":status", "206"}, {":status", "304"}, {":status", "400"},
    {":status", "404"}, {":status", "500"}, {"accept-charset", ""}, {"accept-encoding", "gzip, deflate"},
    {"accept-language", ""}, {"accept-ranges", ""}, {"accept", ""}, {"access-control-allow-origin", ""}, {"age", ""},
    {"allow", ""}, {"authorization", ""}, {"cache-control", ""}, {"content-disposition", ""}, {"content-encoding", ""},
    {"content-language", ""}, {"content-length", ""}, {"content-location", ""}, {"content-range", ""}, {"content-type", ""},
    {"cookie", ""}, {"date", ""}, {"etag", ""}, {"expect", ""}, {"expires", ""}, {"from", ""}, {"host", ""}, {"if-match", ""},
    {"if-modified-since", ""}, {"if-none-match", ""}, {"if-range", ""}, {"if-unmodified-since", ""}, {"last-modified", ""},
    {"link", ""}, {"location", ""}, {"max-forwards", ""}, {"proxy-authenticate", ""}, {"proxy-authorization", ""},
    {"range", ""}, {"referer", ""}, {"refresh", ""}, {"retry-after", ""}, {"server", ""}, {"set-cookie", ""},
    {"strict-transport-security", ""}, {"transfer-encoding", ""}, {"user-agent", ""}, {"vary", ""}, {"via", ""},
    {"www-authenticate", ""},
};
constexpr size_t kStatics = sizeof kStatic / sizeof kStatic[0];

// RFC 7541, appendix B: how long the code of each octet is, and of the end. The codes follow, as shorter ones come first, and of
// one length those of lesser octets.
constexpr uint8_t kLengths[257] = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28,
    28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7,
    6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24,
    23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22,
    23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27,
    26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25,
    24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
};
constexpr int kShortest = 5, kLongest = 30;
constexpr uint16_t kEnd = 256;

struct Codes {
  std::array<uint64_t, kLongest + 1> limit{};  // beyond the last code of a length, at the left of 32 bits
  std::array<uint32_t, kLongest + 1> first{}, offset{};
  std::array<uint16_t, 257> octets{};

  Codes() {
    uint32_t code = 0, placed = 0;
    for (int length = kShortest; length <= kLongest; ++length) {
      code <<= 1;
      first[length] = code;
      offset[length] = placed;
      for (uint16_t octet = 0; octet <= kEnd; ++octet)
        if (kLengths[octet] == length) octets[placed++] = octet, ++code;
      limit[length] = static_cast<uint64_t>(code) << (32 - length);
    }
  }
};

std::string unpacked(Text packed) {
  static const Codes codes;
  std::string out;
  uint64_t held = 0;
  int bits = 0;
  for (size_t i = 0;;) {
    for (; bits <= 32 && i < packed.size(); bits += 8) held = held << 8 | static_cast<unsigned char>(packed[i++]);
    if (!bits) return out;
    uint64_t mask = (uint64_t{1} << std::min(bits, 32)) - 1;
    uint64_t next = bits >= 32 ? held >> (bits - 32) & mask : (held & mask) << (32 - bits) | 0xFFFFFFFF >> bits;
    int length = kShortest;
    while (length < kLongest && next >= codes.limit[length]) ++length;
    if (length > bits) {  // the rest fills the last octet up with ones
      if (bits > 7 || (held & mask) != mask) throw Fault{kCompression, "a header's code is cut off"};
      return out;
    }
    uint16_t octet = codes.octets[codes.offset[length] + (static_cast<uint32_t>(next >> (32 - length)) - codes.first[length])];
    if (octet == kEnd) throw Fault{kCompression, "a header has the code of its end"};
    out.push_back(static_cast<char>(octet));
    bits -= length;
  }
}

// A place in a header block.
class Block {
 public:
  explicit Block(Text text) : left_(text) {}
  bool done() const { return left_.empty(); }
  unsigned char peek() const { return static_cast<unsigned char>(left_.front()); }

  uint64_t number(int prefix) {
    unsigned char mask = static_cast<unsigned char>((1 << prefix) - 1);
    uint64_t found = octet() & mask;
    if (found < mask) return found;
    for (int shift = 0; shift <= 21; shift += 7) {
      unsigned char next = octet();
      found += static_cast<uint64_t>(next & 0x7F) << shift;
      if (next < 0x80) return found;
    }
    throw Fault{kCompression, "a header's number is too large"};
  }

  std::string text() {
    if (done()) throw Fault{kCompression, "a header block is cut off"};
    bool packed = peek() & 0x80;
    uint64_t size = number(7);
    if (size > left_.size()) throw Fault{kCompression, "a header block is cut off"};
    Text found = left_.substr(0, static_cast<size_t>(size));
    left_.remove_prefix(found.size());
    return packed ? unpacked(found) : std::string(found);
  }

 private:
  unsigned char octet() {
    if (done()) throw Fault{kCompression, "a header block is cut off"};
    unsigned char found = peek();
    left_.remove_prefix(1);
    return found;
  }

  Text left_;
};

size_t weight(const Field &field) { return field.name.size() + field.value.size() + 32; }

void put_number(std::string &out, unsigned char mark, int prefix, size_t number) {
  size_t most = (size_t{1} << prefix) - 1;
  if (number < most) {
    out.push_back(static_cast<char>(mark | number));
    return;
  }
  out.push_back(static_cast<char>(mark | most));
  for (number -= most; number >= 0x80; number >>= 7) out.push_back(static_cast<char>(0x80 | (number & 0x7F)));
  out.push_back(static_cast<char>(number));
}

}  // namespace

bool Decoder::decode(Text text, std::vector<Field> &fields, size_t most) {
  fields.clear();
  bool fits = true, begun = false;
  size_t size = 0;
  auto take = [&](const Field &field) {
    size += weight(field);
    fits = fits && size <= most;
    if (fits) fields.push_back(field);
  };
  for (Block block(text); !block.done();) {
    unsigned char mark = block.peek();
    if (mark & 0x80) {
      take(at(block.number(7)));
    } else if ((mark & 0xE0) == 0x20) {
      uint64_t wanted = block.number(5);
      if (begun || wanted > kUsualTable) throw Fault{kCompression, "the header table cannot be so large"};
      limit_ = static_cast<size_t>(wanted);
      shrink(limit_);
      continue;
    } else {
      bool learns = mark & 0x40;
      uint64_t index = block.number(learns ? 6 : 4);
      if (!fits && !learns) {  // nobody will see it
        if (index)
          at(index);
        else
          block.text();
        block.text();
        begun = true;
        continue;
      }
      Field field;
      field.name = index ? at(index).name : block.text();
      field.value = block.text();
      take(field);
      if (learns) learn(std::move(field));
    }
    begun = true;
  }
  return fits;
}

const Field &Decoder::at(uint64_t index) const {
  if (index && index <= kStatics) return kStatic[index - 1];
  if (!index || index > kStatics + table_.size()) throw Fault{kCompression, "no such header in the table"};
  return table_[static_cast<size_t>(index - kStatics - 1)];
}

void Decoder::learn(Field field) {
  size_t size = weight(field);
  shrink(size > limit_ ? 0 : limit_ - size);
  if (size > limit_) return;
  size_ += size;
  table_.push_front(std::move(field));
}

void Decoder::shrink(size_t size) {
  while (size_ > size) {
    size_ -= weight(table_.back());
    table_.pop_back();
  }
}

void put_field(std::string &out, Text name, Text value) {
  out.push_back(0);
  put_number(out, 0, 7, name.size());
  out.append(name);
  put_number(out, 0, 7, value.size());
  out.append(value);
}

}  // namespace front
