#include "candidates.h"

#include <algorithm>
#include <functional>

namespace express {

namespace {

size_t hash_of(const std::vector<int32_t> &numbers) {
  return std::hash<Text>{}(Text(reinterpret_cast<const char *>(numbers.data()), numbers.size() * sizeof(int32_t)));
}

void put_part(std::string &out, Text tag, const std::string &part) {
  out.append(tag);
  put_varint(out, part.size());
  out.append(part);
}

void put_rows(std::string &out, const std::vector<int32_t> &rows) {
  if (static_cast<size_t>(rows.back()) + 1 == rows.size()) return;  // one after the other, from the first
  size_t size = 0;
  for (int32_t row : rows) size += varint_size(static_cast<uint64_t>(row));
  out.push_back(0x32);
  put_varint(out, size);
  for (int32_t row : rows) put_varint(out, static_cast<uint64_t>(row));
}

// Whether each row of the features is a candidate, and its text the action's id.
bool are_ids(const Decision &decision, const std::vector<uint8_t> &ids) {
  if (decision.rows.size() != decision.reached.size()) return false;
  auto is_id = [&](int32_t action) { return ids[static_cast<size_t>(action)] != 0; };
  return std::all_of(decision.reached.begin(), decision.reached.end(), is_id);
}

}  // namespace

void CandidateWriter::put(std::string &out, const Decision &decision, const Tables &tables, const Shape &shape) {
  const Known &set = known(decision, tables, shape);
  put_features(decision, tables.model, set);
  put_part(out, "\x62", part_);
  put_candidates(decision, set);
  put_part(out, Text("\x8A\x01", 2), part_);
}

const CandidateWriter::Known &CandidateWriter::known(const Decision &decision, const Tables &tables, const Shape &shape) {
  Known &found = sets_[(hash_of(decision.reached) ^ decision.rows.size()) % kSets];
  if (found.shape != &shape || found.reached != decision.reached || found.rows != decision.rows) {
    found.shape = nullptr;  // until it is whole
    fill(found, decision, tables, shape);
    found.reached = decision.reached;
    found.rows = decision.rows;
    found.shape = &shape;
  }
  return found;
}

void CandidateWriter::fill(Known &found, const Decision &decision, const Tables &tables, const Shape &shape) {
  const std::vector<int32_t> &rows = decision.rows, &reached = decision.reached;
  const Model &model = tables.model;
  actions_.resize(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) actions_[i] = reached[static_cast<size_t>(rows[i])];
  found.names.clear();
  put_number(found.names, 0x08, rows.size());
  found.names.append(shape.placement_column);
  columns_.put(found.names, 0x1A, tables.action_words, actions_);
  columns_.put(found.names, 0x22, shape.treatments, actions_);
  columns_.put(found.names, 0x2A, tables.class_words, actions_);
  put_rows(found.names, rows);
  auto of_candidate = [&](const std::vector<double> &values) {
    return [&](size_t i) { return values[static_cast<size_t>(actions_[i])]; };
  };
  found.worth.clear();
  put_column(found.worth, 0x4A, rows.size(), of_candidate(tables.values));
  put_column(found.worth, 0x52, rows.size(), of_candidate(tables.levers));
  found.offers = Pieces();
  for (int32_t column : model.pair_columns) {
    if (column >= 0) continue;
    const std::vector<double> &values = model.offer_columns[static_cast<size_t>(~column)];
    put_column(found.offers.bytes, 0x3A, reached.size(), [&](size_t i) { return values[static_cast<size_t>(reached[i])]; });
    found.offers.ends.push_back(static_cast<int64_t>(found.offers.bytes.size()));
  }
  found.texts.clear();
  for (size_t i = 0; i < model.pair_texts.size(); ++i)
    if (are_ids(decision, model.are_ids[i]))
      found.texts.append("\x42\x02\x18\x01", 4);
    else
      columns_.put(found.texts, 0x42, model.pair_texts[i], reached);
}

// One number of each of many rows.
template <class Of>
void CandidateWriter::put_column(std::string &out, unsigned char tag, size_t rows, Of of) {
  numbers_.resize(rows);
  for (size_t i = 0; i < rows; ++i) numbers_[i] = of(i);
  columns_.put(out, tag, numbers_.data(), rows);
}

void CandidateWriter::put_features(const Decision &decision, const Model &model, const Known &set) {
  part_.clear();
  put_text(part_, 0x0A, model.definition);
  const std::vector<double> &numbers = decision.shared_numbers;
  put_text(part_, 0x12, Text(reinterpret_cast<const char *>(numbers.data()), numbers.size() * sizeof(double)));
  for (const std::string &text : decision.shared_texts) {
    part_.push_back(0x1A);
    put_varint(part_, text.size());
    part_.append(text);
  }
  size_t rows = decision.reached.size(), width = model.pair_columns.size(), offer = 0;
  put_number(part_, 0x30, rows);
  for (size_t i = 0; i < width; ++i)
    if (model.pair_columns[i] < 0)
      part_.append(set.offers.at(offer++));
    else
      put_column(part_, 0x3A, rows, [&](size_t row) { return decision.pair_numbers[row * width + i]; });
  part_.append(set.texts);
}

void CandidateWriter::put_candidates(const Decision &decision, const Known &set) {
  const std::vector<int32_t> &rows = decision.rows;
  auto of_row = [&](const std::vector<double> &values) {
    return [&](size_t i) { return values[static_cast<size_t>(rows[i])]; };
  };
  part_.assign(set.names);
  put_column(part_, 0x3A, rows.size(), of_row(decision.propensity));
  put_column(part_, 0x42, rows.size(), of_row(decision.context));
  part_.append(set.worth);  // the priority is the product of these four, so it is not said
  columns_.put(part_, 0x62, decision.first.data(), rows.size());
}

}  // namespace express
