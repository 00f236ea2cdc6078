// What a decision becomes: the journal's entry, the answer, and the arguments of the store's script (scripts/reserve.lua).
// The bytes are those of nba_server/adapters/journal_*.py, transport/grpc/codec/ and adapters/redis/reserving.py.
#pragma once

#include <string>

#include "candidates.h"
#include "decision.h"

namespace express {

// One decision to be made, besides the customer's records.
struct Given {
  Text decision_id, asked, home, fingerprint, attempt, caller, request_id, arm;
  Text request;  // of the journal, before its id; empty: that of the shape
  uint64_t seed = 0;
  int64_t latest_ms = 0;
  bool anonymous = false;
};

// Arguments of the script; `suppressions` are never changed.
struct Commit {
  std::string meta, ledger, entry, answer;
  std::string body, part;  // while they are written; kept for their memory
  CandidateWriter candidates;
};

// Encodes what `decision` made of `given`. Throws `Unfit`.
void encode(Commit &out, const Decision &decision, const Tables &tables, const Shape &shape, const Records &records,
            const Given &given);

}  // namespace express
