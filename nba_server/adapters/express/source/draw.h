// Random numbers from a seed, as nba_server/domain/draw.py has them.
#pragma once

#include <cstdint>

namespace express {

// A number in [0, 1) for a seed and three counters.
double uniform(uint64_t seed, uint32_t place, uint32_t position, uint32_t turn);

}  // namespace express
