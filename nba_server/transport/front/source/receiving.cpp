// Connection: what comes in.
#include <algorithm>
#include <functional>

#include "connection.h"

namespace front {

namespace {

constexpr uint32_t kRoom = 1 << 20, kRoomOfAll = 1 << 22;  // bytes that a call, and a connection, may be ahead of us
constexpr size_t kMostBlock = 1 << 16;                     // bytes of headers, before they are read
constexpr int kMostParts = 1'000;                          // frames that go on with one block
constexpr size_t kMostUnread = 1 << 24;                    // bytes of messages that are not whole, or of four messages
constexpr size_t kMostResets = 10'000;                     // calls that a caller takes back in a second
constexpr int64_t kSecond = 1'000'000'000;
constexpr int kResourceExhausted = 8, kUnimplemented = 12, kInvalid = 3, kInternal = 13;

Text without_padding(uint8_t flags, Text payload) {
  if (!(flags & kPadded)) return payload;
  if (payload.empty()) throw Fault{kFrameSize, "a padded frame is empty"};
  size_t padding = static_cast<unsigned char>(payload[0]);
  if (padding >= payload.size()) throw Fault{kProtocol, "a frame is nothing but padding"};
  return payload.substr(1, payload.size() - 1 - padding);
}

}  // namespace

Connection::Connection(uint32_t serial, const Limits &limits, const Methods &methods, Happened &happened)
    : serial_(static_cast<uint64_t>(serial) << 32), limits_(limits), methods_(methods), happened_(happened), room_(kRoomOfAll) {
  put_head(out, 18, kSettings, 0, 0);
  for (auto [name, value] : {std::pair<Setting, uint32_t>{kMostStreams, limits.streams},
                             {kInitialWindow, kRoom},
                             {kMostHeaders, static_cast<uint32_t>(limits.metadata)}}) {
    put_u16(out, name);
    put_u32(out, value);
  }
  put_window(0, kRoomOfAll - kUsualWindow);
}

void Connection::take(Text bytes, int64_t now_ns) {
  now_ns_ = heard_ns = now_ns;
  try {
    bool kept = !rest_.empty();
    if (kept) {
      rest_.append(bytes);
      bytes = rest_;
    }
    if (!greeted_) {
      size_t size = std::min(bytes.size(), kPreface.size());
      if (bytes.substr(0, size) != kPreface.substr(0, size)) throw Fault{kProtocol, "this is not HTTP/2"};
      greeted_ = size == kPreface.size();
      if (greeted_) bytes.remove_prefix(size);
    }
    while (greeted_ && !over_ && frame(bytes)) {
    }
    if (grew_ && held_) pushed_all();
    grew_ = false;
    if (kept && rest_.capacity() > 4 * kFrame)
      rest_ = std::string(bytes);
    else if (kept)
      rest_.erase(0, rest_.size() - bytes.size());
    else
      rest_.assign(bytes);
  } catch (const Fault &fault) {
    close(fault.code, fault.why);
  }
}

// Takes the next frame, if it is there as a whole.
bool Connection::frame(Text &bytes) {
  if (bytes.size() < kHead) return false;
  size_t length = u24(bytes.data());
  uint8_t kind = static_cast<uint8_t>(bytes[3]), flags = static_cast<uint8_t>(bytes[4]);
  uint32_t id = u32(bytes.data() + 5) & 0x7FFFFFFF;
  if (length > kFrame) throw Fault{kFrameSize, "a frame is too large"};
  if (bytes.size() < kHead + length) return false;
  Text payload = bytes.substr(kHead, length);
  bytes.remove_prefix(kHead + length);
  if (block_id_ && (kind != kContinuation || id != block_id_)) throw Fault{kProtocol, "headers are interrupted"};
  bool of_call = kind == kData || kind == kHeaders || kind == kPriority || kind == kReset || kind == kContinuation;
  bool of_all = kind == kSettings || kind == kPing || kind == kGoAway;
  if ((of_call && !id) || (of_all && id)) throw Fault{kProtocol, "a frame is on the wrong stream"};
  switch (kind) {
    case kData: data(id, flags, payload); break;
    case kHeaders: headers(id, flags, payload); break;
    case kPriority:
      if (length != 5) throw Fault{kFrameSize, "PRIORITY has another size"};
      break;
    case kReset: reset(id, payload); break;
    case kSettings: settings(flags, payload); break;
    case kPromise: throw Fault{kProtocol, "callers promise nothing"};
    case kPing: pinged(flags, payload); break;
    case kGoAway:
      if (length < 8) throw Fault{kFrameSize, "GOAWAY has another size"};
      break;  // it ends the connection when it has its answers
    case kWindow: window(id, payload); break;
    case kContinuation:
      if (!block_id_) throw Fault{kProtocol, "nothing is to be continued"};
      if (block_.size() + length > kMostBlock || ++block_parts_ > kMostParts) throw Fault{kCalm, "headers are too large"};
      block_.append(payload);
      if (flags & kEndHeaders) block_ended();
      break;
    default: break;  // of an extension
  }
  return true;
}

void Connection::headers(uint32_t id, uint8_t flags, Text payload) {
  payload = without_padding(flags, payload);
  if (flags & kWithPriority) {
    if (payload.size() < 5) throw Fault{kFrameSize, "HEADERS are cut off"};
    if ((u32(payload.data()) & 0x7FFFFFFF) == id) throw Fault{kProtocol, "a stream depends on itself"};
    payload.remove_prefix(5);
  }
  if (id % 2 == 0) throw Fault{kProtocol, "callers have odd streams"};
  block_id_ = id;
  block_ends_ = flags & kEndStream;
  block_parts_ = 0;
  block_.assign(payload);
  if (flags & kEndHeaders) block_ended();
}

void Connection::block_ended() {
  uint32_t id = block_id_;
  block_id_ = 0;
  bool fits = decoder_.decode(block_, fields_, limits_.metadata);
  if (id > last_id_) {
    last_id_ = id;
    opened(id, fits);
    return;
  }
  auto at = streams_.find(id);
  if (at == streams_.end()) return;  // it has ended here while these were on their way
  if (at->second.asked || !block_ends_) {  // headers twice
    put_reset(id, kProtocol);
    erase(at, true);
    return;
  }
  all_asked(at);  // trailers say nothing to a server
}

// A call begins.
void Connection::opened(uint32_t id, bool fits) {
  if (leaving_ && left_) return;  // they know that it was not taken
  Fit fit = fits ? read_request(fields_, request_) : Fit::kCall;
  if (fit == Fit::kBroken) {
    put_reset(id, kProtocol);
    return;
  }
  if (streams_.size() >= limits_.streams) {
    put_reset(id, kRefused);
    return;
  }
  auto at = streams_.try_emplace(id).first;
  Stream &stream = at->second;
  stream.number = serial_ | id;
  stream.method = -1;
  stream.room = kRoom;
  stream.asked = block_ends_;
  stream.deadline_ns = kForever;
  if (!fits) {
    end(at, kResourceExhausted, "the metadata is too large", {});
  } else if (fit == Fit::kNoPost || fit == Fit::kNoGrpc) {
    put_block(id, plain_status(fit == Fit::kNoPost ? "405" : "415"), true);
    if (!stream.asked) put_reset(id, kNoError);
    erase(at, false);
  } else if (fit == Fit::kBadTimeout) {
    end(at, kInvalid, "grpc-timeout cannot be read", {});
  } else if (fit == Fit::kBadMetadata) {
    end(at, kInvalid, "metadata under a name that ends in -bin is no base64", {});
  } else {
    if (request_.timeout_ns != kForever) {
      stream.deadline_ns = now_ns_ + request_.timeout_ns;
      happened_.due.emplace_back(stream.deadline_ns, stream.number);
      std::push_heap(happened_.due.begin(), happened_.due.end(), std::greater<>());
    }
    stream.encoding = request_.encoding;
    if (!metadata_ || metadata_->pairs != request_.metadata) {
      metadata_ = std::make_shared<Metadata>();
      metadata_->pairs = request_.metadata;
    }
    stream.metadata = metadata_;
    auto method = methods_.find(std::string(request_.path));
    if (method == methods_.end()) {
      stream.told = true;
      happened_.events.push_back(
          {Event::kOpened, stream.number, -1, stream.deadline_ns, std::string(request_.path), stream.encoding, stream.metadata});
    } else {
      stream.method = method->second;
    }
    if (stream.asked) all_asked(at);
  }
}

void Connection::data(uint32_t id, uint8_t flags, Text payload) {
  int64_t size = static_cast<int64_t>(payload.size());
  if ((room_ -= size) < 0) throw Fault{kFlowControl, "more came than there is room for"};
  if (room_ < kRoomOfAll / 2) {
    put_window(0, static_cast<uint32_t>(kRoomOfAll - room_));
    room_ = kRoomOfAll;
  }
  if (id > last_id_) throw Fault{kProtocol, "DATA of no call"};
  Text content = without_padding(flags, payload);
  auto at = streams_.find(id);
  if (at == streams_.end()) return;  // it has ended here while these were on their way
  Stream &stream = at->second;
  if (stream.asked) throw Fault{kStreamClosed, "DATA behind the end"};
  if ((stream.room -= size) < 0) throw Fault{kFlowControl, "more came than a call has room for"};
  if (stream.room < kRoom / 2 && !(flags & kEndStream)) {
    put_window(id, static_cast<uint32_t>(kRoom - stream.room));
    stream.room = kRoom;
  }
  if (!stream.ended) message_bytes(at, content);
  if ((flags & kEndStream) && (at = streams_.find(id)) != streams_.end()) all_asked(at);
}

// Part of a message, of several, or of none.
void Connection::message_bytes(Streams::iterator at, Text payload) {
  while (!payload.empty()) {
    Stream &stream = at->second;
    if (stream.whole) {
      end(at, kUnimplemented, "the method takes one message only", {});
      return;
    }
    if (stream.filled < 5) {
      stream.prefix[stream.filled++] = static_cast<unsigned char>(payload[0]);
      payload.remove_prefix(1);
      if (stream.filled < 5) continue;
      stream.packed = stream.prefix[0];
      if (stream.prefix[0] > 1 || (stream.packed && (stream.encoding.empty() || stream.encoding == "identity"))) {
        end(at, kInternal, "the message is compressed, and nothing says how", {});
        return;
      }
      size_t size = u32(reinterpret_cast<const char *>(stream.prefix) + 1);
      if (size > limits_.message) {
        std::string words = "Received message larger than max (" + std::to_string(size) + " vs. " + std::to_string(limits_.message) + ")";
        end(at, kResourceExhausted, words, {});
        return;
      }
      if (!size) message_ended(at);
      continue;
    }
    size_t wanted = u32(reinterpret_cast<const char *>(stream.prefix) + 1) - stream.message.size();
    Text part = payload.substr(0, wanted);
    stream.message.append(part);
    unread_ += part.size();
    payload.remove_prefix(part.size());
    if (part.size() < wanted && unread_ > std::max(kMostUnread, 4 * limits_.message)) {
      end(at, kResourceExhausted, "too many messages are on their way on this connection", {});
      return;
    }
    if (part.size() == wanted) message_ended(at);
  }
}

void Connection::message_ended(Streams::iterator at) {
  Stream &stream = at->second;
  unread_ -= stream.message.size();
  if (stream.method >= 0) {
    stream.whole = true;  // to be given when nothing comes behind it
    return;
  }
  stream.filled = 0;
  happened_.events.push_back({Event::kMessage, stream.number, -1, kForever, std::move(stream.message), stream.packed ? stream.encoding : "", nullptr});
  stream.message.clear();
}

// Nothing more will come of a call.
void Connection::all_asked(Streams::iterator at) {
  Stream &stream = at->second;
  stream.asked = true;
  if (stream.ended) {
    return;
  } else if (stream.method < 0 && !stream.filled) {
    happened_.events.push_back({Event::kLast, stream.number, -1, kForever, {}, {}, nullptr});
  } else if (!stream.whole) {
    end(at, stream.filled ? kInternal : kUnimplemented, stream.filled ? "the message is cut off" : "the method takes exactly one message", {});
  } else {
    stream.told = true;
    happened_.events.push_back({Event::kCall, stream.number, stream.method, stream.deadline_ns, std::move(stream.message),
                       stream.packed ? stream.encoding : "", std::move(stream.metadata)});
  }
}

void Connection::reset(uint32_t id, Text payload) {
  if (payload.size() != 4) throw Fault{kFrameSize, "RST_STREAM has another size"};
  if (id > last_id_) throw Fault{kProtocol, "RST_STREAM of no call"};
  auto at = streams_.find(id);
  if (at == streams_.end()) return;
  if (now_ns_ - resets_ns_ > kSecond) {
    resets_ = 0;
    resets_ns_ = now_ns_;
  }
  if (++resets_ > kMostResets) throw Fault{kCalm, "too many calls are taken back"};
  erase(at, true);
}

void Connection::settings(uint8_t flags, Text payload) {
  if (flags & kAck) {
    if (!payload.empty()) throw Fault{kFrameSize, "SETTINGS has another size"};
    return;
  }
  if (payload.size() % 6) throw Fault{kFrameSize, "SETTINGS has another size"};
  for (; !payload.empty(); payload.remove_prefix(6)) {
    uint32_t value = u32(payload.data() + 2);
    switch (u16(payload.data())) {
      case kHeaderTable: shrinks_ = shrinks_ || value < kUsualTable; break;
      case kPush:
        if (value > 1) throw Fault{kProtocol, "SETTINGS_ENABLE_PUSH is no truth"};
        break;
      case kInitialWindow:
        if (value > kMostWindow) throw Fault{kFlowControl, "SETTINGS_INITIAL_WINDOW_SIZE is too large"};
        first_window_ = value;
        break;
      case kMostFrame:
        if (value < kFrame || value > 0xFFFFFF) throw Fault{kProtocol, "SETTINGS_MAX_FRAME_SIZE is out of range"};
        largest_ = value;
        break;
      default: break;  // nothing is pushed
    }
  }
  put_head(out, 0, kSettings, kAck, 0);
  grew_ = true;
}

void Connection::window(uint32_t id, Text payload) {
  if (payload.size() != 4) throw Fault{kFrameSize, "WINDOW_UPDATE has another size"};
  int64_t more = u32(payload.data()) & 0x7FFFFFFF;
  if (!id) {
    if (!more) throw Fault{kProtocol, "WINDOW_UPDATE of nothing"};
    if ((window_ += more) > kMostWindow) throw Fault{kFlowControl, "the window is too large"};
    grew_ = true;
    return;
  }
  if (id > last_id_) throw Fault{kProtocol, "WINDOW_UPDATE of no call"};
  auto at = streams_.find(id);
  if (at == streams_.end()) return;
  at->second.more += more;
  if (!more || window_of(at->second) > kMostWindow) {
    put_reset(id, more ? kFlowControl : kProtocol);
    erase(at, true);
    return;
  }
  push(at);
}

void Connection::pinged(uint8_t flags, Text payload) {
  if (payload.size() != 8) throw Fault{kFrameSize, "PING has another size"};
  if (flags & kAck) {
    pinged_ns = 0;
    if (leaving_ && payload[0] == kLeaves) put_last();
    return;
  }
  put_head(out, 8, kPing, kAck, 0);
  out.append(payload);
}

}  // namespace front
