// The candidates of a decision and their features, as the journal has them (adapters/journal_candidates.py, journal_choices.py).
// What follows from the catalogue for a set of candidates is kept, since the same ones come again and again.
#pragma once

#include <string>
#include <vector>

#include "columns.h"
#include "decision.h"

namespace express {

class CandidateWriter {
 public:
  // The fields `features` and `candidates` of a decision's entry.
  void put(std::string &out, const Decision &decision, const Tables &tables, const Shape &shape);

 private:
  // What a set of candidates says whoever is asked for, encoded.
  struct Known {
    const Shape *shape = nullptr;  // a lane keeps its shapes
    std::vector<int32_t> reached, rows;
    std::string names, worth;      // of the candidates: what stands before the propensities, value and lever
    Pieces offers;                 // of the features: the columns that belong to offers alone
    std::string texts;
  };

  const Known &known(const Decision &decision, const Tables &tables, const Shape &shape);
  void fill(Known &found, const Decision &decision, const Tables &tables, const Shape &shape);
  void put_features(const Decision &decision, const Model &model, const Known &set);
  void put_candidates(const Decision &decision, const Known &set);
  template <class Of>
  void put_column(std::string &out, unsigned char tag, size_t rows, Of of);

  static constexpr size_t kSets = 128;  // remembered, each in a place of its own

  std::vector<Known> sets_ = std::vector<Known>(kSets);
  Columns columns_;
  std::vector<int32_t> actions_;
  std::vector<double> numbers_;
  std::string part_;
};

}  // namespace express
