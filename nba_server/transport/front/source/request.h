// What the headers of a request say to a gRPC server, and the words in which it answers.
#pragma once

#include <vector>

#include "hpack.h"

namespace front {

constexpr int64_t kForever = INT64_MAX;

enum class Fit {
  kCall,
  kBroken,    // no request of HTTP/2
  kNoPost,    // or not gRPC's:
  kNoGrpc,
  kBadTimeout,
  kBadMetadata,
};

struct Request {
  Text path, encoding;
  int64_t timeout_ns = kForever;
  std::string metadata;  // pairs as `put_pair` writes them; values under names in -bin as bytes
};

// Reads the fields, which must outlive it; `request` is left by the one before it.
Fit read_request(const std::vector<Field> &fields, Request &request);

// Names and values one behind the other, each with its length.
void put_pair(std::string &pairs, Text text);
Text next_pair(Text &pairs);

bool is_binary(Text name);
std::string base64(Text bytes);
// With the `=` at its end or without; false for what is none.
bool unbase64(Text text, std::string &bytes);

// A status as the block behind the messages, or as the only one. The words may be any; trailers are as `put_pair` writes them.
std::string ending(int code, Text words, Text trailers, bool alone);

// The block before the messages.
const std::string &beginning();

// What is said to somebody who speaks HTTP/2 but not gRPC.
std::string plain_status(Text status);

}  // namespace front
