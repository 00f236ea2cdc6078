#include "decision.h"

#include <algorithm>

#include "watch.h"

namespace express {

namespace {

bool among(const std::vector<std::string> &names, Text name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void Decision::make(const Shape &shape, const Records &records, const Moment &given, uint64_t seed,
                    const std::vector<int32_t> &met) {
  watch.begin();
  shape_ = &shape;
  weights = met;
  moment = given;
  customer.read(records, tables_, moment.now_ms);
  personal = !tables_.profiling_needs_consent ||
             verdict(customer.consents, shape.channel, "profiling", moment.now_ms) == Verdict::Granted;
  stage_.assign(static_cast<size_t>(tables_.actions), 0);
  tell();
  tell_pairs();
  read_leaves();
  watch.end(Phase::Read);
  be_available();
  be_permitted();
  for (int i = 0; i < 3; ++i) apply(tables_.rules[i], kEligibility + i);
  respect_contacts();
  watch.end(Phase::Rules);
  score();
  watch.end(Phase::Score);
  arbitrate();
  fill(seed);
  watch.end(Phase::Arbitrate);
}

void Decision::be_available() {
  for (size_t i = 0; i < stage_.size(); ++i) {
    int64_t end = tables_.ends[i];
    bool outside = tables_.starts[i] > moment.now_ms || (end != 0 && end <= moment.now_ms);
    if (!shape_->available[i] || (outside && tables_.regular[i])) stage_[i] = kAvailability;
  }
}

void Decision::be_permitted() {
  for (const Purpose &purpose : tables_.purposes) {
    Verdict said = verdict(customer.consents, shape_->channel, purpose.name, moment.now_ms);
    bool allowed = said == Verdict::Granted ||
                   (said != Verdict::Denied && said != Verdict::Revoked &&
                    (purpose.unknown_allowed || (shape_->unknown_consent_allowed && said == Verdict::Unknown)));
    if (allowed) continue;
    for (size_t i = 0; i < stage_.size(); ++i)
      if (purpose.actions[i] && !stage_[i]) stage_[i] = kConsent;
  }
}

void Decision::respect_contacts() {
  for (const Suppression &one : customer.suppressions) {
    if (one.until_ms != 0 && one.until_ms <= moment.now_ms) continue;
    if (one.channel != shape_->channel && one.channel != "*") continue;
    if (one.level == "group") {
      int32_t group = tables_.group_index.of(one.key);
      for (size_t i = 0; i < stage_.size(); ++i)
        if (tables_.group_of[i] == group) remove(kContactPolicy, static_cast<int32_t>(i));
    } else if (one.level == "related") {
      auto found = tables_.related.find(std::string(one.key));
      if (found != tables_.related.end())
        for (int32_t action : found->second) remove(kContactPolicy, action);
    } else if (one.level == "action") {
      int32_t action = tables_.action_index.of(one.key);
      if (action >= 0) remove(kContactPolicy, action);
    } else {
      throw Unfit{};
    }
  }
  for (const Limit &limit : shape_->limits) {
    if (admits(limit)) continue;
    if (limit.shadow) throw Unfit{};  // it is reported
    for (size_t i = 0; i < stage_.size(); ++i)
      if (limit.held[i] && !stage_[i]) stage_[i] = kContactPolicy;
  }
}

bool Decision::admits(const Limit &limit) const {
  const auto &contacts = customer.contacts;
  if (static_cast<int64_t>(contacts.size()) < limit.cap) return true;
  seen_.assign(contacts.size(), 0);
  int64_t count = 0;
  for (const Contact &one : contacts) {
    if (one.at > moment.now_ms) throw Unfit{};  // planned ahead: every window that holds this moment must be looked at
    if (!one.counts || one.at <= moment.now_ms - limit.window_ms) continue;
    if (!among(limit.channels, one.channel) || !among(limit.directions, one.direction) || !among(limit.classes, one.cls) ||
        !among(limit.groups, one.group) || !among(limit.actions, one.action))
      continue;
    uint8_t &seen = seen_[static_cast<size_t>(one.name)];
    count += !seen;
    seen = 1;
  }
  return count < limit.cap;
}

}  // namespace express
