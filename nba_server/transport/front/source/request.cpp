#include "request.h"

#include <algorithm>

namespace front {

namespace {

constexpr Text kOfConnection[] = {"connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"};
constexpr Text kOfTransport[] = {"te", "content-type", "content-length", "grpc-accept-encoding", "grpc-encoding", "grpc-timeout"};
constexpr Text kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

template <size_t n>
bool among(Text name, const Text (&names)[n]) {
  return std::find(names, names + n, name) != names + n;
}

bool is_name(Text name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || Text("!#$%&'*+-.^_`|~").find(c) != Text::npos;
  });
}

// RFC 9113 forbids these in any value; gRPC wants printable ASCII.
bool is_harmful(Text value) { return value.find_first_of(Text("\0\r\n", 3)) != Text::npos; }

bool is_printable(Text value) {
  return std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
}

bool read_timeout(Text text, int64_t &nanoseconds) {
  if (text.size() < 2 || text.size() > 9) return false;
  int64_t number = 0;
  for (char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + (c - '0');
  }
  constexpr Text kUnits = "numSMH";
  constexpr int64_t kNanoseconds[] = {1, 1'000, 1'000'000, 1'000'000'000, 60'000'000'000, 3'600'000'000'000};
  size_t unit = kUnits.find(text.back());
  if (unit == Text::npos) return false;
  bool ages = number > (kForever >> 2) / kNanoseconds[unit];
  nanoseconds = ages ? kForever : number * kNanoseconds[unit];
  return true;
}

// Words in a header of HTTP: all but printable ASCII as %XX, and the % too.
std::string escaped(Text words) {
  std::string out;
  for (char c : words) {
    if (c >= 0x20 && c <= 0x7E && c != '%') {
      out.push_back(c);
      continue;
    }
    constexpr Text kDigits = "0123456789ABCDEF";
    auto byte = static_cast<unsigned char>(c);
    out.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
  }
  return out;
}

// Whether it is as gRPC wants it. Of several in one the last counts, as it does of several with one name.
bool put_metadata(Text name, Text value, std::string &pairs) {
  put_pair(pairs, name);
  if (!is_binary(name)) {
    put_pair(pairs, value);
    return true;
  }
  size_t comma = value.rfind(',');
  std::string bytes;
  bool good = unbase64(comma == Text::npos ? value : value.substr(comma + 1), bytes);
  put_pair(pairs, bytes);
  return good;
}

constexpr char kOk = '\x88';  // `:status: 200` of the static table

}  // namespace

void put_pair(std::string &pairs, Text text) {
  put_u32(pairs, static_cast<uint32_t>(text.size()));
  pairs.append(text);
}

Text next_pair(Text &pairs) {
  size_t size = u32(pairs.data());
  Text found = pairs.substr(4, size);
  pairs.remove_prefix(4 + size);
  return found;
}

bool is_binary(Text name) { return name.size() > 4 && name.substr(name.size() - 4) == "-bin"; }

Fit read_request(const std::vector<Field> &fields, Request &request) {
  Text method, scheme, content_type, timeout;
  request.path = request.encoding = {};
  request.timeout_ns = kForever;
  request.metadata.clear();
  bool authority = false, ordinary = false, good = true;
  auto once = [](Text &field, const std::string &value) {
    if (field.data()) return false;
    field = value;
    return true;
  };
  for (const auto &[name, value] : fields) {
    if (is_harmful(value)) return Fit::kBroken;
    if (name.empty() || name[0] == ':') {
      bool fine = !ordinary && (name == ":method"   ? once(method, value)
                                : name == ":path"   ? once(request.path, value)
                                : name == ":scheme" ? once(scheme, value)
                                                    : name == ":authority" && !authority);
      if (!fine) return Fit::kBroken;
      authority = authority || name == ":authority";
      continue;
    }
    ordinary = true;
    if (!is_name(name) || among(name, kOfConnection)) return Fit::kBroken;
    if (name == "te" && value != "trailers") return Fit::kBroken;
    if (name == "content-type") {
      content_type = value;
    } else if (name == "grpc-timeout") {
      timeout = value;
    } else if (name == "grpc-encoding") {
      request.encoding = value;
    } else if (!among(name, kOfTransport)) {
      if (is_binary(name) || is_printable(value)) good = put_metadata(name, value, request.metadata) && good;
    }
  }
  if (method.empty() || request.path.empty() || scheme.empty()) return Fit::kBroken;
  if (method != "POST") return Fit::kNoPost;
  constexpr Text kGrpc = "application/grpc";
  if (content_type.substr(0, kGrpc.size()) != kGrpc ||
      (content_type.size() > kGrpc.size() && content_type[kGrpc.size()] != '+' && content_type[kGrpc.size()] != ';'))
    return Fit::kNoGrpc;
  if (timeout.data() && !read_timeout(timeout, request.timeout_ns)) return Fit::kBadTimeout;
  return good ? Fit::kCall : Fit::kBadMetadata;
}

std::string base64(Text bytes) {
  std::string out;
  uint32_t held = 0;
  int bits = 0;
  for (char c : bytes) {
    held = held << 8 | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) out.push_back(kLetters[held >> (bits - 6) & 63]);
  }
  if (bits) out.push_back(kLetters[held << (6 - bits) & 63]);
  return out;
}

bool unbase64(Text text, std::string &bytes) {
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  uint32_t held = 0;
  int bits = 0;
  for (char c : text) {
    size_t value = kLetters.find(c);
    if (value == Text::npos) return false;
    held = held << 6 | static_cast<uint32_t>(value);
    if ((bits += 6) >= 8) bytes.push_back(static_cast<char>(held >> (bits -= 8)));
  }
  return bits < 6;
}

const std::string &beginning() {
  static const std::string block = [] {
    std::string out(1, kOk);
    put_field(out, "content-type", "application/grpc");
    return out;
  }();
  return block;
}

std::string ending(int code, Text words, Text trailers, bool alone) {
  std::string out = alone ? beginning() : "";
  put_field(out, "grpc-status", std::to_string(code));
  if (!words.empty()) put_field(out, "grpc-message", escaped(words));
  while (!trailers.empty()) {
    Text name = next_pair(trailers), value = next_pair(trailers);
    put_field(out, name, is_binary(name) ? base64(value) : std::string(value));
  }
  return out;
}

std::string plain_status(Text status) {
  std::string out;
  put_field(out, ":status", status);
  return out;
}

}  // namespace front
