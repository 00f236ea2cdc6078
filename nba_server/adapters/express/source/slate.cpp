// Priorities and picks, as nba_server/domain/funnel/arbitration.py, ranking.py and slate.py have them.
#include "decision.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "draw.h"

namespace express {

namespace {

constexpr double kTie = 1e-12;                         // as domain/exploration.py has it
constexpr double kFactorMin = 0.1, kFactorMax = 10.0;  // as domain/worth.py has them
constexpr int kAlternates = 5;

}  // namespace

void Decision::arbitrate() {
  rows.clear();
  priority.resize(reached.size());
  log_priority.resize(reached.size());
  for (size_t i = 0; i < stage_.size(); ++i)
    if (tables_.blocked[i] && !stage_[i]) stage_[i] = kArbitration;
  context.assign(reached.size(), 1.0);
  for (size_t row = 0; row < reached.size(); ++row) {
    size_t action = static_cast<size_t>(reached[row]);
    double log = std::log(propensity[row]);
    if (!weights.empty()) {
      double total = 0.0;
      for (int32_t weight : weights) {
        const ContextWeight &one = tables_.context_weights[static_cast<size_t>(weight)];
        if (one.actions[action]) total += one.percent;
      }
      context[row] = std::min(std::max(1.0 + total / 100.0, kFactorMin), kFactorMax);
      log += std::log(context[row]);
    }
    priority[row] = propensity[row] * context[row] * tables_.values[action] * tables_.levers[action];
    log_priority[row] = log + tables_.log_values[action] + tables_.log_levers[action];
    if (tables_.regular[action] && !stage_[action]) rows.push_back(static_cast<int32_t>(row));
  }
  if (rows.empty()) throw Unfit{};
}

// Those who tie for the best among who is left, in order of place.
void Decision::best() {
  double highest = -std::numeric_limits<double>::infinity();
  for (int32_t place : free_) highest = std::max(highest, ranks_[static_cast<size_t>(place)]);
  top_.clear();
  for (int32_t place : free_)
    if (ranks_[static_cast<size_t>(place)] >= highest - kTie) top_.push_back(place);
}

// Positions by epsilon, alternates by priority behind them, as domain/funnel/ranking.py.
void Decision::fill(uint64_t seed) {
  size_t size = rows.size();
  picks.clear();
  first.assign(size, 0.0);
  free_.resize(size);
  ranks_.resize(size);
  for (size_t i = 0; i < size; ++i) {
    free_[i] = static_cast<int32_t>(i);
    ranks_[i] = log_priority[static_cast<size_t>(rows[i])];
  }
  auto drawn = [](const std::vector<int32_t> &among, double number) {
    size_t place = static_cast<size_t>(number * static_cast<double>(among.size()));
    return among[std::min(place, among.size() - 1)];
  };
  auto take = [&](int32_t place) { free_.erase(std::find(free_.begin(), free_.end(), place)); };
  double epsilon = shape_->epsilon;
  for (int32_t position = 1; position <= shape_->slots && !free_.empty(); ++position) {
    best();
    double more = (1.0 - epsilon) / static_cast<double>(top_.size()), rest = epsilon / static_cast<double>(free_.size());
    uint32_t turn = static_cast<uint32_t>(position);
    double explore = uniform(seed, 0, turn, 0), choose = uniform(seed, 0, turn, 1);
    int32_t chosen = drawn(explore < epsilon ? free_ : top_, choose);
    bool on_top = std::find(top_.begin(), top_.end(), chosen) != top_.end();
    if (position == 1) {
      for (double &chance : first) chance = rest;
      for (int32_t place : top_) first[static_cast<size_t>(place)] = more + rest;
    }
    take(chosen);
    picks.push_back({chosen, position, on_top ? more + rest : rest, !on_top});
  }
  size_t shown = picks.size();
  size_t behind = std::min<size_t>(kAlternates, free_.size());
  for (uint32_t turn = 0; turn < behind; ++turn) {
    best();
    int32_t chosen = top_.size() == 1 ? top_[0] : drawn(top_, uniform(seed, 0, 0, turn));
    take(chosen);
    picks.push_back({chosen, 0, 0.0, false});
  }
  std::fill(removed, removed + kStages, 0);
  for (uint8_t stage : stage_) ++removed[stage];
  removed[kSlate] += removed[0] - static_cast<int32_t>(shown);
  removed[0] = static_cast<int32_t>(shown);
}

int64_t Decision::good_until(int64_t latest_ms) const {
  int64_t until = latest_ms;
  for (const Pick &pick : picks) {
    size_t action = action_of(pick);
    int64_t end = tables_.ends[action];
    if (end > moment.now_ms && end <= latest_ms) until = std::min(until, end - 1);
  }
  return until;
}

}  // namespace express
