// Columns of the journal: one value for all rows, a few values with a byte a row, or a value each.
// The bytes are those of nba_server/adapters/journal_columns.py.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "tables.h"

namespace express {

constexpr size_t kMostNumbers = 16;  // different numbers that are said once each, with a byte a row

class Columns {
 public:
  // A number of each of at least one row. Numbers are told apart by their bits.
  void put(std::string &out, unsigned char tag, const double *values, size_t rows);
  // A text of each action of at least one row.
  void put(std::string &out, unsigned char tag, const Words &words, const std::vector<int32_t> &actions);

 private:
  void put_values(std::string &out, unsigned char tag, const double *values, size_t count, size_t places);
  size_t different(const double *values, size_t rows);
  size_t different(const Words &words, const std::vector<int32_t> &actions);

  // Numbers by their bits; a slot is free for all columns but its own.
  struct Slot {
    uint64_t bits;
    uint32_t column;
    uint8_t place;
  };

  std::array<Slot, 4 * kMostNumbers> slots_ = {};
  uint32_t column_ = 0;
  std::array<double, kMostNumbers> values_;  // in the order in which the rows first have them
  std::vector<float> floats_;
  std::vector<uint8_t> places_;     // by row
  std::vector<int32_t> codes_;      // of texts, in that order
  std::vector<uint8_t> place_of_;   // by code, from 1; all are 0 between two columns
};

}  // namespace express
