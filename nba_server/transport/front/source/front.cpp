#include "front.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <system_error>

namespace front {

namespace {

constexpr size_t kChunk = 1 << 16;
constexpr size_t kMostEvents = 1'000, kMostTaken = 1 << 20;  // of one look: what is left is there at the next one
constexpr size_t kMostUnsent = 1 << 18;  // with so much to be sent nothing more is read
constexpr int64_t kLinger = 2'000'000'000;  // how long a caller may take to close what has been ended here
constexpr size_t kOthers = 256;          // descriptors that connections leave to the rest of the process
constexpr int kAtOnce = 64;              // connections that are looked at, and taken, in one go
constexpr uint64_t kListener = uint64_t{1} << 32, kTimer = uint64_t{1} << 33;  // beside the serials of connections

int checked(int found) {
  if (found < 0) throw std::system_error(errno, std::generic_category());
  return found;
}

// Connections that began together do not end together.
int64_t aged(int64_t age_ns, uint32_t serial) { return age_ns / 100 * (90 + serial * 2654435761u % 21); }

}  // namespace

int64_t now() {
  timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * int64_t{1'000'000'000} + at.tv_nsec;
}

Front::Front(const Terms &terms) : terms_(terms), buffer_(kChunk) {
  epoll_ = checked(epoll_create1(EPOLL_CLOEXEC));
  timer_ = checked(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  epoll_event event{EPOLLIN, {}};
  event.data.u64 = kTimer;
  checked(epoll_ctl(epoll_, EPOLL_CTL_ADD, timer_, &event));
  rlimit files{};
  if (!getrlimit(RLIMIT_NOFILE, &files) && files.rlim_cur != RLIM_INFINITY)
    most_ = static_cast<size_t>(files.rlim_cur) > 2 * kOthers ? static_cast<size_t>(files.rlim_cur) - kOthers : kOthers;
}

Front::~Front() {
  close();
  ::close(timer_);
  ::close(epoll_);
}

void Front::listen(int socket) {
  int copy = checked(fcntl(socket, F_DUPFD_CLOEXEC, 0));
  epoll_event event{EPOLLIN, {}};
  event.data.u64 = kListener | static_cast<uint32_t>(copy);
  listening_.push_back(copy);
  checked(epoll_ctl(epoll_, EPOLL_CTL_ADD, copy, &event));
}

Connection *Front::of(uint64_t number) {
  auto found = connections_.find(static_cast<uint32_t>(number >> 32));
  return found == connections_.end() ? nullptr : found->second.get();
}

void Front::look() {
  epoll_event ready[kAtOnce];
  int found = epoll_wait(epoll_, ready, kAtOnce, 0);
  taken_ = 0;
  for (int i = 0; i < found && taken_ < kMostTaken && happened.events.size() < kMostEvents; ++i) {
    uint64_t what = ready[i].data.u64;
    if (what & kTimer) {
      expire();
    } else if (what & kListener) {
      accept(static_cast<int>(static_cast<uint32_t>(what)));
    } else if (Connection *connection = of(what << 32)) {
      if (ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(*connection);
      if (!connection->out.empty()) send(*connection);
      settle(*connection);
    }
  }
  set_timer();
}

// Takes connections; whether there may be more.
bool Front::accept(int socket) {
  for (int i = 0; i < kAtOnce; ++i) {
    int fd = connections_.size() < most_ ? accept4(socket, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC) : -1;
    if (fd < 0) {
      bool full = connections_.size() >= most_ || errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      if (full) accept_again(false);  // until the next tick
      return false;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    while (!++serials_ || connections_.count(serials_)) {
    }
    auto connection = std::make_unique<Connection>(serials_, terms_.limits, methods, happened);
    connection->fd = fd;
    connection->born_ns = connection->heard_ns = now();
    connection->interest = EPOLLIN;
    epoll_event event{EPOLLIN, {}};
    event.data.u64 = serials_;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) < 0) {
      ::close(fd);
      continue;
    }
    Connection &made = *connections_.emplace(serials_, std::move(connection)).first->second;
    send(made);
    settle(made);
  }
  return true;
}

void Front::accept_again(bool again) {
  accepts_ = again;
  for (int listener : listening_) {
    epoll_event event{again ? EPOLLIN : 0u, {}};
    event.data.u64 = kListener | static_cast<uint32_t>(listener);
    epoll_ctl(epoll_, EPOLL_CTL_MOD, listener, &event);
  }
}

void Front::receive(Connection &connection) {
  ssize_t size = recv(connection.fd, buffer_.data(), buffer_.size(), 0);
  if (size > 0) {
    taken_ += static_cast<size_t>(size);
    try {
      if (!connection.over()) connection.take(Text(buffer_.data(), static_cast<size_t>(size)), now());
    } catch (const std::bad_alloc &) {
      let_go(connection);
    }
  } else if (!size || (errno != EAGAIN && errno != EINTR)) {
    let_go(connection);
  }
}

void Front::send(Connection &connection) {
  while (connection.sent < connection.out.size()) {
    ssize_t size =
        ::send(connection.fd, connection.out.data() + connection.sent, connection.out.size() - connection.sent, MSG_NOSIGNAL);
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) break;
      let_go(connection);
      return;
    }
    connection.sent += static_cast<size_t>(size);
    if (connection.interest & EPOLLOUT) connection.heard_ns = now();  // who reads slowly is there all the same
  }
  if (connection.sent == connection.out.size()) {
    if (connection.out.capacity() > 2 * kMostUnsent)
      connection.out = std::string();
    else
      connection.out.clear();
    connection.sent = 0;
  } else if (connection.sent > kMostUnsent && connection.sent > connection.out.size() / 2) {
    connection.out.erase(0, connection.sent);
    connection.sent = 0;
  }
}

// Nobody is there any more.
void Front::let_go(Connection &connection) {
  connection.lost();
  connection.out.clear();
  connection.sent = 0;
  connection.gone = true;
}

// Watches for what it waits for now; or it is over. Its end is told, and then the caller closes: what is closed here takes along
// what is still on its way, if the caller has sent something meanwhile.
void Front::settle(Connection &connection) {
  if (connection.crowded() && !connection.over()) {
    connection.close(kCalm, "answers are not read");
    send(connection);
  }
  if (connection.gone) {
    uint32_t serial = connection.serial();
    ::close(connection.fd);
    connections_.erase(serial);
    return;
  }
  size_t unsent = connection.out.size() - connection.sent;
  bool over = connection.over();
  if (over && !connection.ended_ns) connection.ended_ns = now();
  if (over && !unsent && !connection.shut_ns) {
    shutdown(connection.fd, SHUT_WR);
    connection.shut_ns = now();
  }
  watch(connection, (!over && unsent > kMostUnsent ? 0u : EPOLLIN) | (unsent ? EPOLLOUT : 0u));
}

void Front::watch(Connection &connection, uint32_t interest) {
  if (interest == connection.interest) return;
  connection.interest = interest;
  epoll_event event{interest, {}};
  event.data.u64 = connection.serial();
  epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
}

bool Front::sends(Connection &connection) {
  if (!connection.open()) {  // nobody else's answer would go with it
    send(connection);
    settle(connection);
    return false;
  }
  if (connection.dirty) return false;
  connection.dirty = true;
  dirty_.push_back(connection.serial());
  return dirty_.size() == 1;
}

void Front::flush() {
  for (size_t i = 0; i < dirty_.size(); ++i) {
    auto found = connections_.find(dirty_[i]);
    if (found == connections_.end()) continue;
    found->second->dirty = false;
    send(*found->second);
    settle(*found->second);
  }
  dirty_.clear();
  set_timer();
}

void Front::expire() {
  uint64_t times;
  while (read(timer_, &times, sizeof times) > 0) {
  }
  timer_ns_ = kForever;
  auto &due = happened.due;
  int64_t at = now();
  while (!due.empty() && due.front().first <= at) {
    uint64_t number = due.front().second;
    std::pop_heap(due.begin(), due.end(), std::greater<>());
    due.pop_back();
    Connection *connection = of(number);
    if (connection && connection->expire(number, at)) {
      send(*connection);
      settle(*connection);
    }
  }
  set_timer();
}

// The timer is set for the first that is due. It is never put off: most calls end long before, and setting it costs more than it
// going off for nobody.
void Front::set_timer() {
  auto &due = happened.due;
  if (due.empty() || due.front().first >= timer_ns_) return;
  timer_ns_ = due.front().first;
  itimerspec when{};
  when.it_value.tv_sec = timer_ns_ / 1'000'000'000;
  when.it_value.tv_nsec = timer_ns_ % 1'000'000'000;
  timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
}

void Front::tick() {
  int64_t at = now();
  std::vector<uint32_t> serials;
  size_t open = 0;
  for (const auto &[serial, connection] : connections_) {
    serials.push_back(serial);
    open += connection->open();
  }
  for (uint32_t serial : serials) {
    Connection &one = *connections_.at(serial);
    if (one.over()) {  // whoever does not take the last words, or does not close
      int unread = 0;
      bool taken = one.shut_ns && at - one.shut_ns > kLinger && (ioctl(one.fd, SIOCOUTQ, &unread) < 0 || !unread);
      if (taken || at - std::max(one.ended_ns, one.shut_ns) > terms_.answer_ns) let_go(one);
    } else if (!one.greeted() && at - one.born_ns > terms_.answer_ns) {
      one.close(kProtocol, "nothing was said");
    } else if (one.left_ns && at - one.left_ns > terms_.grace_ns) {
      one.close(kNoError, "the connection is too old");
    } else if (one.pinged_ns && at - std::max(one.heard_ns, one.pinged_ns) > terms_.answer_ns) {
      let_go(one);
    } else if (!one.pinged_ns && at - one.heard_ns > terms_.quiet_ns) {
      one.pinged_ns = at;
      one.ping();
    } else if (terms_.age_ns && !one.leaving() && at - one.born_ns > aged(terms_.age_ns, serial)) {
      one.left_ns = at;
      one.leave();
    }
    if (!one.out.empty()) send(one);
    settle(one);
  }
  auto &due = happened.due;
  if (due.size() > 1'024 + 4 * open) {  // most have ended
    due.erase(std::remove_if(due.begin(), due.end(),
                             [&](const auto &one) {
                               Connection *connection = of(one.second);
                               return !connection || !connection->has(one.second);
                             }),
              due.end());
    std::make_heap(due.begin(), due.end(), std::greater<>());
  }
  set_timer();
  if (!accepts_) accept_again(true);
}

void Front::leave() {
  for (int socket : listening_) {
    while (accept(socket)) {  // who waits there would be cut off; so they are told in order
    }
    epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr);
    ::close(socket);
  }
  listening_.clear();
  std::vector<uint32_t> serials;
  for (const auto &[serial, connection] : connections_) serials.push_back(serial);
  for (uint32_t serial : serials) {
    Connection &one = *connections_.at(serial);
    one.left_ns = one.left_ns ? one.left_ns : now();
    one.leave();
    send(one);
    settle(one);
  }
}

size_t Front::owing() const {
  return static_cast<size_t>(std::count_if(connections_.begin(), connections_.end(), [](const auto &one) {
    return one.second->open() || one.second->out.size() > one.second->sent;
  }));
}

void Front::close() {
  leave();
  for (auto &[serial, connection] : connections_) {
    if (!connection->over()) connection->close(kNoError, "the server ends");
    send(*connection);
    ::close(connection->fd);
  }
  connections_.clear();
}

}  // namespace front
