#include "blake2.h"

#include <cstring>

namespace express {

namespace {

constexpr uint64_t kStart[8] = {0x6A09E667F3BCC908ULL, 0xBB67AE8584CAA73BULL, 0x3C6EF372FE94F82BULL,
                                0xA54FF53A5F1D36F1ULL, 0x510E527FADE682D1ULL, 0x9B05688C2B3E6C1FULL,
                                0x1F83D9ABFB41BD6BULL, 0x5BE0CD19137E2179ULL};

constexpr uint8_t kOrder[12][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3}};

inline uint64_t turned(uint64_t word, int bits) { return word >> bits | word << (64 - bits); }

// Called ninety-six times a block: as a call it would take most of the hash's time.
#if defined(__GNUC__)
__attribute__((always_inline))
#endif
inline void mix(uint64_t *v, int a, int b, int c, int d, uint64_t x, uint64_t y) {
  v[a] += v[b] + x;
  v[d] = turned(v[d] ^ v[a], 32);
  v[c] += v[d];
  v[b] = turned(v[b] ^ v[c], 24);
  v[a] += v[b] + y;
  v[d] = turned(v[d] ^ v[a], 16);
  v[c] += v[d];
  v[b] = turned(v[b] ^ v[c], 63);
}

void compress(uint64_t *h, const unsigned char *block, uint64_t taken, bool last) {
  uint64_t words[16], v[16];
  std::memcpy(words, block, sizeof words);
  for (int i = 0; i < 8; ++i) {
    v[i] = h[i];
    v[i + 8] = kStart[i];
  }
  v[12] ^= taken;
  if (last) v[14] = ~v[14];
  for (const auto &s : kOrder) {
    mix(v, 0, 4, 8, 12, words[s[0]], words[s[1]]);
    mix(v, 1, 5, 9, 13, words[s[2]], words[s[3]]);
    mix(v, 2, 6, 10, 14, words[s[4]], words[s[5]]);
    mix(v, 3, 7, 11, 15, words[s[6]], words[s[7]]);
    mix(v, 0, 5, 10, 15, words[s[8]], words[s[9]]);
    mix(v, 1, 6, 11, 12, words[s[10]], words[s[11]]);
    mix(v, 2, 7, 8, 13, words[s[12]], words[s[13]]);
    mix(v, 3, 4, 9, 14, words[s[14]], words[s[15]]);
  }
  for (int i = 0; i < 8; ++i) h[i] ^= v[i] ^ v[i + 8];
}

constexpr size_t kBlock = 128;

}  // namespace

Blake2::Blake2(size_t size, Text key, Text person) : size_(size), keyed_(!key.empty()) {
  uint64_t names[2] = {};
  if (!person.empty()) std::memcpy(names, person.data(), person.size());
  std::memcpy(begun_, kStart, sizeof begun_);
  begun_[0] ^= 0x01010000 ^ key.size() << 8 ^ size;
  begun_[6] ^= names[0];
  begun_[7] ^= names[1];
  if (!keyed_) return;
  unsigned char block[kBlock] = {};
  std::memcpy(block, key.data(), key.size());
  std::memcpy(empty_, begun_, sizeof empty_);
  compress(empty_, block, kBlock, true);
  compress(begun_, block, kBlock, false);
}

void Blake2::hash(unsigned char *out, Text message) const {
  if (keyed_ && message.empty()) {
    std::memcpy(out, empty_, size_);
    return;
  }
  uint64_t h[8], taken = keyed_ ? kBlock : 0;
  std::memcpy(h, begun_, sizeof h);
  unsigned char block[kBlock] = {};
  do {
    size_t some = message.size() < kBlock ? message.size() : kBlock;
    std::memset(block + some, 0, kBlock - some);
    if (some) std::memcpy(block, message.data(), some);
    message.remove_prefix(some);
    taken += some;
    compress(h, block, taken, message.empty());
  } while (!message.empty());
  std::memcpy(out, h, size_);
}

}  // namespace express
