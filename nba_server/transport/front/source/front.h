// The sockets of a server's port, all behind one number that an event loop can wait for. Linux only: epoll and its kin.
#pragma once

#include "connection.h"

namespace front {

struct Terms {
  Limits limits;
  int64_t age_ns;               // how old a connection gets (0: as it likes),
  int64_t grace_ns;             // and how long it then has for its calls
  int64_t quiet_ns, answer_ns;  // until somebody silent is asked, and must have answered
};

int64_t now();

class Front {
 public:
  // Throws `std::system_error`.
  explicit Front(const Terms &terms);
  ~Front();
  Front(const Front &) = delete;
  Front &operator=(const Front &) = delete;

  Methods methods;
  Happened happened;

  int number() const { return epoll_; }
  void listen(int socket);  // a copy of it is kept
  void look();              // takes in what has arrived by now
  void flush();             // sends what is to be sent, as far as it goes
  void tick();              // what the clock brings, besides deadlines; some times a second
  void leave();             // takes no new connections, and no calls on those that are there
  void close();
  size_t connections() const { return connections_.size(); }
  size_t owing() const;  // how many have calls, or answers that they have not taken

  Connection *of(uint64_t number);
  bool sends(Connection &connection);  // something is to be sent on it; whether `flush` has to be called for it

 private:
  bool accept(int socket);
  void accept_again(bool again);
  void receive(Connection &connection);
  void send(Connection &connection);
  void watch(Connection &connection, uint32_t interest);
  void settle(Connection &connection);
  void let_go(Connection &connection);
  void expire();
  void set_timer();

  const Terms terms_;
  int epoll_, timer_;
  std::vector<int> listening_;
  bool accepts_ = true;
  size_t most_ = SIZE_MAX, taken_ = 0;  // connections; bytes by this look
  uint32_t serials_ = 0;
  std::unordered_map<uint32_t, std::unique_ptr<Connection>> connections_;
  std::vector<uint32_t> dirty_;
  int64_t timer_ns_ = kForever;
  std::vector<char> buffer_;
};

}  // namespace front
