// Facts of the customer, and of customer and action together, as nba_server/domain/shared_facts.py and histories.py have them.
#include "decision.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace express {

namespace {

constexpr double kDay = 86400000.0, kHalfLife = 30 * 86400000.0;
const double kNaN = std::numeric_limits<double>::quiet_NaN();

bool within(int64_t time, int64_t now_ms, int days) {
  return time != kNever && time > now_ms - days * static_cast<int64_t>(kDay) && time <= now_ms;
}

Fact whole(int64_t number) {
  Fact found;
  found.kind = Fact::Int;
  found.integer = number;
  found.number = static_cast<double>(number);
  return found;
}

Fact real(double number) {
  Fact found;
  found.kind = Fact::Float;
  found.number = number;
  return found;
}

bool of_group(PairFact fact) { return fact == PairFact::GroupPresented90 || fact == PairFact::GroupPositives365; }

}  // namespace

double Decision::days_since(int64_t ms) const { return static_cast<double>(std::max<int64_t>(0, moment.now_ms - ms)) / kDay; }

double Decision::decay() const {
  if (!customer.activity.purchases) return 0.0;
  int64_t from = customer.activity.as_of_ms, to = std::max(moment.now_ms, from);
  volatile double base = 2.0;  // as a constant a compiler may take another function, with another last bit
  return std::pow(base, static_cast<double>(-(to - from)) / kHalfLife);
}

// How many decisions and other contacts there were in the last days.
int32_t Decision::distinct(int days, bool on_channel) const {
  const auto &contacts = customer.contacts;
  seen_.assign(contacts.size(), 0);
  int32_t count = 0;
  for (const Contact &one : contacts) {
    if (!one.happened || !within(one.at, moment.now_ms, days)) continue;
    if (on_channel && one.channel != shape_->channel) continue;
    uint8_t &seen = seen_[static_cast<size_t>(one.name)];
    count += !seen;
    seen = 1;
  }
  return count;
}

// How many of the latest contacts ended without a response (domain/history.py); those still open are passed over.
int32_t Decision::silence() const {
  const auto &contacts = customer.contacts;
  std::vector<int32_t> order;  // ended decisions and other contacts, as they first occur
  std::vector<uint8_t> responded(contacts.size(), 0);
  seen_.assign(contacts.size(), 0);
  for (const Contact &one : contacts) {
    if (!one.happened || !(one.answered || one.respond <= moment.now_ms)) continue;
    size_t name = static_cast<size_t>(one.name);
    if (!seen_[name]) order.push_back(one.name);
    seen_[name] = 1;
    responded[name] |= one.responded;
  }
  int32_t streak = 0;
  while (streak < static_cast<int32_t>(order.size()) &&
         !responded[static_cast<size_t>(order[order.size() - 1 - static_cast<size_t>(streak)])])
    ++streak;
  return streak;
}

// The facts that are no attributes of the profile.
void Decision::tell() {
  const auto &contacts = customer.contacts;
  const Activity &activity = customer.activity;
  for (size_t i = 0; i < tables_.sources.size(); ++i) {
    Fact &fact = customer.facts[i];
    switch (tables_.sources[i]) {
      case Source::Attribute: break;
      case Source::Context: break;
      case Source::Silence: fact = whole(silence()); break;
      case Source::Channel:
        fact.kind = Fact::Words;
        fact.text = shape_->channel;
        break;
      case Source::Hour: fact = whole(moment.hour); break;
      case Source::Weekday: fact = whole(moment.weekday); break;
      case Source::Month: fact = whole(moment.month); break;
      case Source::Now: fact = whole(moment.now_ms); break;
      case Source::Known:
        fact = whole(customer.known);
        fact.kind = Fact::Bool;
        break;
      case Source::Segments: fact = customer.segments; break;
      case Source::Products: fact = customer.products; break;
      case Source::Count7: fact = whole(distinct(7, false)); break;
      case Source::Count30: fact = whole(distinct(30, false)); break;
      case Source::Count90: fact = whole(distinct(90, false)); break;
      case Source::ChannelCount30: fact = whole(distinct(30, true)); break;
      case Source::SinceLast: {
        int64_t last = kNever;
        for (const Contact &one : contacts)
          if (one.happened) last = std::max(last, one.at);
        if (last != kNever) fact = real(days_since(last));
        break;
      }
      case Source::Positives90: {
        int64_t count = 0;
        for (const Contact &one : contacts) count += within(one.positive, moment.now_ms, 90);
        fact = whole(count);
        break;
      }
      case Source::Purchases: fact = whole(activity.purchases); break;
      case Source::SincePurchase:
        if (activity.purchases) fact = real(days_since(activity.last_ms));
        break;
      case Source::Spend: fact = real(activity.spend * decay()); break;
      case Source::Baskets: fact = real(activity.baskets * decay()); break;
    }
  }
}

void Decision::tell_pairs() {
  pairs_.resize(tables_.pair_facts.size());
  for (size_t i = 0; i < pairs_.size(); ++i) {
    PairFact fact = tables_.pair_facts[i];
    auto &column = pairs_[i];
    size_t size = static_cast<size_t>(of_group(fact) ? tables_.groups : tables_.actions);
    if (fact == PairFact::CategorySpend) {
      column.assign(tables_.categories.names.size() + 1, 0.0);
      if (customer.activity.categories.empty()) continue;
      Reader reader(customer.activity.categories);
      for (size_t left = reader.map(); left > 0; --left) {
        int32_t place = tables_.categories.of(reader.text());
        double amount = reader.number();
        if (place >= 0) column[static_cast<size_t>(place)] = amount;
      }
      continue;
    }
    column.assign(size, fact == PairFact::SincePresented ? kNaN : 0.0);
    if (fact == PairFact::HoldsProduct) {
      Reader reader(customer.products.text);
      for (size_t left = customer.products.size; left > 0; --left) {
        auto found = tables_.products.find(std::string(reader.text()));
        if (found != tables_.products.end())
          for (int32_t action : found->second) column[static_cast<size_t>(action)] = 1.0;
      }
      continue;
    }
    for (const Contact &one : customer.contacts) {
      int32_t place = of_group(fact) ? one.group_place : one.action_place;
      if (place < 0 || !one.happened) continue;
      double &value = column[static_cast<size_t>(place)];
      switch (fact) {
        case PairFact::Presented30: value += within(one.at, moment.now_ms, 30); break;
        case PairFact::Presented365: value += within(one.at, moment.now_ms, 365); break;
        case PairFact::GroupPresented90: value += within(one.at, moment.now_ms, 90); break;
        case PairFact::Rejected90: value += within(one.rejected, moment.now_ms, 90); break;
        case PairFact::Positives365: case PairFact::GroupPositives365:
          value += within(one.positive, moment.now_ms, 365);
          break;
        case PairFact::SincePresented: {
          double days = days_since(one.at);
          if (!(value <= days)) value = days;
          break;
        }
        default: break;
      }
    }
  }
}

double Decision::pair(int32_t fact, int32_t action) const {
  size_t place = static_cast<size_t>(fact), of = static_cast<size_t>(action);
  const auto &column = pairs_[place];
  switch (tables_.pair_facts[place]) {
    case PairFact::GroupPresented90: case PairFact::GroupPositives365: return column[static_cast<size_t>(tables_.group_of[of])];
    case PairFact::CategorySpend: {
      if (tables_.uncategorised[of]) return kNaN;
      double sum = 0.0;
      size_t width = static_cast<size_t>(tables_.category_width);
      for (size_t i = of * width; i < (of + 1) * width; ++i) sum += column[static_cast<size_t>(tables_.category_places[i])];
      return sum * decay();
    }
    default: return column[of];
  }
}

}  // namespace express
