// Leaf masks are met here: an offer's with those of a customer's own facts. What is left open is one leaf of each tree.
#include "leaves.h"

#include <algorithm>
#include <vector>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define NBA_WIDE 1
#endif

namespace express {

namespace {

constexpr size_t kTogether = 4, kWide = 8;

// Four rows at a time, so that none waits for its own last addition.
bool by_four(const Forest &forest, const int32_t *offers, const uint32_t *own, size_t rows, double *sums) {
  bool closed = false;
  for (size_t row = 0; row < rows; row += kTogether) {
    const uint64_t *offer_masks[kTogether], *own_masks[kTogether];
    for (size_t i = 0; i < kTogether; ++i) {
      size_t some = std::min(row + i, rows - 1);  // the last row stands in for those that are not there
      offer_masks[i] = forest.offer_masks + static_cast<size_t>(offers[some]) * forest.trees;
      own_masks[i] = forest.own_masks + own[some] * forest.trees;
    }
    double sum[kTogether] = {};
    const double *leaves = forest.leaves;
    for (size_t tree = 0; tree < forest.trees; ++tree, leaves += forest.leaf_count)
      for (size_t i = 0; i < kTogether; ++i) {
        uint64_t open = offer_masks[i][tree] & own_masks[i][tree];
        closed |= open == 0;
        sum[i] += leaves[__builtin_ctzll(open ? open : 1)];
      }
    for (size_t i = 0; i < kTogether && row + i < rows; ++i) sums[row + i] = sum[i];
  }
  return !closed;
}

#ifdef NBA_WIDE

__attribute__((target("avx512f,avx512cd"))) inline __m512i gathered(__m512i places, const uint64_t *masks) {
  return _mm512_mask_i64gather_epi64(_mm512_setzero_si512(), 0xFF, places, masks, 8);  // the plain one makes compilers warn
}

// Eight rows at a time; `Alike`: all have the same facts of their own, as most that were never presented.
template <bool Alike>
__attribute__((target("avx512f,avx512cd"))) bool eight(
    const Forest &forest, __m512i offers, __m512i own, const uint64_t *alike, double *sums) {
  const __m512i highest = _mm512_set1_epi64(63);
  __m512d sum = _mm512_setzero_pd();
  __mmask8 open_everywhere = 0xFF;
  const double *leaves = forest.leaves;
  for (size_t tree = 0; tree < forest.trees; ++tree, leaves += forest.leaf_count) {
    __m512i theirs = Alike ? _mm512_set1_epi64(static_cast<long long>(alike[tree]))
                           : gathered(own, forest.own_masks + tree);
    __m512i open = _mm512_and_si512(gathered(offers, forest.offer_masks + tree), theirs);
    __mmask8 is_open = _mm512_test_epi64_mask(open, open);
    open_everywhere &= is_open;
    __m512i lowest = _mm512_and_si512(open, _mm512_sub_epi64(_mm512_setzero_si512(), open));
    __m512i leaf = _mm512_sub_epi64(highest, _mm512_lzcnt_epi64(lowest));
    sum = _mm512_add_pd(sum, _mm512_mask_i64gather_pd(_mm512_setzero_pd(), is_open, leaf, leaves, 8));
  }
  _mm512_storeu_pd(sums, sum);
  return open_everywhere == 0xFF;
}

// The rows, those with the same facts of their own beside each other.
std::vector<uint32_t> in_order(const uint32_t *own, size_t rows) {
  std::vector<uint32_t> begins(*std::max_element(own, own + rows) + 2), order(rows);
  for (size_t row = 0; row < rows; ++row) ++begins[own[row] + 1];
  for (size_t place = 1; place < begins.size(); ++place) begins[place] += begins[place - 1];
  for (size_t row = 0; row < rows; ++row) order[begins[own[row]]++] = static_cast<uint32_t>(row);
  return order;
}

__attribute__((target("avx512f,avx512cd"))) bool by_eight(
    const Forest &forest, const int32_t *offers, const uint32_t *own, size_t rows, double *sums) {
  std::vector<uint32_t> order = in_order(own, rows);
  bool open = true;
  for (size_t from = 0; from < rows; from += kWide) {
    int64_t offer_at[kWide], own_at[kWide];
    double found[kWide];
    for (size_t i = 0; i < kWide; ++i) {
      size_t row = order[std::min(from + i, rows - 1)];  // the last row stands in for those that are not there
      offer_at[i] = static_cast<int64_t>(static_cast<size_t>(offers[row]) * forest.trees);
      own_at[i] = static_cast<int64_t>(own[row] * forest.trees);
    }
    __m512i of_offers = _mm512_loadu_si512(offer_at), of_own = _mm512_loadu_si512(own_at);
    open &= own_at[0] == own_at[kWide - 1]  // in between too, since they are in order
                ? eight<true>(forest, of_offers, of_own, forest.own_masks + own_at[0], found)
                : eight<false>(forest, of_offers, of_own, nullptr, found);
    for (size_t i = 0; i < kWide && from + i < rows; ++i) sums[order[from + i]] = found[i];
  }
  return open;
}

bool can_be_wide() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd");
}

#else

bool by_eight(const Forest &forest, const int32_t *offers, const uint32_t *own, size_t rows, double *sums) {
  return by_four(forest, offers, own, rows, sums);
}

bool can_be_wide() { return false; }

#endif

bool wide = can_be_wide();

}  // namespace

bool is_wide() { return wide; }

void allow_wide(bool allowed) { wide = allowed && can_be_wide(); }

bool sum_leaves(const Forest &forest, const int32_t *offers, const uint32_t *own, size_t rows, double *sums) {
  return wide ? by_eight(forest, offers, own, rows, sums) : by_four(forest, offers, own, rows, sums);
}

}  // namespace express
