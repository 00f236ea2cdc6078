// One decision: the funnel, scoring, arbitration and the slate over a customer, in the order of nba_server/domain/funnel/.
// It gives the numbers of the Python path to the last bit; tests/express compares them.
#pragma once

#include <vector>

#include "customer.h"
#include "tables.h"

namespace express {

// The local time of the decision in the catalogue's time zone.
struct Moment {
  int64_t now_ms = 0;
  int32_t hour = 0, weekday = 0, month = 0;
};

struct Pick {
  int32_t candidate;  // place among the eligible rows
  int32_t position;   // 0: an alternate
  double chance;
  bool explored;
};

// The stages of the funnel; the numbers are those of nba_server/domain/reasons.py.
enum Stage : uint8_t {
  kAvailability = 1, kConsent, kEligibility, kApplicability, kSuitability, kContactPolicy, kScoring, kArbitration, kSlate
};
constexpr int kStages = 13;

class Decision {
 public:
  Decision(const Tables &tables) : tables_(tables) {}

  // Decides; throws `Unfit` where Python must, also when there is nothing to offer.
  // `weights` are the places of the context weights that the request meets.
  void make(const Shape &shape, const Records &records, const Moment &moment, uint64_t seed, const std::vector<int32_t> &weights);

  // The place of a pick among `reached`, and its action.
  size_t row_of(const Pick &pick) const { return static_cast<size_t>(rows[static_cast<size_t>(pick.candidate)]); }
  size_t action_of(const Pick &pick) const { return static_cast<size_t>(reached[row_of(pick)]); }
  // How many picks are the policy's; they come first.
  int32_t shown() const { return removed[0]; }

  // Until when it may be made good: `latest_ms`, or the moment before a proposed action ends.
  int64_t good_until(int64_t latest_ms) const;

  Customer customer;
  Moment moment;
  bool personal = true;
  std::vector<int32_t> reached;            // actions that reach scoring, in catalogue order
  std::vector<int32_t> rows;               // those that are eligible, as places in `reached`
  std::vector<double> propensity, context, priority, log_priority;  // by place in `reached`
  std::vector<int32_t> weights;            // context weights that are met
  std::vector<double> first;               // chance of the first position, by eligible row
  std::vector<Pick> picks;
  int32_t removed[kStages] = {};
  std::vector<double> shared_numbers;
  std::vector<std::string> shared_texts;
  std::vector<double> pair_numbers;        // (reached, columns)

 private:
  void tell();
  void tell_pairs();
  double pair(int32_t fact, int32_t action) const;
  void remove(int stage, int32_t action) {
    if (!stage_[static_cast<size_t>(action)]) stage_[static_cast<size_t>(action)] = static_cast<uint8_t>(stage);
  }
  void be_available();
  void be_permitted();
  void read_leaves();
  void apply(const RuleStage &rules, int stage);
  bool is_true(const Condition &condition, int32_t action) const;
  double operand(const Step &step, int32_t action) const;
  void respect_contacts();
  bool admits(const Limit &limit) const;
  void score();
  void read_features();
  void predict();
  double calibrated(double score) const;
  void arbitrate();
  void fill(uint64_t seed);
  void best();
  int32_t distinct(int days, bool on_channel) const;
  int32_t silence() const;
  double days_since(int64_t ms) const;
  double decay() const;

  const Tables &tables_;
  const Shape *shape_ = nullptr;
  std::vector<uint8_t> stage_;
  std::vector<double> leaves_;
  std::vector<std::vector<double>> pairs_;  // by pair fact: an entry an action, a group or a category
  std::vector<int32_t> free_, top_;        // places in `rows`: who is left, and who of them ties for the best
  std::vector<uint64_t> shared_masks_, pair_masks_;
  std::vector<double> distinct_;           // the different rows of pair facts
  std::vector<uint64_t> sums_;             // of their bits
  std::vector<double> scores_, facts_, values_, ranks_;
  std::vector<uint32_t> masks_of_;
  mutable std::vector<uint8_t> seen_;
};

}  // namespace express
