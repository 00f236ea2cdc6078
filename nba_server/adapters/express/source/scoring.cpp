// Features and propensities, as nba_models/features.py, mask_scorer.py, calibration.py and scorer.py have them.
#include "decision.h"
#include "leaves.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace express {

namespace {

constexpr double kEpsilon = 1e-9;  // propensities stay this far inside (0, 1)
const double kNaN = std::numeric_limits<double>::quiet_NaN();

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

}  // namespace

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
    masks_of_[row] = static_cast<uint32_t>(place);
  }
  scores_.resize(reached.size());
  Forest forest{trees, static_cast<size_t>(model.leaf_count), model.leaves.data(), model.offer_masks.data(), pair_masks_.data()};
  if (!sum_leaves(forest, reached.data(), masks_of_.data(), reached.size(), scores_.data())) throw Unfit{};
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

}  // namespace express
