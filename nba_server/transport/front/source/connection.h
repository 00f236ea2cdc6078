// One connection: what its bytes mean, and what is to be sent on it. Knows no socket, no clock and no Python.
#pragma once

#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hpack.h"
#include "request.h"

namespace front {

// What calls carry besides their message: the same for many, and then the same object.
struct Metadata {
  std::string pairs;
  void *made = nullptr;  // what the server's language has made of them,
  void (*forget)(void *) = nullptr;

  ~Metadata() {
    if (made) forget(made);
  }
};

struct Event {
  enum What : uint8_t {
    kCall,     // one message, whole
    kGone,     // nobody waits for its end any more
    kOpened,   // a call whose messages come one by one,
    kMessage,  // one of them,
    kLast,     // and there are no more
  };
  What what;
  uint64_t number;  // of the call
  int32_t method = -1;
  int64_t deadline_ns = kForever;
  std::string bytes;  // the message; of what was opened its path
  std::string encoding;  // of the message, if it has one
  std::shared_ptr<Metadata> metadata;
};

// What has happened on all connections, in order, and when calls are due, the next at the front of a heap.
struct Happened {
  std::vector<Event> events;
  std::vector<std::pair<int64_t, uint64_t>> due;
};

constexpr char kLeaves = 'l';  // marks the ping whose answer says that a caller knows of the end

struct Limits {
  uint32_t streams;       // at once on a connection
  size_t message;         // bytes
  size_t metadata = 16384;  // bytes, as RFC 9113 counts them
};

using Methods = std::unordered_map<std::string, int32_t>;

class Connection {
 public:
  // `serial` is its own; numbers of its calls begin with it. What happens goes behind what `happened`.
  Connection(uint32_t serial, const Limits &limits, const Methods &methods, Happened &happened);

  // Takes bytes that have arrived at `now_ns`. Afterwards it may be `over`.
  void take(Text bytes, int64_t now_ns);
  // They have ended, or cannot be sent any more.
  void lost();

  bool respond(uint64_t number, Text message);                              // the only message, and the end
  bool send(uint64_t number, Text message, size_t &waiting);                // one of several; `waiting` are not sent yet
  bool finish(uint64_t number, int code, Text words, Text trailers);        // the end
  bool expire(uint64_t number, int64_t now_ns);                             // if its time has passed: whether it was still open
  bool cut(uint64_t number);                                                // the end without a word more

  void ping(char mark = 'n');
  void leave();  // no new calls; over when those that are open have ended
  void close(Code code, const char *why);

  std::string out;  // to be sent
  uint32_t serial() const { return static_cast<uint32_t>(serial_ >> 32); }
  bool has(uint64_t number) { return find(number) != streams_.end(); }
  bool over() const { return over_ || (left_ && streams_.empty()); }
  bool greeted() const { return greeted_; }
  bool leaving() const { return leaving_; }
  bool crowded() const { return crowded_; }
  size_t open() const { return streams_.size(); }

  // Of whoever has the socket:
  int fd = -1;
  uint32_t interest = 0;
  size_t sent = 0;  // of `out`
  bool dirty = false, gone = false;  // nobody is there any more
  int64_t born_ns = 0, heard_ns = 0, pinged_ns = 0, left_ns = 0;  // 0: not
  int64_t ended_ns = 0, shut_ns = 0;                              // it is over; and nothing more is sent

 private:
  struct Stream {
    uint64_t number;
    int32_t method;
    int64_t more = 0;  // bytes that may be sent beyond the first window, which may change; less than nothing: less than that
    int64_t room;      // bytes that may come
    int64_t deadline_ns;
    std::shared_ptr<Metadata> metadata;
    std::string encoding, message;
    unsigned char prefix[5];
    uint8_t filled = 0;
    bool packed = false, whole = false, told = false;      // the message is compressed, is there; the server knows of the call
    bool asked = false, begun = false, ended = false;      // all has come; the first headers are sent; the end is to be sent
    std::string held, tail;  // behind the window
    size_t sent = 0;         // of `held`
  };
  using Streams = std::unordered_map<uint32_t, Stream>;

  bool frame(Text &bytes);
  void data(uint32_t id, uint8_t flags, Text payload);
  void headers(uint32_t id, uint8_t flags, Text payload);
  void block_ended();
  void opened(uint32_t id, bool fits);
  void settings(uint8_t flags, Text payload);
  void window(uint32_t id, Text payload);
  void reset(uint32_t id, Text payload);
  void pinged(uint8_t flags, Text payload);
  void message_bytes(Streams::iterator at, Text payload);
  void message_ended(Streams::iterator at);
  void all_asked(Streams::iterator at);

  void end(Streams::iterator at, int code, Text words, Text trailers);
  void put_block(uint32_t id, Text block, bool last);
  void push(Streams::iterator at);
  void pushed_all();
  void put_last();
  void erase(Streams::iterator at, bool tell);
  void hold(Stream &stream, Text message);
  int64_t window_of(const Stream &stream) const { return first_window_ + stream.more; }
  void tell_gone(const Stream &stream);
  void put_reset(uint32_t id, Code code);
  void put_window(uint32_t id, uint32_t more);
  Streams::iterator find(uint64_t number);
  uint32_t id_of(uint64_t number) const { return static_cast<uint32_t>(number); }

  const uint64_t serial_;
  const Limits &limits_;
  const Methods &methods_;
  Happened &happened_;
  Decoder decoder_;
  std::vector<Field> fields_;
  Request request_;
  Streams streams_;
  std::string rest_;   // of bytes that are no whole frame yet
  std::string block_;  // of headers that go on
  uint32_t block_id_ = 0, last_id_ = 0;
  uint32_t taken_id_ = 0;  // the last one that is taken at all, when `left_`
  int block_parts_ = 0;
  bool block_ends_ = false;
  std::shared_ptr<Metadata> metadata_;  // of the call before
  int64_t now_ns_ = 0;
  int64_t window_ = kUsualWindow, room_, first_window_ = kUsualWindow;
  uint32_t largest_ = kFrame;
  size_t held_ = 0, unread_ = 0;  // bytes behind windows, and of messages that are not whole
  size_t resets_ = 0;             // by the caller, of calls that were at work, since
  int64_t resets_ns_ = 0;
  bool grew_ = false, crowded_ = false;  // a window did; too much waits behind them
  bool shrinks_ = false, shrunk_ = false;  // they keep a smaller header table than usual, and know that we know
  bool greeted_ = false, leaving_ = false, left_ = false, over_ = false;
};

}  // namespace front
