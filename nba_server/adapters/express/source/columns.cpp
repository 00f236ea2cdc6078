#include "columns.h"

#include <algorithm>

namespace express {

namespace {

constexpr size_t kMostTexts = 255;  // different texts that are said once each, with a byte a row

size_t field_size(size_t size) { return 1 + varint_size(size) + size; }

void put_raw(std::string &out, unsigned char tag, const void *raw, size_t size) {
  out.push_back(static_cast<char>(tag));
  put_varint(out, size);
  out.append(static_cast<const char *>(raw), size);
}

// Whether a number is a float: what both forms have of its exponent, and no more digits.
bool is_float(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  uint64_t exponent = bits >> 52 & 0x7FF;
  return !(bits & ((1ULL << 29) - 1)) && ((exponent >= 897 && exponent <= 1150) || !(bits << 1));
}

// Copies a short text without a call.
char *copied(char *to, Text text) {
  size_t size = text.size();
  if (size >= 8 && size <= 16) {
    uint64_t first, last;
    std::memcpy(&first, text.data(), 8);
    std::memcpy(&last, text.data() + size - 8, 8);
    std::memcpy(to, &first, 8);
    std::memcpy(to + size - 8, &last, 8);
  } else {
    std::memcpy(to, text.data(), size);
  }
  return to + size;
}

}  // namespace

// How many different numbers there are, with the rows' places among them; 0: too many.
size_t Columns::different(const double *values, size_t rows) {
  size_t count = 0, limit = std::min(kMostNumbers, rows / 2);
  if (++column_ == 0) slots_ = {}, column_ = 1;
  places_.resize(rows);
  for (size_t row = 0; row < rows; ++row) {
    uint64_t bits;
    std::memcpy(&bits, &values[row], sizeof bits);
    size_t at = static_cast<size_t>((bits * 0x9E3779B97F4A7C15ULL) >> 58);
    while (slots_[at].column == column_ && slots_[at].bits != bits) at = (at + 1) % slots_.size();
    Slot &slot = slots_[at];
    if (slot.column != column_) {
      if (count == limit) return 0;
      slot = {bits, column_, static_cast<uint8_t>(count)};
      values_[count++] = values[row];
    }
    places_[row] = slot.place;
  }
  return count;
}

void Columns::put(std::string &out, unsigned char tag, const double *values, size_t rows) {
  bool same = std::memcmp(values, values + 1, (rows - 1) * sizeof(double)) == 0;  // each is as the one before it
  if (size_t count = same ? 0 : different(values, rows)) {
    put_values(out, tag, values_.data(), count, rows);
    return;
  }
  put_values(out, tag, values, same ? 1 : rows, 0);
}

void Columns::put_values(std::string &out, unsigned char tag, const double *values, size_t count, size_t places) {
  bool floats = std::all_of(values, values + count, is_float);
  size_t size = count * (floats ? sizeof(float) : sizeof(double));
  out.push_back(static_cast<char>(tag));
  put_varint(out, field_size(size) + (places ? field_size(places) : 0));
  if (places) put_raw(out, 0x12, places_.data(), places);
  if (!floats) {
    put_raw(out, 0x0A, values, size);
    return;
  }
  floats_.assign(values, values + count);
  put_raw(out, 0x1A, floats_.data(), size);
}

// How many different texts there are, with the rows' places among them; 0: too many.
size_t Columns::different(const Words &words, const std::vector<int32_t> &actions) {
  size_t rows = actions.size(), limit = std::min(kMostTexts, rows / 2), count = 0;
  auto code_of = [&](size_t row) { return words.codes[static_cast<size_t>(actions[row])]; };
  codes_.assign(1, code_of(0));
  size_t same = 1;
  while (same < rows && code_of(same) == codes_[0]) ++same;
  if (same == rows) return 1;
  if (words.all_differ) return 0;
  codes_.resize(limit);
  places_.resize(rows);
  place_of_.resize(std::max(place_of_.size(), words.texts.size()));
  bool few = true;
  for (size_t row = 0; row < rows && few; ++row) {
    int32_t code = code_of(row);
    uint8_t &place = place_of_[static_cast<size_t>(code)];
    if (!place) {
      few = count < limit;
      if (!few) break;
      codes_[count] = code;
      place = static_cast<uint8_t>(++count);
    }
    places_[row] = static_cast<uint8_t>(place - 1);
  }
  for (size_t i = 0; i < count; ++i) place_of_[static_cast<size_t>(codes_[i])] = 0;
  return few ? count : 0;
}

void Columns::put(std::string &out, unsigned char tag, const Words &words, const std::vector<int32_t> &actions) {
  size_t rows = actions.size(), count = different(words, actions), size = 0;
  if (!count) {
    codes_.resize(rows);
    for (size_t row = 0; row < rows; ++row) codes_[row] = words.codes[static_cast<size_t>(actions[row])];
  } else {
    codes_.resize(count);
  }
  for (int32_t code : codes_) size += words.texts.at(static_cast<size_t>(code)).size();
  out.push_back(static_cast<char>(tag));
  put_varint(out, size + (count > 1 ? field_size(rows) : 0));
  size_t at = out.size();
  out.resize(at + size);
  char *to = &out[at];
  for (size_t i = 0, next; i < codes_.size(); i = next) {  // texts that stand together are copied together
    for (next = i + 1; next < codes_.size() && codes_[next] == codes_[next - 1] + 1; ++next) {}
    to = copied(to, words.texts.range(static_cast<size_t>(codes_[i]), static_cast<size_t>(codes_[next - 1])));
  }
  if (count > 1) put_raw(out, 0x12, places_.data(), rows);
}

}  // namespace express
