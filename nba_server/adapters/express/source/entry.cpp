#include "entry.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace express {

namespace {

// ---- words (domain/funnel/wording.py)

struct Word {
  double strength;
  Text reason;
  std::string text;
};

// With so many decimals, rounded as Python does.
std::string fixed(double number, int decimals) {
  char raw[400];
#ifdef __cpp_lib_to_chars  // a good deal faster than printf, and as exact
  return std::string(raw, std::to_chars(raw, raw + sizeof raw, number, std::chars_format::fixed, decimals).ptr);
#else
  return std::string(raw, static_cast<size_t>(std::snprintf(raw, sizeof raw, "%.*f", decimals, number)));
#endif
}

std::string percent(double share) {
  return fixed(share * 100.0, 1).append(" %");
}

// Two decimals, and a comma before every third digit.
std::string money(double amount) {
  std::string found = fixed(amount, 2);
  size_t first = found[0] == '-' ? 1 : 0;
  for (size_t at = found.size() - 3; at > first + 3; at -= 3) found.insert(at - 3, ",");
  return found;
}

void put_reason(std::string &out, Text reason, Text text) {
  out.append("\x82\x01", 2);
  put_varint(out, reason.size() + 1 + varint_size(text.size()) + text.size());
  out.append(reason);
  out.push_back(0x1A);
  put_varint(out, text.size());
  out.append(text);
}

struct Means {
  double propensity = 0, value = 0;
};

Means means_of(const Decision &decision, const Tables &tables) {
  Means found;
  for (size_t i = 0; i < decision.rows.size(); ++i) {
    size_t row = static_cast<size_t>(decision.rows[i]);
    double propensity = decision.propensity[row], value = tables.values[static_cast<size_t>(decision.reached[row])];
    found.propensity = i ? found.propensity + propensity : propensity;
    found.value = i ? found.value + value : value;
  }
  found.propensity /= static_cast<double>(decision.rows.size());
  found.value /= static_cast<double>(decision.rows.size());
  return found;
}

void put_reasons(std::string &out, const Decision &decision, const Tables &tables, const Pick &pick, const Means &means) {
  size_t row = decision.row_of(pick), action = decision.action_of(pick);
  double propensity = decision.propensity[row], value = tables.values[action], lever = tables.levers[action];
  std::vector<Word> words;
  for (int32_t place : decision.weights) {
    const ContextWeight &weight = tables.context_weights[static_cast<size_t>(place)];
    if (weight.actions[action] && weight.percent > 0) words.push_back({weight.strength, weight.reason, ""});
  }
  double lift = std::log(propensity / means.propensity);
  if (lift > tables.noticeable)
    words.push_back({lift, tables.likely,
                     "Likely to be welcome: " + percent(propensity) + ", others here " + percent(means.propensity) + " on average."});
  lift = std::log(value / means.value);
  if (lift > tables.noticeable)
    words.push_back({lift, tables.valuable, "Worth more than the others: " + money(value) + " " + tables.currency + "."});
  if (lever > 1.0 && (lift = std::log(lever)) > tables.noticeable) {
    char raw[64];
    std::snprintf(raw, sizeof raw, "The business gives it %+.0f %%.", (lever - 1.0) * 100.0);
    words.push_back({lift, tables.levered, raw});
  }
  std::stable_sort(words.begin(), words.end(), [](const Word &one, const Word &other) { return one.strength > other.strength; });
  if (pick.explored) out.append(tables.explored);
  for (const Word &word : words)
    if (word.text.empty())
      out.append(word.reason);  // it is whole
    else
      put_reason(out, word.reason, word.text);
  if (pick.position == 1 && !pick.explored) out.append(tables.best);
}

// ---- the answer (transport/grpc/codec)

void put_tagged(std::string &out, unsigned char tag, double number) {
  out.push_back(static_cast<char>(tag));
  put_double(out, number);
}

size_t put_answer(std::string &out, const Decision &decision, const Tables &tables, const Shape &shape, const Given &given) {
  put_text(out, 0x0A, given.decision_id);
  put_timestamp(out, "\x12", decision.moment.now_ms);
  put_text(out, 0x22, tables.hash);
  put_text(out, 0x2A, tables.model.version);
  size_t head = out.size();
  Means means = means_of(decision, tables);
  std::string part, until;
  int64_t held_ms = decision.moment.now_ms + shape.reservation_ms;
  if (held_ms) put_timestamp(until, Text("\x8A\x01", 2), held_ms);
  for (const Pick &pick : decision.picks) {
    if (!pick.position) break;
    size_t row = decision.row_of(pick), action = decision.action_of(pick);
    double propensity = decision.propensity[row];
    part.assign(shape.answers.at(action));
    part.push_back(0x10);
    put_varint(part, static_cast<uint64_t>(pick.position));
    put_tagged(part, 0x49, propensity);
    put_tagged(part, 0x51, decision.priority[row]);
    part.push_back(0x5A);
    part.push_back(36);
    put_tagged(part, 0x09, propensity);
    put_tagged(part, 0x11, decision.context[row]);
    put_tagged(part, 0x19, tables.values[action]);
    put_tagged(part, 0x21, tables.levers[action]);
    put_tagged(part, 0x61, pick.chance);
    if (pick.explored) part.append("\x68\x01", 2);
    part.append(until);
    put_reasons(part, decision, tables, pick, means);
    out.push_back(0x32);
    put_varint(out, part.size());
    out.append(part);
  }
  return head;
}

// ---- the journal's entry (adapters/journal_codec.py)

void put_picks(std::string &out, const Decision &decision) {
  for (const Pick &pick : decision.picks) {
    size_t index = varint_size(static_cast<uint64_t>(pick.candidate));
    size_t position = pick.position ? 1 + varint_size(static_cast<uint64_t>(pick.position)) + 9 : 0;
    out.push_back(0x5A);
    put_varint(out, 1 + index + position + (pick.explored ? 2 : 0));
    out.push_back(0x08);
    put_varint(out, static_cast<uint64_t>(pick.candidate));
    if (pick.position) {
      out.push_back(0x10);
      put_varint(out, static_cast<uint64_t>(pick.position));
      put_tagged(out, 0x19, pick.chance);
    }
    if (pick.explored) out.append("\x20\x01", 2);
  }
}

void put_snapshot(std::string &out, std::string &entry, const Records &records) {
  entry.clear();
  put_number(entry, 0x08, records.profile_version);
  put_number(entry, 0x10, records.guard_version);
  put_text(entry, 0x1A, records.profile);
  put_text(entry, 0x22, records.consents);
  put_text(entry, 0x2A, records.ledger);
  put_text(entry, 0x32, records.suppressions);
  put_text(entry, 0x3A, records.activity);
  out.push_back(0x4A);
  put_varint(out, entry.size());
  out.append(entry);
}

void put_entry(Commit &commit, const Decision &decision, const Tables &tables, const Shape &shape, const Records &records,
               const Given &given) {
  std::string &out = commit.entry, &body = commit.body, &part = commit.part;
  body.clear();
  put_text(body, 0x0A, given.decision_id);
  put_text(body, 0x12, given.asked);
  put_number(body, 0x18, static_cast<uint64_t>(decision.moment.now_ms));
  put_text(body, 0x22, given.caller);
  size_t id = given.request_id.empty() ? 0 : 1 + varint_size(given.request_id.size()) + given.request_id.size();
  body.push_back(0x2A);
  Text request = given.request.empty() ? Text(shape.request) : given.request;
  put_varint(body, request.size() + id);
  body.append(request);
  put_text(body, 0x32, given.request_id);
  if (given.seed) {
    body.push_back(0x31);
    put_fixed(body, given.seed);
  }
  put_text(body, 0x3A, tables.hash);
  put_text(body, 0x42, tables.model.version);
  put_snapshot(body, part, records);
  if (decision.personal) body.append("\x68\x01", 2);
  if (given.anonymous) body.append("\x70\x01", 2);
  body.append(given.arm);
  put_picks(body, decision);
  commit.candidates.put(body, decision, tables, shape);
  out.push_back(0x0A);
  put_varint(out, body.size());
  out.append(body);
  out.append(tables.server_version);
}

// ---- the store (adapters/redis/reserving.py)

void put_contact(std::string &out, const Decision &decision, const Shape &shape, const Given &given, const Tables &tables,
                 const Pick &pick) {
  size_t action = decision.action_of(pick);
  int64_t at_ms = decision.moment.now_ms, response_ms = shape.response_ms[action];
  std::string name(given.decision_id);
  name.append(":").append(tables.action_index.names[action]);
  pack_array(out, 17);
  pack_text(out, name);
  pack_int(out, at_ms);
  pack_int(out, at_ms + shape.reservation_ms);
  out.append(shape.rows_before.at(action));
  pack_text(out, given.decision_id);
  out.append(shape.rows_behind.at(action));
  pack_int(out, response_ms ? at_ms + response_ms : 0);
  pack_array(out, 0);
  pack_int(out, 0);
  pack_array(out, 0);
}

void put_ledger(std::string &out, const Decision &decision, const Tables &tables, const Records &records,
                const std::string &rows, size_t count) {
  const auto &contacts = decision.customer.contacts;
  int64_t now_ms = decision.moment.now_ms, oldest_ms = now_ms - tables.retention_ms;
  if (contacts.empty() || (contacts.front().at > oldest_ms && contacts.back().at <= now_ms)) {
    pack_array(out, contacts.size() + count);
    if (!contacts.empty()) {
      Reader reader(records.ledger);
      reader.array();
      out.append(records.ledger.substr(static_cast<size_t>(reader.place() - records.ledger.data())));
    }
    out.append(rows);
    return;
  }
  std::vector<bool> kept;
  size_t size = 0, behind = 0;
  for (const Contact &one : contacts) {
    if (one.short_row) throw Unfit{};
    kept.push_back(one.at > oldest_ms || one.respond > now_ms);
    size += kept.back();
  }
  for (size_t i = contacts.size(); i-- > 0;) {  // the new rows stand before what is planned
    if (!kept[i]) continue;
    if (contacts[i].at <= now_ms) break;
    ++behind;
  }
  pack_array(out, size + count);
  Reader reader(records.ledger);
  reader.array();
  size_t written = 0;
  for (size_t i = 0; i < contacts.size(); ++i) {
    if (!kept[i]) {
      reader.skip();
      continue;
    }
    if (written++ == size - behind) out.append(rows);
    reader.repack(out);
  }
  if (behind == 0) out.append(rows);
}

void put_meta(std::string &out, const Decision &decision, const Tables &tables, const Shape &shape, const Records &records,
              const Given &given, size_t head, int64_t due_ms) {
  pack_array(out, 15);
  pack_text(out, given.decision_id, true);
  pack_text(out, given.fingerprint, true);
  pack_text(out, given.attempt, true);
  pack_text(out, shape.channel, true);
  pack_text(out, shape.withdrawn, true);
  out.push_back(given.anonymous ? static_cast<char>(0xC3) : static_cast<char>(0xC2));
  pack_int(out, decision.moment.now_ms);
  pack_int(out, decision.good_until(given.latest_ms));
  pack_int(out, static_cast<int64_t>(records.profile_version));
  pack_int(out, static_cast<int64_t>(records.guard_version));
  pack_int(out, static_cast<int64_t>(records.engagement_version));
  pack_int(out, tables.remember_ms);
  std::string picks;
  for (size_t i = 0; i < decision.picks.size() && decision.picks[i].position; ++i)
    picks.append(i ? "," : "").append(std::to_string(i));
  pack_text(out, picks, true);
  pack_int(out, static_cast<int64_t>(head));
  pack_array(out, due_ms ? 2 : 0);
  if (due_ms) {
    pack_text(out, std::to_string(due_ms), true);
    pack_text(out, given.home, true);
  }
}

}  // namespace

void encode(Commit &out, const Decision &decision, const Tables &tables, const Shape &shape, const Records &records,
            const Given &given) {
  out.meta.clear();
  out.ledger.clear();
  out.entry.clear();
  out.answer.clear();
  put_entry(out, decision, tables, shape, records, given);
  size_t head = put_answer(out.answer, decision, tables, shape, given);
  std::string rows;
  size_t count = 0;
  int64_t due_ms = 0;  // of the customer's timer: when the first of the new contacts falls due
  if (!given.anonymous) {
    for (const Pick &pick : decision.picks) {
      if (!pick.position) break;
      int64_t response_ms = shape.response_ms[decision.action_of(pick)];
      int64_t due = decision.moment.now_ms + (response_ms ? response_ms : shape.reservation_ms);
      due_ms = count++ ? std::min(due_ms, due) : due;
      put_contact(rows, decision, shape, given, tables, pick);
    }
    put_ledger(out.ledger, decision, tables, records, rows, count);
  }
  put_meta(out.meta, decision, tables, shape, records, given, head, due_ms);
}

}  // namespace express
