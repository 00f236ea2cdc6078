#include "objects.h"

#include <algorithm>

namespace express {

namespace {

// A version as the store keeps it: decimal digits.
uint64_t version(Text digits) {
  uint64_t found = 0;
  if (digits.size() > 15) throw Unfit{};
  for (char digit : digits) {
    if (digit < '0' || digit > '9') throw Unfit{};
    found = 10 * found + static_cast<uint64_t>(digit - '0');
  }
  return found;
}

}  // namespace

Records records_of(PyObject *values, bool here) {
  constexpr Py_ssize_t kFields = 13;
  if (!PyList_Check(values) || PyList_GET_SIZE(values) != kFields) throw Unfit{};
  Text fields[kFields];
  for (Py_ssize_t i = 0; i < kFields; ++i) fields[i] = bytes_or_none(PyList_GET_ITEM(values, i));
  // On the do-not-contact list, with open matters, in a household: Python's.
  if (!fields[5].empty() || !fields[9].empty() || !fields[11].empty()) throw Unfit{};
  if (here && !fields[12].empty()) throw Unfit{};  // it was moved
  Records found;
  found.profile = fields[0];
  found.consents = fields[1];
  found.ledger = fields[2];
  found.suppressions = fields[3];
  found.activity = fields[4];
  found.profile_version = version(fields[6]);
  found.guard_version = version(fields[7]);
  found.engagement_version = version(fields[8]);
  return found;
}

PyObject *named(PyTypeObject *type, std::initializer_list<PyObject *> items) {
  bool whole = std::all_of(items.begin(), items.end(), [](PyObject *one) { return one != nullptr; });
  PyObject *made = whole ? type->tp_alloc(type, static_cast<Py_ssize_t>(items.size())) : nullptr;
  Py_ssize_t place = 0;
  for (PyObject *one : items)
    if (made)
      PyTuple_SET_ITEM(made, place++, one);
    else
      Py_XDECREF(one);
  return made;
}

}  // namespace express
