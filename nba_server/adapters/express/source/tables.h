// A catalogue and a model as arrays, and the shapes of requests: made once by nba_server/adapters/express/tables.py, read by all
// the rest. Nothing here changes afterwards.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "bytes.h"

namespace express {

// Bytes of many, one after the other.
struct Pieces {
  std::string bytes;
  std::vector<int64_t> ends;

  Text at(size_t place) const { return range(place, place); }
  // From the first to the last of them.
  Text range(size_t first, size_t last) const {
    size_t from = first ? static_cast<size_t>(ends[first - 1]) : 0;
    return Text(bytes.data() + from, static_cast<size_t>(ends[last]) - from);
  }
  size_t size() const { return ends.size(); }
};

// A text of each action; each different one is encoded once, as an entry of a column of the journal.
struct Words {
  std::vector<int32_t> codes;  // by action
  Pieces texts;                // by code
  bool all_differ = true;
};

// Names with a number each. The keys of `places` are views of `names`, so it is moved and never copied.
struct Index {
  Index() = default;
  Index(Index &&) = default;
  Index &operator=(Index &&) = default;
  Index(const Index &) = delete;
  Index &operator=(const Index &) = delete;

  std::vector<std::string> names;
  std::unordered_map<Text, int32_t> places;

  int32_t of(Text name) const {
    auto found = places.find(name);
    return found == places.end() ? -1 : found->second;
  }
};

// Where a fact of the customer or the request comes from; the numbers are those of tables.py.
enum class Source : int32_t {
  Attribute, Channel, Hour, Weekday, Month, Now, Known, Segments, Products, Count7, Count30, Count90, ChannelCount30, SinceLast,
  Positives90, Purchases, SincePurchase, Spend, Baskets, Silence, Context
};

// A fact of customer and action.
enum class PairFact : int32_t {
  Presented30, Presented365, SincePresented, Rejected90, Positives365, GroupPresented90, GroupPositives365, HoldsProduct,
  CategorySpend
};

// What a rule reads of the customer: a number, a text's code, or whether a list holds a text.
struct Leaf {
  enum Kind : int32_t { Number, Code, Holds } kind;
  int32_t fact;
  std::string item;
};

enum class Op : int32_t {
  Constant, Shared, Offer, Pair, Add, Subtract, Multiply, Less, LessEqual, Greater, GreaterEqual, Equal, NotEqual, Known, Is, Not,
  Both, Either
};

struct Step {
  Op op;
  int32_t operand;
};

// A condition in postfix form, and the actions that it binds. `common`: it does not depend on the action. `simple`: it compares
// two values, which most do.
struct Condition {
  std::vector<Step> steps;
  std::vector<int32_t> actions;
  bool common, simple;
};

struct RuleStage {
  std::vector<uint8_t> offer_removed;
  std::vector<Condition> conditions;
};

// A weight of the live context, with its reason: whole, and how strong it is.
struct ContextWeight {
  double percent, strength;
  std::vector<uint8_t> actions;
  std::string reason;
};

struct Purpose {
  std::string name;
  bool unknown_allowed;
  std::vector<uint8_t> actions;
};

// A split that sends a row to the right closes leaves of its tree.
struct Closing {
  uint64_t leaves;
  int32_t tree;
};

// The splits on one number, in the order of their thresholds: a value closes what all smaller thresholds close.
struct NumberSplits {
  int32_t column;
  bool zero_is_missing = false;  // then values next to zero are told like missing ones
  std::vector<double> thresholds;
  std::vector<Closing> closings;
  std::vector<Closing> of_missing, of_zero;
};

struct CodeSplit {
  Closing closing;
  int32_t column, codes;  // `codes`: where its row of `left` begins
};

struct Splits {
  std::vector<NumberSplits> numbers;
  std::vector<CodeSplit> codes;
  std::vector<uint8_t> left;  // rows of `width`, the last column is for all other codes
  int32_t width = 1;

  // Closes leaves in `masks`, one for each tree. Codes are numbers too, NaN for none.
  void close(const double *values, uint64_t *masks) const;
};

struct Model {
  bool trees = false;
  std::vector<int32_t> numbers, texts;       // facts of the shared features
  std::vector<uint8_t> personal;             // whether the fact, by place, says something of the person
  std::vector<Index> vocabularies;           // of the shared texts
  std::vector<int32_t> pair_columns;         // a pair fact, or ~place in `offer_columns`
  std::vector<std::vector<double>> offer_columns;
  std::vector<Words> pair_texts;
  std::vector<std::vector<uint8_t>> are_ids; // by pair text and action: whether it is the action's id
  int32_t tree_count = 0, leaf_count = 0;
  std::vector<double> leaves;                // (trees, leaves)
  std::vector<uint64_t> open;                // all leaves of each tree
  std::vector<uint64_t> offer_masks;         // (actions, trees)
  Splits shared, pair;
  std::vector<double> curve_scores, curve_rates;  // isotonic; empty: sigmoid
  double slope = 1, offset = 0;
  std::vector<double> share, rest;           // propensity = rest + share * predicted
  std::string version, definition;
};

struct Tables {
  int32_t actions = 0, groups = 0;
  std::vector<double> values, levers, log_values, log_levers;
  std::vector<int64_t> starts, ends;
  std::vector<uint8_t> regular, mandatory, blocked;
  std::vector<int32_t> group_of;
  Index action_index, group_index;
  Words action_words, class_words;
  std::unordered_map<std::string, std::vector<int32_t>> related, products;
  Index categories;
  std::vector<int32_t> category_places;
  int32_t category_width = 0;
  std::vector<uint8_t> uncategorised;

  std::vector<Source> sources;               // by fact
  Index attributes, contexts;                // number: the fact
  std::vector<Leaf> leaves;
  Index texts;                               // number: the text's code
  std::vector<double> constants;
  std::vector<std::vector<double>> offer_columns;
  std::vector<PairFact> pair_facts;
  RuleStage rules[3];                        // eligibility, applicability, suitability

  std::vector<Purpose> purposes;
  std::vector<ContextWeight> context_weights;
  bool profiling_needs_consent = true;
  std::string suppression_hash;
  bool has_suppressions = false;
  Index outcomes;                            // types, in the order of tables.py
  uint32_t no_response = 0, rejected = 0, strong = 0;  // bits of types: of one, of one, and of all real responses
  Index channels;                            // number: the place in `positive`
  std::vector<uint32_t> positive;            // bits of the types that are positive; the last entry is for all other channels
  int64_t retention_ms = 0;
  std::string hash, currency, server_version;
  int64_t remember_ms = 0;
  double noticeable = 0;
  std::string likely, valuable, levered, best, explored;  // reasons: encoded but for the text; the last two whole

  Model model;
};

struct Limit {
  int64_t cap = 0, window_ms = 0;
  bool shadow = false;
  std::vector<std::string> channels, directions, classes, groups, actions;
  std::vector<uint8_t> held;
};

// What requests for one placement have in common.
struct Shape {
  std::string channel, placement;
  int32_t slots = 1;
  double epsilon = 0;
  bool unknown_consent_allowed = false;
  int64_t reservation_ms = 0;
  std::vector<uint8_t> available;
  std::vector<Limit> limits;
  Pieces answers;                            // what the catalogue knows of each action, encoded
  Words treatments;
  Pieces rows_before, rows_behind;           // of a contact in the ledger
  std::vector<int64_t> response_ms;
  std::string placement_column;              // of the journal's candidates, encoded
  std::string request;                       // of the journal, before its id
  std::string withdrawn;
};

// Raise a Python error and throw `Broken` for a specification that is not what tables.py makes.
struct Broken {};

Tables read_tables(PyObject *spec);
Shape read_shape(PyObject *spec, const Tables &tables);

}  // namespace express
