#include "batch.h"

#include "objects.h"
#include "watch.h"

namespace express {

namespace {

constexpr size_t kTimeDigits = 9;

// The fields of a command and of its request (application/admission.py, domain/request.py).
enum CommandField { kRequest, kCaller, kCallId };
enum RequestField {
  kCustomerId, kVisitorId, kChannel, kPlacements, kContext, kRequestId, kExcluded, kPreview, kSupersedes, kDeferred, kPlanned
};

bool is_empty(PyObject *collection) {
  Py_ssize_t size = PyObject_Size(collection);
  if (size < 0) PyErr_Clear();
  return size == 0;
}

// Words in ASCII that can be printed: of others Python says whether they may be an id.
Text plain(PyObject *object, size_t most) {
  if (!PyUnicode_Check(object) || !PyUnicode_IS_COMPACT_ASCII(object)) throw Unfit{};
  Text text(static_cast<const char *>(PyUnicode_DATA(object)), static_cast<size_t>(PyUnicode_GET_LENGTH(object)));
  if (text.size() > most) throw Unfit{};
  for (char letter : text)
    if (letter < 0x20 || letter > 0x7E) throw Unfit{};
  return text;
}

// The shape of a request, and its fingerprint.
PyObject *shape_of(PyObject *known, PyObject *request) {
  PyObject *key = PyTuple_Pack(2, field(request, kChannel), field(request, kPlacements));
  PyObject *found = key ? PyDict_GetItemWithError(known, key) : nullptr;
  Py_XDECREF(key);
  if (!found) PyErr_Clear();
  if (!found || found == Py_None) throw Unfit{};
  return found;
}

std::string hexadecimal(uint64_t number, size_t digits) {
  char raw[20];
  int size = std::snprintf(raw, sizeof raw, "%0*llx", static_cast<int>(digits), static_cast<unsigned long long>(number));
  return std::string(raw, static_cast<size_t>(size));
}

void name(One &one, DeskState &common, int64_t now_ms) {
  char time[kTimeDigits];
  put_base32(time, kTimeDigits, static_cast<uint64_t>(now_ms));
  one.decision_id = hexadecimal(one.bucket, 3);
  one.decision_id.append("-").append(time, kTimeDigits).append("-").append(one.key, kKeyDigits);
  one.attempt.assign(common.prefix).append(hexadecimal(common.tries++, 1));
}

}  // namespace

void take(SheetState &sheet, PyObject *command, Py_ssize_t place) {
  PyObject *request = field(command, kRequest);
  bool common = is_empty(field(request, kContext)) && is_empty(field(request, kExcluded)) && is_empty(field(command, kCallId)) &&
                is_empty(field(request, kSupersedes)) && field(request, kPreview) == Py_False &&
                field(request, kDeferred) == Py_False && integer(field(request, kPlanned)) == 0;
  size_t longest = sheet.common.longest_id;
  Text customer = plain(field(request, kCustomerId), longest), visitor = plain(field(request, kVisitorId), longest);
  if (!common || customer.empty() == visitor.empty()) throw Unfit{};
  One one{};
  one.request_id = plain(field(request, kRequestId), sheet.common.longest_request_id);
  if (one.request_id.empty()) throw Unfit{};
  PyObject *shape = shape_of(sheet.known, request);
  one.shape_number = static_cast<int32_t>(integer(field(shape, 0)));
  if (one.shape_number < 0 || one.shape_number >= static_cast<int32_t>(sheet.state.shapes.size())) throw Unfit{};
  one.shape = sheet.state.shapes[static_cast<size_t>(one.shape_number)].get();
  one.fingerprint = words(field(shape, 1));
  one.caller = words(field(command, kCaller));
  one.place = place;
  const Naming &naming = naming_of(sheet.common.names);
  std::string name(customer.empty() ? "v:" : "c:");
  name.append(customer.empty() ? visitor : customer);
  naming.reference(name, one.ref);
  one.bucket = static_cast<uint32_t>(std::stoul(std::string(one.ref, 4), nullptr, 16)) % sheet.common.keys.size();
  if (!naming.request_key(one.caller, Text(one.ref, kRefDigits), one.request_id, one.key)) throw Unfit{};
  one.seed = naming.seed_of(Text(one.key, kKeyDigits));
  one.command = command;
  sheet.ones.push_back(std::move(one));
  Py_INCREF(command);
}

std::string reads_of(const SheetState &sheet) {
  std::string out;
  for (const One &one : sheet.ones) {
    out.append(sheet.common.read_head);
    put_argument(out, sheet.common.keys[one.bucket][kCustomer], Text(one.ref, kRefDigits));
    out.append(sheet.common.read_tail);
  }
  return out.append(sheet.common.clock);
}

void decide(SheetState &sheet, One &one, PyObject *values, const Moment &moment, int64_t latest_ms, std::string &out) {
  Records records = records_of(values, true);
  State &state = sheet.state;
  name(one, sheet.common, moment.now_ms);
  Given given;
  given.decision_id = one.decision_id;
  given.asked = given.home = Text(one.ref, kRefDigits);
  given.fingerprint = one.fingerprint;
  given.attempt = one.attempt;
  given.caller = one.caller;
  given.request_id = one.request_id;
  given.seed = one.seed;
  given.latest_ms = latest_ms;
  state.decision.make(*one.shape, records, moment, one.seed, {});
  encode(state.commit, state.decision, state.tables, *one.shape, records, given);
  const Commit &commit = state.commit;
  for (Text argument : {Text(commit.meta), Text(commit.ledger), Text(), Text(commit.entry), Text(commit.answer)})
    put_argument(out, argument);
  one.answer = commit.answer;
  one.shown = static_cast<size_t>(state.decision.shown());
  std::copy(std::begin(state.decision.removed), std::end(state.decision.removed), one.removed);
  watch.end(Phase::Codec);
}

}  // namespace express
