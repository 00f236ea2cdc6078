// What is known of a customer, read from the stored records: facts, consents, suppressions, and the ledger's contacts.
// The forms are those of nba_server/adapters/redis/codec.py and ledger_codec.py. Views live as long as the records.
#pragma once

#include <vector>

#include "bytes.h"
#include "tables.h"

namespace express {

struct Fact {
  enum Kind : uint8_t { Missing, Int, Float, Bool, Words, List } kind = Missing;
  int64_t integer = 0;
  double number = 0;
  Text text;  // the words, or the record of a list behind its head
  size_t size = 0;  // of a list
};

struct Consent {
  Text channel, purpose, status;
  int64_t from_ms, to_ms;
};

struct Suppression {
  Text level, key, channel;
  int64_t until_ms;
};

constexpr int64_t kNever = -1;

// A contact of the ledger; times in ms. `name` is the place of the first contact of the same decision.
struct Contact {
  int64_t at = 0, expires = 0, respond = 0;
  Text channel, direction, cls, group, action, decision;
  int32_t action_place = -1, group_place = -1, name = 0;
  bool counts = false, happened = false;
  int64_t positive = kNever, rejected = kNever;
  bool short_row = false, answered = false, responded = false;
};

struct Activity {
  int64_t purchases = 0, last_ms = 0, as_of_ms = 0;
  double spend = 0, baskets = 0;
  Text categories;  // the record of the map
};

// The records as read; empty ones do not exist.
struct Records {
  Text profile, consents, ledger, suppressions, activity;
  Text context;  // of the request: a map
  uint64_t profile_version = 0, guard_version = 0, engagement_version = 0;
};

// One customer at a moment. Kept from decision to decision, so that its memory is used again.
struct Customer {
  std::vector<Fact> facts;  // by fact of the tables
  bool known = false;
  Fact segments, products;
  std::vector<Consent> consents;
  std::vector<Suppression> suppressions;
  std::vector<Contact> contacts;
  bool reacted = false;
  bool rules_known = false;  // the suppressions are those of the catalogue's rules
  Activity activity;

  // Reads all records for a decision at `now_ms`. Throws `Unfit`.
  void read(const Records &records, const Tables &tables, int64_t now_ms);

 private:
  std::unordered_map<Text, int32_t> names_;  // of decisions in a long ledger
  int32_t name_of(Text decision);
  void read_profile(Text record, const Tables &tables);
  void read_context(Text record, const Tables &tables);
  void read_consents(Text record);
  void read_suppressions(Text record, const Tables &tables);
  void read_activity(Text record);
  void read_ledger(Text record, const Tables &tables, int64_t now_ms);
  void read_reactions(Reader &reader, Contact &contact, const Tables &tables, bool &heard);
};

enum class Verdict { Granted, Denied, Revoked, Expired, Unknown };

// Which consent holds, as nba_server/domain/consent.py says.
Verdict verdict(const std::vector<Consent> &records, Text channel, Text purpose, int64_t now_ms);

// Whether a list of a record holds a text.
bool holds(const Fact &list, Text item);

}  // namespace express
