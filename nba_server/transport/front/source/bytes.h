// Bytes of HTTP/2 (RFC 9113): frames, their numbers, and what ends a connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace front {

using Text = std::string_view;

enum Kind : uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kReset = 3,
  kSettings = 4,
  kPromise = 5,
  kPing = 6,
  kGoAway = 7,
  kWindow = 8,
  kContinuation = 9,
};

enum Flag : uint8_t { kAck = 0x1, kEndStream = 0x1, kEndHeaders = 0x4, kPadded = 0x8, kWithPriority = 0x20 };

enum Setting : uint16_t {
  kHeaderTable = 1,
  kPush = 2,
  kMostStreams = 3,
  kInitialWindow = 4,
  kMostFrame = 5,
  kMostHeaders = 6,
};

enum Code : uint32_t {
  kNoError = 0,
  kProtocol = 1,
  kFlowControl = 3,
  kStreamClosed = 5,
  kFrameSize = 6,
  kRefused = 7,
  kCancel = 8,
  kCompression = 9,
  kCalm = 11,
};

// Ends the connection that it is found on.
struct Fault {
  Code code;
  const char *why;
};

constexpr size_t kHead = 9;             // bytes before a frame's payload
constexpr uint32_t kFrame = 16384;      // the largest payload that anybody must take
constexpr int64_t kMostWindow = 0x7FFFFFFF;
constexpr uint32_t kUsualWindow = 65535;
constexpr uint32_t kUsualTable = 4096;
constexpr Text kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

inline uint16_t u16(const char *at) {
  auto b = reinterpret_cast<const unsigned char *>(at);
  return static_cast<uint16_t>(b[0] << 8 | b[1]);
}

inline uint32_t u32(const char *at) { return static_cast<uint32_t>(u16(at)) << 16 | u16(at + 2); }

inline uint32_t u24(const char *at) { return u32(at) >> 8; }

inline void put_u16(std::string &out, uint32_t number) {
  out.push_back(static_cast<char>(number >> 8));
  out.push_back(static_cast<char>(number));
}

inline void put_u32(std::string &out, uint32_t number) {
  put_u16(out, number >> 16);
  put_u16(out, number);
}

inline void put_head(std::string &out, size_t length, Kind kind, uint8_t flags, uint32_t stream) {
  put_u32(out, static_cast<uint32_t>(length << 8) | kind);
  out.push_back(static_cast<char>(flags));
  put_u32(out, stream);
}

}  // namespace front
