#include "tables.h"

#include <algorithm>
#include <cmath>

#include "spec.h"

namespace express {

namespace {

constexpr int8_t kNoMissing = 0, kZeroMissing = 1;  // as nba_models/trees.py has them
constexpr double kZero = 1e-35;                     // what LightGBM takes for zero

// Numbers for names: `numbers`, or their places.
Index index_of(std::vector<std::string> names, const std::vector<int32_t> *numbers = nullptr) {
  Index found;
  found.names = std::move(names);
  found.places.reserve(found.names.size());
  for (size_t i = 0; i < found.names.size(); ++i)
    found.places.emplace(found.names[i], numbers ? (*numbers)[i] : static_cast<int32_t>(i));
  return found;
}

Pieces pieces(PyObject *spec, const char *name, int64_t size) {
  Pieces found;
  each(item(spec, name), name, [&](PyObject *one) {
    found.bytes.append(text_of(one, name));
    found.ends.push_back(static_cast<int64_t>(found.bytes.size()));
  });
  if (found.size() != static_cast<size_t>(size)) broken(name);
  return found;
}

// The texts of all actions.
Words words_of(const std::vector<std::string> &texts, int32_t actions, const char *name) {
  if (texts.size() != static_cast<size_t>(actions)) broken(name);
  Words found;
  std::unordered_map<Text, int32_t> codes;
  for (const std::string &one : texts) {
    auto [at, added] = codes.emplace(one, static_cast<int32_t>(codes.size()));
    found.codes.push_back(at->second);
    found.all_differ &= added;
    if (!added) continue;
    found.texts.bytes.push_back(0x0A);
    put_varint(found.texts.bytes, one.size());
    found.texts.bytes.append(one);
    found.texts.ends.push_back(static_cast<int64_t>(found.texts.bytes.size()));
  }
  return found;
}

void in_range(const std::vector<int32_t> &places, int64_t size, const char *name) {
  for (int32_t place : places)
    if (place < 0 || place >= size) broken(name);
}

std::unordered_map<std::string, std::vector<int32_t>> members(PyObject *spec, const char *name, int32_t actions) {
  std::unordered_map<std::string, std::vector<int32_t>> found;
  PyObject *given = item(spec, name), *key, *value;
  if (!PyDict_Check(given)) broken(name);
  for (Py_ssize_t at = 0; PyDict_Next(given, &at, &key, &value);) {
    std::vector<int32_t> chosen = array_of<int32_t>(text_of(value, name), name);
    in_range(chosen, actions, name);
    found.emplace(text_of(key, name), std::move(chosen));
  }
  return found;
}

std::vector<std::vector<double>> columns(PyObject *spec, const char *name, int64_t size) {
  std::vector<std::vector<double>> found;
  each(item(spec, name), name, [&](PyObject *one) { found.push_back(array_of<double>(text_of(one, name), name, size)); });
  return found;
}

Splits read_splits(PyObject *spec, int64_t columns, int64_t trees) {
  Splits found;
  auto column = array<int32_t>(spec, "columns"), tree = array<int32_t>(spec, "trees");
  auto threshold = array<double>(spec, "thresholds");
  auto kind = array<int8_t>(spec, "kinds");
  auto absent = array<uint8_t>(spec, "absent_right");
  auto closing = array<uint64_t>(spec, "closing");
  size_t size = threshold.size();
  if (column.size() != size || tree.size() != size || kind.size() != size || absent.size() != size || closing.size() != size)
    broken("splits");
  in_range(column, columns, "columns");
  in_range(tree, trees, "trees");
  std::vector<size_t> order(size);
  for (size_t i = 0; i < size; ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t one, size_t other) {
    return column[one] != column[other] ? column[one] < column[other] : threshold[one] < threshold[other];
  });
  for (size_t i : order) {
    if (found.numbers.empty() || found.numbers.back().column != column[i]) found.numbers.emplace_back().column = column[i];
    NumberSplits &splits = found.numbers.back();
    Closing one{closing[i], tree[i]};
    splits.thresholds.push_back(threshold[i]);
    splits.closings.push_back(one);
    splits.zero_is_missing |= kind[i] == kZeroMissing;
    bool zero_right = 0.0 > threshold[i];
    if (kind[i] == kNoMissing ? zero_right : absent[i]) splits.of_missing.push_back(one);
    if (kind[i] == kZeroMissing ? absent[i] : zero_right) splits.of_zero.push_back(one);
  }
  auto code_column = array<int32_t>(spec, "code_columns"), code_tree = array<int32_t>(spec, "code_trees");
  auto code_closing = array<uint64_t>(spec, "code_closing");
  found.left = array<uint8_t>(spec, "left");
  found.width = static_cast<int32_t>(integer(spec, "width"));
  size = code_column.size();
  if (found.width < 1 || code_tree.size() != size || code_closing.size() != size ||
      found.left.size() != size * static_cast<size_t>(found.width))
    broken("code splits");
  in_range(code_column, columns, "code_columns");
  in_range(code_tree, trees, "code_trees");
  for (size_t i = 0; i < size; ++i)
    found.codes.push_back({{code_closing[i], code_tree[i]}, code_column[i], static_cast<int32_t>(i) * found.width});
  return found;
}

void read_trees(Model &model, PyObject *spec, int32_t actions) {
  model.tree_count = static_cast<int32_t>(integer(spec, "tree_count"));
  model.leaf_count = static_cast<int32_t>(integer(spec, "leaf_count"));
  int64_t trees = model.tree_count;
  if (trees < 1 || model.leaf_count < 1 || model.leaf_count > 64) broken("trees");
  model.leaves = array<double>(spec, "leaves", trees * model.leaf_count);
  model.open = array<uint64_t>(spec, "open", trees);
  model.offer_masks = array<uint64_t>(spec, "offer_masks", trees * actions);
  model.shared = read_splits(item(spec, "shared_splits"), static_cast<int64_t>(model.numbers.size() + model.texts.size()), trees);
  model.pair = read_splits(item(spec, "pair_splits"), static_cast<int64_t>(model.pair_columns.size()), trees);
  model.curve_scores = array<double>(spec, "curve_scores");
  model.curve_rates = array<double>(spec, "curve_rates", static_cast<int64_t>(model.curve_scores.size()));
  model.slope = number(spec, "slope");
  model.offset = number(spec, "offset");
}

Model read_model(PyObject *spec, const Tables &tables) {
  Model model;
  auto facts = static_cast<int64_t>(tables.sources.size());
  model.numbers = array<int32_t>(spec, "numbers");
  model.texts = array<int32_t>(spec, "texts");
  in_range(model.numbers, facts, "numbers");
  in_range(model.texts, facts, "texts");
  model.personal = array<uint8_t>(spec, "personal", static_cast<int64_t>(model.numbers.size() + model.texts.size()));
  model.offer_columns = columns(spec, "offer_columns", tables.actions);
  model.pair_columns = array<int32_t>(spec, "pair_columns");
  for (int32_t column : model.pair_columns) {
    int64_t size = static_cast<int64_t>(column < 0 ? model.offer_columns.size() : tables.pair_facts.size());
    if ((column < 0 ? ~column : column) >= size) broken("pair_columns");
  }
  each(item(spec, "pair_texts"), "pair_texts", [&](PyObject *one) {
    std::vector<std::string> column;
    std::vector<uint8_t> are_ids;
    each(one, "pair_texts", [&](PyObject *word) { column.emplace_back(text_of(word, "pair_texts")); });
    model.pair_texts.push_back(words_of(column, tables.actions, "pair_texts"));
    for (size_t i = 0; i < column.size(); ++i) are_ids.push_back(column[i] == tables.action_index.names[i]);
    model.are_ids.push_back(std::move(are_ids));
  });
  model.share = array<double>(spec, "share", tables.actions);
  model.rest = array<double>(spec, "rest", tables.actions);
  model.version = text(spec, "version");
  model.definition = text(spec, "definition");
  model.trees = truth(spec, "trees");
  if (model.trees) {
    each(item(spec, "vocabularies"), "vocabularies", [&](PyObject *one) {
      std::vector<std::string> words;
      each(one, "vocabularies", [&](PyObject *word) { words.emplace_back(text_of(word, "vocabularies")); });
      model.vocabularies.push_back(index_of(std::move(words)));
    });
    if (model.vocabularies.size() != model.texts.size()) broken("vocabularies");
    read_trees(model, spec, tables.actions);
  }
  return model;
}

Condition read_condition(PyObject *spec, const Tables &tables) {
  Condition found;
  auto code = array<int32_t>(spec, "steps");
  found.actions = array<int32_t>(spec, "actions");
  in_range(found.actions, tables.actions, "actions of a condition");
  found.common = true;
  if (code.empty() || code.size() % 2) broken("steps");
  int depth = 0;
  for (size_t i = 0; i < code.size(); i += 2) {
    Op op = static_cast<Op>(code[i]);
    int64_t size = op == Op::Constant ? static_cast<int64_t>(tables.constants.size())
                   : op == Op::Shared ? static_cast<int64_t>(tables.leaves.size())
                   : op == Op::Offer  ? static_cast<int64_t>(tables.offer_columns.size())
                   : op == Op::Pair   ? static_cast<int64_t>(tables.pair_facts.size())
                                      : 1;
    if (code[i] < 0 || op > Op::Either || code[i + 1] < 0 || code[i + 1] >= size) broken("steps");
    if (op == Op::Offer || op == Op::Pair) found.common = false;
    int needs = op <= Op::Pair ? 0 : op == Op::Known || op == Op::Is || op == Op::Not ? 1 : 2;
    if (depth < needs) broken("steps");
    depth += 1 - needs;
    if (depth > 64) broken("steps");
    found.steps.push_back({op, code[i + 1]});
  }
  if (depth != 1) broken("steps");
  const auto &steps = found.steps;
  found.simple = steps.size() == 3 && steps[0].op <= Op::Pair && steps[1].op <= Op::Pair && steps[2].op >= Op::Less &&
                 steps[2].op <= Op::NotEqual;
  return found;
}

void read_facts(Tables &tables, PyObject *spec) {
  std::vector<std::string> names, contexts;
  std::vector<int32_t> places, context_places;
  auto sources = array<int32_t>(spec, "sources");
  auto keys = texts(spec, "fact_keys");
  if (keys.size() != sources.size()) broken("fact_keys");
  for (size_t i = 0; i < sources.size(); ++i) {
    if (sources[i] < 0 || sources[i] > static_cast<int32_t>(Source::Context)) broken("sources");
    tables.sources.push_back(static_cast<Source>(sources[i]));
    if (tables.sources.back() == Source::Attribute) {
      names.push_back(keys[i]);
      places.push_back(static_cast<int32_t>(i));
    } else if (tables.sources.back() == Source::Context) {
      contexts.push_back(keys[i]);
      context_places.push_back(static_cast<int32_t>(i));
    }
  }
  tables.attributes = index_of(std::move(names), &places);
  tables.contexts = index_of(std::move(contexts), &context_places);
  each(item(spec, "leaves"), "leaves", [&](PyObject *one) {
    Leaf leaf{static_cast<Leaf::Kind>(integer(one, "kind")), static_cast<int32_t>(integer(one, "fact")),
              std::string(text(one, "item"))};
    if (leaf.kind < 0 || leaf.kind > Leaf::Holds) broken("leaves");
    in_range({leaf.fact}, static_cast<int64_t>(tables.sources.size()), "leaves");
    tables.leaves.push_back(std::move(leaf));
  });
  for (int32_t fact : array<int32_t>(spec, "pair_facts")) {
    if (fact < 0 || fact > static_cast<int32_t>(PairFact::CategorySpend)) broken("pair_facts");
    tables.pair_facts.push_back(static_cast<PairFact>(fact));
  }
}

void read_rules(Tables &tables, PyObject *spec) {
  tables.texts = index_of(texts(spec, "texts"));
  tables.constants = array<double>(spec, "constants");
  tables.offer_columns = columns(spec, "offer_columns", tables.actions);
  int stage = 0;
  each(item(spec, "rules"), "rules", [&](PyObject *one) {
    if (stage == 3) broken("rules");
    RuleStage &rules = tables.rules[stage++];
    rules.offer_removed = array<uint8_t>(one, "offer_removed", tables.actions);
    each(item(one, "conditions"), "conditions",
         [&](PyObject *condition) { rules.conditions.push_back(read_condition(condition, tables)); });
  });
  if (stage != 3) broken("rules");
}

void read_consequences(Tables &tables, PyObject *spec) {
  each(item(spec, "purposes"), "purposes", [&](PyObject *one) {
    tables.purposes.push_back(
        {std::string(text(one, "name")), truth(one, "unknown_allowed"), array<uint8_t>(one, "actions", tables.actions)});
  });
  each(item(spec, "context_weights"), "context_weights", [&](PyObject *one) {
    tables.context_weights.push_back({number(one, "percent"), number(one, "strength"),
                                      array<uint8_t>(one, "actions", tables.actions), std::string(text(one, "reason"))});
  });
  tables.outcomes = index_of(texts(spec, "outcomes"));
  if (tables.outcomes.names.size() > 32) broken("outcomes");
  auto bits = array<uint32_t>(spec, "outcome_bits", 3);
  tables.no_response = bits[0];
  tables.rejected = bits[1];
  tables.strong = bits[2];
  tables.channels = index_of(texts(spec, "channels"));
  tables.positive = array<uint32_t>(spec, "positive", static_cast<int64_t>(tables.channels.names.size()) + 1);
  tables.profiling_needs_consent = truth(spec, "profiling_needs_consent");
  tables.suppression_hash = text(spec, "suppression_hash");
  tables.has_suppressions = truth(spec, "has_suppressions");
  tables.related = members(spec, "related", tables.actions);
  tables.products = members(spec, "products", tables.actions);
}

void read_actions(Tables &tables, PyObject *spec) {
  tables.action_index = index_of(texts(spec, "action_ids"));
  tables.actions = static_cast<int32_t>(tables.action_index.names.size());
  tables.action_words = words_of(tables.action_index.names, tables.actions, "action_ids");
  tables.class_words = words_of(texts(spec, "classes"), tables.actions, "classes");
  tables.group_index = index_of(texts(spec, "group_ids"));
  tables.groups = static_cast<int32_t>(tables.group_index.names.size());
  int64_t size = tables.actions;
  tables.values = array<double>(spec, "values", size);
  tables.levers = array<double>(spec, "levers", size);
  tables.log_values = array<double>(spec, "log_values", size);
  tables.log_levers = array<double>(spec, "log_levers", size);
  tables.starts = array<int64_t>(spec, "starts", size);
  tables.ends = array<int64_t>(spec, "ends", size);
  tables.regular = array<uint8_t>(spec, "regular", size);
  tables.mandatory = array<uint8_t>(spec, "mandatory", size);
  tables.blocked = array<uint8_t>(spec, "blocked", size);
  tables.group_of = array<int32_t>(spec, "group_of", size);
  in_range(tables.group_of, tables.groups, "group_of");
  tables.categories = index_of(texts(spec, "categories"));
  tables.category_width = static_cast<int32_t>(integer(spec, "category_width"));
  tables.category_places = array<int32_t>(spec, "category_places", size * tables.category_width);
  in_range(tables.category_places, static_cast<int64_t>(tables.categories.names.size()) + 1, "category_places");
  tables.uncategorised = array<uint8_t>(spec, "uncategorised", size);
}

}  // namespace

void Splits::close(const double *values, uint64_t *masks) const {
  for (const NumberSplits &splits : numbers) {
    double value = values[splits.column];
    if (std::isnan(value)) {
      for (const Closing &one : splits.of_missing) masks[one.tree] &= one.leaves;
    } else if (splits.zero_is_missing && std::fabs(value) <= kZero) {
      for (const Closing &one : splits.of_zero) masks[one.tree] &= one.leaves;
    } else {
      for (size_t i = 0; i < splits.closings.size() && value > splits.thresholds[i]; ++i)
        masks[splits.closings[i].tree] &= splits.closings[i].leaves;
    }
  }
  for (const CodeSplit &split : codes) {
    double code = values[split.column];
    int32_t place = code > -1.0 && code < width - 1 ? static_cast<int32_t>(code) : width - 1;
    if (!left[static_cast<size_t>(split.codes + place)]) masks[split.closing.tree] &= split.closing.leaves;
  }
}

Tables read_tables(PyObject *spec) {
  Tables tables;
  read_actions(tables, spec);
  read_facts(tables, spec);
  read_rules(tables, spec);
  read_consequences(tables, spec);
  tables.retention_ms = integer(spec, "retention_ms");
  tables.remember_ms = integer(spec, "remember_ms");
  tables.hash = text(spec, "hash");
  tables.currency = text(spec, "currency");
  tables.server_version = text(spec, "server_version");
  tables.noticeable = number(spec, "noticeable");
  tables.likely = text(spec, "likely");
  tables.valuable = text(spec, "valuable");
  tables.levered = text(spec, "levered");
  tables.best = text(spec, "best");
  tables.explored = text(spec, "explored");
  tables.model = read_model(item(spec, "model"), tables);
  return tables;
}

Shape read_shape(PyObject *spec, const Tables &tables) {
  Shape shape;
  int64_t size = tables.actions;
  shape.channel = text(spec, "channel");
  shape.placement = text(spec, "placement");
  shape.slots = static_cast<int32_t>(integer(spec, "slots"));
  shape.epsilon = number(spec, "epsilon");
  shape.unknown_consent_allowed = truth(spec, "unknown_consent_allowed");
  shape.reservation_ms = integer(spec, "reservation_ms");
  shape.available = array<uint8_t>(spec, "available", size);
  each(item(spec, "limits"), "limits", [&](PyObject *one) {
    Limit limit;
    limit.cap = integer(one, "cap");
    limit.window_ms = integer(one, "window_ms");
    limit.shadow = truth(one, "shadow");
    limit.channels = texts(one, "channels");
    limit.directions = texts(one, "directions");
    limit.classes = texts(one, "classes");
    limit.groups = texts(one, "groups");
    limit.actions = texts(one, "actions");
    limit.held = array<uint8_t>(one, "held", size);
    shape.limits.push_back(std::move(limit));
  });
  shape.answers = pieces(spec, "answers", size);
  shape.rows_before = pieces(spec, "rows_before", size);
  shape.rows_behind = pieces(spec, "rows_behind", size);
  shape.response_ms = array<int64_t>(spec, "response_ms", size);
  shape.treatments = words_of(texts(spec, "treatments"), tables.actions, "treatments");
  shape.placement_column = text(spec, "placement_column");
  shape.request = text(spec, "request");
  shape.withdrawn = text(spec, "withdrawn");
  return shape;
}

}  // namespace express
