// Connection: what goes out.
#include <algorithm>

#include "connection.h"

namespace front {

namespace {

constexpr int kDeadline = 4;
constexpr size_t kMostHeld = 1 << 26;  // bytes for a caller who does not read them
constexpr char kNoTable = '\x20';  // of a header block: its table has no size

std::string framed(Text message) {
  std::string out(1, '\0');
  put_u32(out, static_cast<uint32_t>(message.size()));
  return out.append(message);
}

}  // namespace

Connection::Streams::iterator Connection::find(uint64_t number) {
  return number >> 32 == serial_ >> 32 ? streams_.find(id_of(number)) : streams_.end();
}

bool Connection::respond(uint64_t number, Text message) {
  auto at = find(number);
  if (at == streams_.end() || at->second.ended) return false;
  static const std::string well = ending(0, {}, {}, false);
  Stream &stream = at->second;
  uint32_t id = at->first;
  if (!stream.begun) put_block(id, beginning(), false);
  stream.begun = stream.ended = true;
  stream.told = false;
  int64_t size = static_cast<int64_t>(message.size()) + 5;
  if (size > std::min(window_of(stream), window_) || size > largest_ || !stream.held.empty()) {
    stream.tail = well;
    hold(stream, message);
    push(at);
    return true;
  }
  put_head(out, static_cast<size_t>(size), kData, 0, id);
  out.push_back('\0');
  put_u32(out, static_cast<uint32_t>(message.size()));
  out.append(message);
  window_ -= size;
  put_block(id, well, true);
  if (!stream.asked) put_reset(id, kNoError);
  erase(at, false);
  return true;
}

bool Connection::send(uint64_t number, Text message, size_t &waiting) {
  auto at = find(number);
  if (at == streams_.end() || at->second.ended) return false;
  Stream &stream = at->second;
  if (!stream.begun) put_block(at->first, beginning(), false);
  stream.begun = true;
  hold(stream, message);
  push(at);
  waiting = stream.held.size() - stream.sent;
  return true;
}

bool Connection::finish(uint64_t number, int code, Text words, Text trailers) {
  auto at = find(number);
  if (at == streams_.end() || at->second.ended) return false;
  at->second.told = false;
  end(at, code, words, trailers);
  return true;
}

bool Connection::expire(uint64_t number, int64_t now_ns) {
  auto at = find(number);
  if (at == streams_.end() || at->second.deadline_ns > now_ns) return false;
  if (!at->second.held.empty()) {  // its answer waits for a caller who does not read
    put_reset(at->first, kCancel);
    erase(at, true);
  } else {
    end(at, kDeadline, "Deadline Exceeded", {});
  }
  return true;
}

bool Connection::cut(uint64_t number) {
  auto at = find(number);
  if (at == streams_.end()) return false;
  put_reset(at->first, kCancel);
  erase(at, false);
  return true;
}

// The end of a call, by us. Whoever works on it is told.
void Connection::end(Streams::iterator at, int code, Text words, Text trailers) {
  Stream &stream = at->second;
  tell_gone(stream);
  stream.told = false;
  stream.ended = true;
  stream.tail = ending(code, words, trailers, !stream.begun);
  stream.begun = true;
  push(at);
}

void Connection::ping(char mark) {
  put_head(out, 8, kPing, 0, 0);
  out.append(8, mark);
}

void Connection::leave() {
  if (leaving_ || over_) return;
  leaving_ = true;
  put_head(out, 8, kGoAway, 0, 0);  // calls that are on their way are still taken: until the answer to the ping behind it
  put_u32(out, 0x7FFFFFFF);
  put_u32(out, kNoError);
  ping(kLeaves);
}

// Calls behind the last one that has come are not taken.
void Connection::put_last() {
  if (left_ || over_) return;
  left_ = true;
  taken_id_ = last_id_;
  put_head(out, 8, kGoAway, 0, 0);
  put_u32(out, taken_id_);
  put_u32(out, kNoError);
}

void Connection::close(Code code, const char *why) {
  if (over_) return;
  put_head(out, 8 + Text(why).size(), kGoAway, 0, 0);
  put_u32(out, left_ ? taken_id_ : last_id_);
  put_u32(out, code);
  out.append(why);
  lost();
}

void Connection::lost() {
  over_ = true;
  for (const auto &[id, stream] : streams_) tell_gone(stream);
  streams_.clear();
}

void Connection::put_block(uint32_t id, Text block, bool last) {
  Kind kind = kHeaders;
  std::string sized;
  if (shrinks_ && !shrunk_) {  // RFC 7541, 4.2
    sized.assign(1, kNoTable).append(block);
    block = sized;
    shrunk_ = true;
  }
  do {
    Text part = block.substr(0, kFrame);
    block.remove_prefix(part.size());
    uint8_t flags = static_cast<uint8_t>((block.empty() ? kEndHeaders : 0) | (last && kind == kHeaders ? kEndStream : 0));
    put_head(out, part.size(), kind, flags, id);
    out.append(part);
    kind = kContinuation;
  } while (!block.empty());
}

// Sends what is held back, as far as the windows allow, and the end behind it.
void Connection::push(Streams::iterator at) {
  Stream &stream = at->second;
  uint32_t id = at->first;
  while (stream.sent < stream.held.size()) {
    int64_t room = std::min({window_of(stream), window_, static_cast<int64_t>(largest_)});
    if (room <= 0) {
      if (stream.sent > stream.held.size() / 2) {
        stream.held.erase(0, stream.sent);
        stream.sent = 0;
      }
      return;
    }
    Text part = Text(stream.held).substr(stream.sent, static_cast<size_t>(room));
    put_head(out, part.size(), kData, 0, id);
    out.append(part);
    stream.sent += part.size();
    held_ -= part.size();
    stream.more -= static_cast<int64_t>(part.size());
    window_ -= static_cast<int64_t>(part.size());
  }
  stream.held.clear();
  stream.sent = 0;
  if (!stream.ended) return;
  put_block(id, stream.tail, true);
  if (!stream.asked) put_reset(id, kNoError);
  erase(at, false);
}

void Connection::pushed_all() {
  for (auto at = streams_.begin(); at != streams_.end();) {
    auto next = std::next(at);
    if (!at->second.held.empty()) push(at);
    at = next;
  }
}

void Connection::erase(Streams::iterator at, bool tell) {
  const Stream &stream = at->second;
  if (tell) tell_gone(stream);
  held_ -= stream.held.size() - stream.sent;
  if (!stream.whole) unread_ -= stream.message.size();
  streams_.erase(at);
}

// Behind the windows. Of all that waits so on a connection there is an end.
void Connection::hold(Stream &stream, Text message) {
  stream.held += framed(message);
  held_ += message.size() + 5;
  crowded_ = crowded_ || held_ > kMostHeld;
}

void Connection::tell_gone(const Stream &stream) {
  if (stream.told) happened_.events.push_back({Event::kGone, stream.number, -1, kForever, {}, {}, nullptr});
}

void Connection::put_reset(uint32_t id, Code code) {
  put_head(out, 4, kReset, 0, id);
  put_u32(out, code);
}

void Connection::put_window(uint32_t id, uint32_t more) {
  put_head(out, 4, kWindow, 0, id);
  put_u32(out, more);
}

}  // namespace front
