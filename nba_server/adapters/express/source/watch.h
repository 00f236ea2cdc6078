// How long the phases of decisions take, for the benchmark; off, it costs a comparison a phase.
#pragma once

#include <chrono>

namespace express {

enum class Phase { Read, Rules, Score, Arbitrate, Codec };
constexpr int kPhases = 5;

// Seconds by phase since it was switched on. One a process, as Python's lock lets one decision be made at a time.
struct Watch {
  using Clock = std::chrono::steady_clock;

  bool on = false;
  double seconds[kPhases] = {};
  Clock::time_point since{};

  void begin() {
    if (on) since = Clock::now();
  }
  void end(Phase phase) {
    if (!on) return;
    Clock::time_point now = Clock::now();
    seconds[static_cast<int>(phase)] += std::chrono::duration<double>(now - since).count();
    since = now;
  }
};

inline Watch watch;

}  // namespace express
