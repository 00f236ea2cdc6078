#include "draw.h"

#include <cstring>

#include "blake2.h"

namespace express {

double uniform(uint64_t seed, uint32_t place, uint32_t position, uint32_t turn) {
  char message[20];
  std::memcpy(message, &seed, 8);
  std::memcpy(message + 8, &place, 4);
  std::memcpy(message + 12, &position, 4);
  std::memcpy(message + 16, &turn, 4);
  uint64_t digest;
  static const Blake2 blake2(sizeof digest);
  blake2.hash(reinterpret_cast<unsigned char *>(&digest), Text(message, sizeof message));
  return static_cast<double>(digest >> 11) * 0x1.0p-53;
}

}  // namespace express
