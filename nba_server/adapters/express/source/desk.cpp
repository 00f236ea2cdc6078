#include "desk.h"

#include "objects.h"

namespace express {

namespace {

constexpr size_t kFirsts = 32;

struct Desk {
  PyObject_HEAD
  DeskState *state;
};

PyTypeObject *type_of(PyObject *spec, const char *name) {
  PyObject *found = item(spec, name);
  if (!PyType_Check(found) || !PyType_IsSubtype(reinterpret_cast<PyTypeObject *>(found), &PyTuple_Type)) broken(name);
  return reinterpret_cast<PyTypeObject *>(Py_NewRef(found));
}

size_t size_of(PyObject *spec, const char *name) {
  int64_t found = integer(spec, name);
  if (found < 1) broken(name);
  return static_cast<size_t>(found);
}

void read_desk(DeskState &state, PyObject *spec) {
  PyObject *names = item(spec, "names");
  if (!is_names(names)) broken("names");
  state.names = Py_NewRef(names);
  each(item(spec, "keys"), "keys", [&](PyObject *bucket) {
    auto &keys = state.keys.emplace_back();
    size_t place = 0;
    each(bucket, "keys", [&](PyObject *key) {
      if (place == kKeys) broken("keys");
      keys[place++] = text_of(key, "keys");
    });
    if (place != kKeys) broken("keys");
  });
  if (state.keys.empty() || state.keys.size() > 4096) broken("keys");
  state.read_head = text(spec, "read_head");
  state.read_tail = text(spec, "read_tail");
  state.clock = text(spec, "clock");
  state.script = text(spec, "script");
  state.prefix = text(spec, "prefix");
  state.together = size_of(spec, "together");
  state.longest_id = size_of(spec, "longest_id");
  state.longest_request_id = size_of(spec, "longest_request_id");
  state.result = type_of(spec, "result");
  state.attempt = type_of(spec, "attempt");
  state.reference = type_of(spec, "reference");
  for (size_t size = 0; size < kFirsts; ++size) {
    PyObject *first = PyTuple_New(static_cast<Py_ssize_t>(size));
    if (!first) throw Broken{};
    state.firsts.push_back(first);
    for (size_t i = 0; i < size; ++i) PyTuple_SET_ITEM(first, static_cast<Py_ssize_t>(i), PyLong_FromSize_t(i));
  }
}

PyObject *desk_new(PyTypeObject *type, PyObject *arguments, PyObject *) {
  PyObject *spec;
  if (!PyArg_ParseTuple(arguments, "O", &spec)) return nullptr;
  Desk *self = reinterpret_cast<Desk *>(type->tp_alloc(type, 0));
  if (!self) return nullptr;
  PyObject *made = guarded([&] {
    self->state = new DeskState();
    read_desk(*self->state, spec);
    return Py_NewRef(reinterpret_cast<PyObject *>(self));
  });
  Py_DECREF(self);
  return made;
}

PyType_Slot kSlots[] = {
    {Py_tp_new, reinterpret_cast<void *>(desk_new)},
    {Py_tp_dealloc, reinterpret_cast<void *>(freed<Desk, &Desk::state>)},
    {Py_tp_doc, const_cast<char *>("What the sheets of a process have in common: names, keys, the store's script.")},
    {0, nullptr},
};

PyType_Spec kDesk = {"nba_server.adapters.express._lane.Desk", sizeof(Desk), 0, Py_TPFLAGS_DEFAULT, kSlots};

}  // namespace

DeskState::~DeskState() {
  Py_XDECREF(names);
  Py_XDECREF(reinterpret_cast<PyObject *>(result));
  Py_XDECREF(reinterpret_cast<PyObject *>(attempt));
  Py_XDECREF(reinterpret_cast<PyObject *>(reference));
  for (PyObject *first : firsts) Py_XDECREF(first);
}

DeskState *desk_of(PyObject *object) {
  if (Py_TYPE(object)->tp_dealloc != freed<Desk, &Desk::state>) {
    PyErr_SetString(PyExc_TypeError, "a Desk is needed");
    return nullptr;
  }
  return reinterpret_cast<Desk *>(object)->state;
}

PyObject *desk_type() { return PyType_FromSpec(&kDesk); }

void put_count(std::string &out, char mark, size_t number) {
  char raw[24];
  char *at = raw + sizeof raw;
  *--at = '\n';
  *--at = '\r';
  do {
    *--at = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number);
  *--at = mark;
  out.append(at, static_cast<size_t>(raw + sizeof raw - at));
}

void put_argument(std::string &out, Text first, Text second) {
  put_count(out, '$', first.size() + second.size());
  out.append(first).append(second).append("\r\n", 2);
}

}  // namespace express
