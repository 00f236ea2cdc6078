// Sums of the leaves that are open.
#pragma once

#include <cstddef>
#include <cstdint>

namespace express {

// Leaves, and two lists of masks of them, each with one for every tree.
struct Forest {
  size_t trees, leaf_count;
  const double *leaves;          // (trees, leaf_count)
  const uint64_t *offer_masks;   // (offers, trees)
  const uint64_t *own_masks;     // (different facts of a customer's own, trees)
};

// The sum of each row, of which `offers` and `own` have the places in the two lists; always in the order of the trees, so that its
// bits do not depend on the way. At least one row. False: a tree has no open leaf.
bool sum_leaves(const Forest &forest, const int32_t *offers, const uint32_t *own, size_t rows, double *sums);

// Whether eight rows are summed at once: where the processor can (AVX-512), unless somebody said no. Tests compare both ways.
bool is_wide();
void allow_wide(bool allowed);

}  // namespace express
