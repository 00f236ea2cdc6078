#include "customer.h"

#include <algorithm>

namespace express {

namespace {

// A value of an attribute. Lists are of texts.
Fact value(Reader &reader) {
  Fact found;
  switch (reader.kind()) {
    case Reader::Kind::Int:
      found.kind = Fact::Int;
      found.integer = reader.integer();
      found.number = static_cast<double>(found.integer);
      return found;
    case Reader::Kind::Float:
      found.kind = Fact::Float;
      found.number = reader.number();
      return found;
    case Reader::Kind::Bool:
      found.kind = Fact::Bool;
      found.integer = reader.truth();
      found.number = static_cast<double>(found.integer);
      return found;
    case Reader::Kind::Text:
      found.kind = Fact::Words;
      found.text = reader.text();
      return found;
    case Reader::Kind::Array: {
      found.kind = Fact::List;
      found.size = reader.array();
      const char *begin = reader.place();
      for (size_t left = found.size; left > 0; --left) {
        if (reader.kind() != Reader::Kind::Text) throw Unfit{};
        reader.skip();
      }
      found.text = Text(begin, static_cast<size_t>(reader.place() - begin));
      return found;
    }
    default: throw Unfit{};
  }
}

// How strict a status is; unknown ones are Python's.
int strictness(Text status) {
  if (status == "granted") return 0;
  if (status == "denied") return 1;
  if (status == "revoked") return 2;
  throw Unfit{};
}

bool outranks(const Consent &one, const Consent &other) {
  if (one.from_ms != other.from_ms) return one.from_ms > other.from_ms;
  return strictness(one.status) > strictness(other.status);
}

}  // namespace

Verdict verdict(const std::vector<Consent> &records, Text channel, Text purpose, int64_t now_ms) {
  const Consent *own = nullptr, *general = nullptr;
  for (const Consent &record : records) {
    if (record.purpose != purpose || record.from_ms > now_ms) continue;
    if (record.channel == channel && (!own || !outranks(*own, record))) own = &record;
    if (record.channel == "*" && (!general || !outranks(*general, record))) general = &record;
  }
  auto refuses = [](const Consent &record) { return record.status != "granted"; };
  const Consent *holding = own && refuses(*own) && (!general || !refuses(*general)) ? own : nullptr;
  if (!holding) holding = !own ? general : general && outranks(*general, *own) ? general : own;
  if (!holding) return Verdict::Unknown;
  int rank = strictness(holding->status);
  if (holding->to_ms && holding->to_ms <= now_ms) return rank == 0 ? Verdict::Expired : Verdict::Unknown;
  return rank == 0 ? Verdict::Granted : rank == 1 ? Verdict::Denied : Verdict::Revoked;
}

bool holds(const Fact &list, Text item) {
  Reader reader(list.text);
  for (size_t left = list.size; left > 0; --left)
    if (reader.text() == item) return true;
  return false;
}

void Customer::read(const Records &records, const Tables &tables, int64_t now_ms) {
  facts.assign(tables.sources.size(), Fact{});
  read_profile(records.profile, tables);
  read_context(records.context, tables);
  read_consents(records.consents);
  read_ledger(records.ledger, tables, now_ms);
  read_suppressions(records.suppressions, tables);
  read_activity(records.activity);
}

void Customer::read_profile(Text record, const Tables &tables) {
  known = !record.empty();
  segments = products = Fact{};
  segments.kind = products.kind = Fact::List;
  if (!known) return;
  Reader reader(record);
  size_t parts = reader.array();
  if (parts < 3) throw Unfit{};
  for (size_t left = reader.map(); left > 0; --left) {
    int32_t place = tables.attributes.of(reader.text());
    if (place >= 0)
      facts[static_cast<size_t>(place)] = value(reader);
    else
      reader.skip();
  }
  segments = value(reader);
  products = value(reader);
  if (segments.kind != Fact::List || products.kind != Fact::List) throw Unfit{};
}

void Customer::read_context(Text record, const Tables &tables) {
  if (record.empty()) return;
  Reader reader(record);
  for (size_t left = reader.map(); left > 0; --left) {
    int32_t place = tables.contexts.of(reader.text());
    if (place >= 0)
      facts[static_cast<size_t>(place)] = value(reader);
    else
      reader.skip();
  }
}

void Customer::read_consents(Text record) {
  consents.clear();
  if (record.empty()) return;
  Reader reader(record);
  for (size_t left = reader.array(); left > 0; --left) {
    size_t fields = reader.array();
    if (fields < 5) throw Unfit{};
    Consent found;
    found.channel = reader.text();
    found.purpose = reader.text();
    found.status = reader.text();
    found.from_ms = reader.moment();
    found.to_ms = reader.moment();
    strictness(found.status);
    for (fields -= 5; fields > 0; --fields) reader.skip();
    consents.push_back(found);
  }
}

void Customer::read_suppressions(Text record, const Tables &tables) {
  suppressions.clear();
  Text rules;
  if (!record.empty()) {
    Reader reader(record);
    size_t parts = reader.array();
    if (parts != 2 || reader.kind() != Reader::Kind::Text) throw Unfit{};  // records of earlier versions are Python's
    rules = reader.text();
    for (size_t left = reader.array(); left > 0; --left) {
      size_t fields = reader.array();
      if (fields < 5) throw Unfit{};
      Suppression found;
      found.level = reader.text();
      found.key = reader.text();
      found.channel = reader.text();
      reader.integer();
      found.until_ms = reader.moment();
      for (fields -= 5; fields > 0; --fields) reader.skip();
      suppressions.push_back(found);
    }
  }
  // Of other rules, or of none: nothing to work out anew only as long as nothing was muted and nothing was heard.
  rules_known = rules == tables.suppression_hash;
  if (!rules_known && (!record.empty() || (tables.has_suppressions && reacted))) throw Unfit{};
}

void Customer::read_activity(Text record) {
  activity = Activity{};
  if (record.empty()) return;
  Reader reader(record);
  if (reader.array() != 7) throw Unfit{};
  activity.purchases = reader.integer();
  activity.last_ms = reader.moment();
  activity.as_of_ms = reader.moment();
  activity.spend = reader.number();
  activity.baskets = reader.number();
  const char *begin = reader.place();
  if (reader.kind() == Reader::Kind::Map) {
    for (size_t left = reader.map(); left > 0; --left) {
      reader.text();
      reader.number();
    }
    activity.categories = Text(begin, static_cast<size_t>(reader.place() - begin));
  } else if (reader.array() != 0) {
    throw Unfit{};
  }
}

// Outcomes of a contact, and which of them stand (domain/outcome.py): none that was withdrawn, and no `no_response` beside a response.
void Customer::read_reactions(Reader &reader, Contact &contact, const Tables &tables, bool &heard) {
  struct Reaction {
    uint32_t type;
    int64_t at;
  };
  Reaction kept[16];
  size_t size = reader.array(), count = 0;
  heard = false;
  if (size > 16) throw Unfit{};
  if (!size) return;
  reacted = true;
  uint32_t types = 0;
  for (; size > 0; --size) {
    size_t fields = reader.array();
    if (fields < 5) throw Unfit{};
    int32_t type = tables.outcomes.of(reader.text());
    int64_t at = reader.moment();
    if (type < 0) throw Unfit{};
    reader.skip();
    reader.skip();
    bool withdrawn = reader.truth();
    for (fields -= 5; fields > 0; --fields) reader.skip();
    if (withdrawn) continue;
    kept[count++] = {uint32_t{1} << type, at};
    types |= uint32_t{1} << type;
  }
  heard = types != 0;
  contact.answered = types & (tables.strong | tables.no_response);
  contact.responded = contact.answered && (types & ~tables.no_response);
  int32_t channel = tables.channels.of(contact.channel);
  uint32_t positive = channel < 0 ? tables.positive.back() : tables.positive[static_cast<size_t>(channel)];
  uint32_t standing = count > 1 && (types & tables.strong) ? ~tables.no_response : ~uint32_t{0};
  for (size_t i = 0; i < count; ++i) {
    if (kept[i].type & standing & positive) contact.positive = std::max(contact.positive, kept[i].at);
    if (kept[i].type & tables.rejected) contact.rejected = std::max(contact.rejected, kept[i].at);
  }
}

// The place of the first contact of a decision, or of the one that is read now. A long ledger is not searched again and again.
int32_t Customer::name_of(Text decision) {
  constexpr size_t kLong = 48;
  int32_t own = static_cast<int32_t>(contacts.size());
  if (decision.empty()) return own;
  if (contacts.size() < kLong) {
    for (size_t i = contacts.size(); i-- > 0;)
      if (contacts[i].decision == decision) return contacts[i].name;
    return own;
  }
  if (contacts.size() == kLong || names_.empty()) {
    names_.clear();
    for (const Contact &one : contacts)
      if (!one.decision.empty()) names_.emplace(one.decision, one.name);
  }
  return names_.emplace(decision, own).first->second;
}

void Customer::read_ledger(Text record, const Tables &tables, int64_t now_ms) {
  contacts.clear();
  names_.clear();
  reacted = false;
  if (record.empty()) return;
  Reader reader(record);
  for (size_t left = reader.array(); left > 0; --left) {
    size_t fields = reader.array();
    if (fields < 15) throw Unfit{};
    Contact found;
    found.short_row = fields < 17;
    reader.skip();  // its id
    found.at = reader.moment();
    found.expires = reader.moment();
    Text state = reader.text();
    found.channel = reader.text();
    found.direction = reader.text();
    found.cls = reader.text();
    found.group = reader.text();
    found.action = reader.text();
    reader.number();
    found.decision = reader.text();
    reader.skip();
    reader.skip();
    found.respond = reader.moment();
    bool heard;
    read_reactions(reader, found, tables, heard);
    bool deferred = fields > 15 && reader.truth();
    for (fields = fields > 16 ? fields - 16 : 0; fields > 0; --fields) reader.skip();
    bool lapses = found.direction == "i" || (deferred && !heard);
    found.counts = state == "R" && found.expires <= now_ms ? !lapses : state != "X";
    found.happened = found.counts && found.at <= now_ms;
    found.action_place = tables.action_index.of(found.action);
    found.group_place = tables.group_index.of(found.group);
    found.name = name_of(found.decision);
    contacts.push_back(found);
  }
}

}  // namespace express
