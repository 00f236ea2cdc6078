#include "decision.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "draw.h"

namespace express {

namespace {

constexpr double kDay = 86400000.0, kHalfLife = 30 * 86400000.0;
constexpr double kExact = 9007199254740992.0;  // integers beyond 2^53 are not exact
constexpr double kTie = 1e-12;                 // as domain/exploration.py has it
constexpr double kEpsilon = 1e-9;              // propensities stay this far inside (0, 1)
constexpr double kFactorMin = 0.1, kFactorMax = 10.0;  // as domain/worth.py has them
constexpr int kAlternates = 5;
const double kNaN = std::numeric_limits<double>::quiet_NaN();

enum Stage { kAvailability = 1, kConsent, kEligibility, kApplicability, kSuitability, kContactPolicy, kScoring, kArbitration, kSlate };

bool within(int64_t time, int64_t now_ms, int days) {
  return time != kNever && time > now_ms - days * static_cast<int64_t>(kDay) && time <= now_ms;
}

bool among(const std::vector<std::string> &names, Text name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
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

// A fact as a model's number: lists are counted, texts are missing.
double as_number(const Fact &fact) {
  switch (fact.kind) {
    case Fact::Int: case Fact::Bool: return fact.number;
    case Fact::Float: return std::isfinite(fact.number) ? fact.number : kNaN;
    case Fact::List: return static_cast<double>(fact.size);
    default: return kNaN;
  }
}

// A fact as a model's category.
std::string as_text(const Fact &fact) {
  switch (fact.kind) {
    case Fact::Missing: return "";
    case Fact::Words: return std::string(fact.text);
    case Fact::Bool: return fact.integer ? "true" : "false";
    case Fact::Int: return std::to_string(fact.integer);
    case Fact::Float: {
      char *raw = PyOS_double_to_string(fact.number, 'r', 0, Py_DTSF_ADD_DOT_0, nullptr);
      if (!raw) {
        PyErr_Clear();
        throw Unfit{};
      }
      std::string found(raw);
      PyMem_Free(raw);
      return found;
    }
    case Fact::List: {
      std::vector<Text> items;
      Reader reader(fact.text);
      for (size_t left = fact.size; left > 0; --left) items.push_back(reader.text());
      std::sort(items.begin(), items.end());
      std::string found;
      for (size_t i = 0; i < items.size(); ++i) found.append(i ? "|" : "").append(items[i]);
      return found;
    }
  }
  throw Unfit{};
}

bool of_group(PairFact fact) { return fact == PairFact::GroupPresented90 || fact == PairFact::GroupPositives365; }

}  // namespace

void Decision::make(const Shape &shape, const Records &records, const Moment &given, uint64_t seed,
                    const std::vector<int32_t> &met) {
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
  be_available();
  be_permitted();
  for (int i = 0; i < 3; ++i) apply(tables_.rules[i], kEligibility + i);
  respect_contacts();
  score();
  arbitrate();
  fill(seed);
}

double Decision::days_since(int64_t ms) const { return static_cast<double>(std::max<int64_t>(0, moment.now_ms - ms)) / kDay; }

double Decision::decay() const {
  if (!customer.activity.purchases) return 0.0;
  int64_t from = customer.activity.as_of_ms, to = std::max(moment.now_ms, from);
  volatile double base = 2.0;  // as a constant a compiler may take another function, with another last bit
  return std::pow(base, static_cast<double>(-(to - from)) / kHalfLife);
}

// How many decisions and other contacts there were in the last days.
int32_t Decision::distinct(double days, bool on_channel) const {
  const auto &contacts = customer.contacts;
  seen_.assign(contacts.size(), 0);
  int32_t count = 0;
  for (const Contact &one : contacts) {
    if (!one.happened || !within(one.at, moment.now_ms, static_cast<int>(days))) continue;
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

// What rules read of the customer, as domain/rule_table.py's vectors.
void Decision::read_leaves() {
  leaves_.resize(tables_.leaves.size());
  for (size_t i = 0; i < leaves_.size(); ++i) {
    const Leaf &leaf = tables_.leaves[i];
    const Fact &fact = customer.facts[static_cast<size_t>(leaf.fact)];
    double &value = leaves_[i];
    value = kNaN;
    if (fact.kind == Fact::Missing) continue;
    if (leaf.kind == Leaf::Holds) {
      if (fact.kind != Fact::List) throw Unfit{};
      value = holds(fact, leaf.item);
    } else if (leaf.kind == Leaf::Code) {
      if (fact.kind != Fact::Words) throw Unfit{};
      value = static_cast<double>(tables_.texts.of(fact.text));
    } else {
      if (fact.kind == Fact::Words || fact.kind == Fact::List) throw Unfit{};
      if (!(fact.number > -kExact && fact.number < kExact)) throw Unfit{};
      value = fact.number;
    }
  }
}

void Decision::apply(const RuleStage &rules, int stage) {
  for (size_t i = 0; i < stage_.size(); ++i)
    if (rules.offer_removed[i] && tables_.regular[i] && !stage_[i]) stage_[i] = static_cast<uint8_t>(stage);
  for (const Condition &condition : rules.conditions) {
    bool known = false, passes = false;
    for (int32_t action : condition.actions) {
      size_t place = static_cast<size_t>(action);
      if (stage_[place] || !tables_.regular[place]) continue;
      if (!known || !condition.common) {
        passes = is_true(condition, action);
        known = true;
      }
      if (!passes) stage_[place] = static_cast<uint8_t>(stage);
    }
  }
}

double Decision::operand(const Step &step, int32_t action) const {
  size_t place = static_cast<size_t>(step.operand);
  switch (step.op) {
    case Op::Constant: return tables_.constants[place];
    case Op::Shared: return leaves_[place];
    case Op::Offer: return tables_.offer_columns[place][static_cast<size_t>(action)];
    default: return pair(step.operand, action);
  }
}

// Three-valued: what is computed from a missing value is neither true nor false (domain/condition.py).
bool Decision::is_true(const Condition &condition, int32_t action) const {
  if (condition.simple) {  // a comparison with NaN is false but for `!=`
    double left = operand(condition.steps[0], action), right = operand(condition.steps[1], action);
    switch (condition.steps[2].op) {
      case Op::Less: return left < right;
      case Op::LessEqual: return left <= right;
      case Op::Greater: return left > right;
      case Op::GreaterEqual: return left >= right;
      case Op::Equal: return left == right;
      default: return left != right && !std::isnan(left) && !std::isnan(right);
    }
  }
  enum : uint8_t { False, True, Error };
  union Value {
    double number;
    uint8_t truth;
  } stack[64];
  size_t top = 0;
  for (const Step &step : condition.steps) {
    switch (step.op) {
      case Op::Constant: case Op::Shared: case Op::Offer: case Op::Pair: stack[top++].number = operand(step, action); break;
      case Op::Known: stack[top - 1].truth = std::isnan(stack[top - 1].number) ? False : True; break;
      case Op::Is: {
        double value = stack[top - 1].number;
        stack[top - 1].truth = value == 1.0 ? True : value == 0.0 ? False : Error;
        break;
      }
      case Op::Not: {
        uint8_t &truth = stack[top - 1].truth;
        truth = truth == Error ? Error : truth == True ? False : True;
        break;
      }
      case Op::Both: {
        uint8_t right = stack[--top].truth, left = stack[top - 1].truth;
        stack[top - 1].truth = left == False || right == False ? False : left == True && right == True ? True : Error;
        break;
      }
      case Op::Either: {
        uint8_t right = stack[--top].truth, left = stack[top - 1].truth;
        stack[top - 1].truth = left == True || right == True ? True : left == False && right == False ? False : Error;
        break;
      }
      default: {
        double right = stack[--top].number, left = stack[top - 1].number;
        bool told = !std::isnan(left) && !std::isnan(right), found = false;
        switch (step.op) {
          case Op::Add: stack[top - 1].number = left + right; continue;
          case Op::Subtract: stack[top - 1].number = left - right; continue;
          case Op::Multiply: stack[top - 1].number = left * right; continue;
          case Op::Less: found = left < right; break;
          case Op::LessEqual: found = left <= right; break;
          case Op::Greater: found = left > right; break;
          case Op::GreaterEqual: found = left >= right; break;
          case Op::Equal: found = left == right; break;
          default: found = left != right; break;
        }
        stack[top - 1].truth = !told ? Error : found ? True : False;
      }
    }
  }
  return stack[0].truth == True;
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

void Decision::score() {
  reached.clear();
  for (size_t i = 0; i < stage_.size(); ++i) {
    if (stage_[i]) continue;
    if (tables_.mandatory[i]) throw Unfit{};
    reached.push_back(static_cast<int32_t>(i));
  }
  if (reached.empty()) throw Unfit{};  // why nothing is offered is told by Python
  read_features();
  propensity.resize(reached.size());
  const Model &model = tables_.model;
  if (model.trees) {
    predict();
  } else {
    for (size_t i = 0; i < reached.size(); ++i) propensity[i] = model.rest[static_cast<size_t>(reached[i])];
  }
}

void Decision::read_features() {
  const Model &model = tables_.model;
  auto visible = [&](size_t place) { return personal || !model.personal[place]; };
  shared_numbers.resize(model.numbers.size());
  for (size_t i = 0; i < shared_numbers.size(); ++i)
    shared_numbers[i] = visible(i) ? as_number(customer.facts[static_cast<size_t>(model.numbers[i])]) : kNaN;
  shared_texts.resize(model.texts.size());
  for (size_t i = 0; i < shared_texts.size(); ++i) {
    bool seen = visible(model.numbers.size() + i);
    shared_texts[i] = seen ? as_text(customer.facts[static_cast<size_t>(model.texts[i])]) : std::string();
  }
  size_t width = model.pair_columns.size();
  pair_numbers.resize(reached.size() * width);
  for (size_t row = 0; row < reached.size(); ++row)
    for (size_t i = 0; i < width; ++i) {
      int32_t column = model.pair_columns[i], action = reached[row];
      double &value = pair_numbers[row * width + i];
      if (column < 0)
        value = model.offer_columns[static_cast<size_t>(~column)][static_cast<size_t>(action)];
      else
        value = personal ? pair(column, action) : kNaN;
    }
}

// The idea of QuickScorer (Lucchese et al., SIGIR 2015), as nba_models/leaf_masks.py has it; sums in the order of the trees.
void Decision::predict() {
  const Model &model = tables_.model;
  size_t trees = static_cast<size_t>(model.tree_count), width = model.pair_columns.size();
  values_ = shared_numbers;
  for (size_t i = 0; i < shared_texts.size(); ++i) {
    int32_t code = model.vocabularies[i].of(shared_texts[i]);
    values_.push_back(code < 0 ? kNaN : static_cast<double>(code));
  }
  shared_masks_ = model.open;
  model.shared.close(values_.data(), shared_masks_.data());
  // Most candidates were never presented: of equal facts only one is looked at.
  facts_.assign(width, 0.0);
  masks_of_.resize(reached.size());
  pair_masks_.clear();
  distinct_.clear();
  sums_.clear();
  for (size_t row = 0; row < reached.size(); ++row) {
    uint64_t sum = 0;
    for (size_t i = 0; i < width; ++i) {
      if (model.pair_columns[i] < 0) continue;
      facts_[i] = pair_numbers[row * width + i];
      uint64_t bits;
      std::memcpy(&bits, &facts_[i], sizeof bits);
      sum = (sum ^ bits) * 0x9E3779B97F4A7C15ULL;
    }
    size_t place = 0;
    while (place < sums_.size() &&
           (sums_[place] != sum || std::memcmp(&distinct_[place * width], facts_.data(), width * sizeof(double)) != 0))
      ++place;
    if (place == sums_.size()) {
      sums_.push_back(sum);
      distinct_.insert(distinct_.end(), facts_.begin(), facts_.end());
      pair_masks_.insert(pair_masks_.end(), shared_masks_.begin(), shared_masks_.end());
      model.pair.close(facts_.data(), &pair_masks_[place * trees]);
    }
    masks_of_[row] = place * trees;
  }
  // Tree by tree, so that the rows' sums do not wait for each other; each is added up in the order of the trees.
  scores_.assign(reached.size(), 0.0);
  size_t leaf_count = static_cast<size_t>(model.leaf_count), actions = static_cast<size_t>(tables_.actions);
  uint64_t closed = 0;
  for (size_t tree = 0; tree < trees; ++tree) {
    const uint64_t *offer = &model.offer_masks[tree * actions], *own = &pair_masks_[tree];
    const double *leaves = &model.leaves[tree * leaf_count];
    for (size_t row = 0; row < reached.size(); ++row) {
      uint64_t open = offer[reached[row]] & own[masks_of_[row]];
      closed |= open == 0;
      scores_[row] += leaves[__builtin_ctzll(open ? open : 1)];
    }
  }
  if (closed) throw Unfit{};
  for (size_t row = 0; row < reached.size(); ++row) {
    size_t action = static_cast<size_t>(reached[row]);
    if (!std::isfinite(scores_[row])) throw Unfit{};
    double smoothed = model.rest[action] + model.share[action] * calibrated(scores_[row]);
    propensity[row] = std::min(std::max(smoothed, kEpsilon), 1.0 - kEpsilon);
  }
}

double Decision::calibrated(double score) const {
  const Model &model = tables_.model;
  const auto &scores = model.curve_scores, &rates = model.curve_rates;
  if (scores.empty()) {
    double logit = model.slope * score + model.offset;
    double grown = std::exp(std::max(-std::fabs(logit), -700.0));
    return (logit >= 0 ? 1.0 : grown) / (1.0 + grown);
  }
  size_t last = scores.size() - 1;  // as numpy interpolates
  if (score > scores[last]) return rates[last];
  if (score < scores[0]) return rates[0];
  size_t place = static_cast<size_t>(std::upper_bound(scores.begin(), scores.end(), score) - scores.begin()) - 1;
  if (place == last || scores[place] == score) return rates[place];
  double slope = (rates[place + 1] - rates[place]) / (scores[place + 1] - scores[place]);
  double found = slope * (score - scores[place]) + rates[place];
  if (!std::isfinite(found)) throw Unfit{};
  return found;
}

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
