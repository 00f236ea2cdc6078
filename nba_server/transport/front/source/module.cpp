// The module `_front`: the type `Front`. Used on one thread, that of the event loop; what happens is asked for, nothing is called.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <system_error>

#include "front.h"

namespace front {

namespace {

constexpr long kForm = 1;  // as nba_server/transport/front/__init__.py has it

struct Object {
  PyObject_HEAD
  Front *front;
};

Front &of(PyObject *self) { return *reinterpret_cast<Object *>(self)->front; }

// What the work gives; what it throws becomes an exception of Python's.
template <class F>
PyObject *guarded(F work) {
  try {
    return work();
  } catch (const std::system_error &fault) {
    errno = fault.code().value();
    return PyErr_SetFromErrno(PyExc_OSError);
  } catch (const std::exception &fault) {
    PyErr_SetString(PyExc_RuntimeError, fault.what());
  }
  return nullptr;
}

PyObject *bytes(Text text) { return PyBytes_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size())); }

PyObject *letters(Text text) { return PyUnicode_DecodeLatin1(text.data(), static_cast<Py_ssize_t>(text.size()), nullptr); }

// A dictionary; new, or the one that the call before had.
PyObject *metadata_of(Metadata &metadata) {
  if (!metadata.made) {
    PyObject *made = PyDict_New();
    for (Text left = metadata.pairs; made && !left.empty();) {
      Text name = next_pair(left), value = next_pair(left);
      PyObject *key = letters(name), *item = is_binary(name) ? bytes(value) : letters(value);
      if (!key || !item || PyDict_SetItem(made, key, item) < 0) Py_CLEAR(made);
      Py_XDECREF(key);
      Py_XDECREF(item);
    }
    if (!made) return nullptr;
    metadata.made = made;
    metadata.forget = [](void *object) { Py_DECREF(static_cast<PyObject *>(object)); };
  }
  return Py_NewRef(static_cast<PyObject *>(metadata.made));
}

PyObject *told(const Event &event, int64_t at) {
  long kind = event.what == Event::kCall ? event.method : -static_cast<long>(event.what);
  PyObject *left = event.deadline_ns == kForever ? Py_NewRef(Py_None)
                                                 : PyFloat_FromDouble(static_cast<double>(std::max<int64_t>(0, event.deadline_ns - at)) / 1e9);
  PyObject *items[] = {PyLong_FromUnsignedLongLong(event.number),
                       PyLong_FromLong(kind),
                       bytes(event.bytes),
                       event.metadata ? metadata_of(*event.metadata) : Py_NewRef(Py_None),
                       left,
                       letters(event.encoding)};
  constexpr Py_ssize_t kItems = sizeof items / sizeof items[0];
  PyObject *found = PyTuple_New(kItems);
  for (Py_ssize_t i = 0; i < kItems; ++i) {
    if (!items[i]) Py_CLEAR(found);
    if (found)
      PyTuple_SET_ITEM(found, i, items[i]);
    else
      Py_XDECREF(items[i]);
  }
  return found;
}

// take_in(): what has arrived, as tuples (number, kind, bytes, metadata, seconds left, encoding).
PyObject *take_in(PyObject *self, PyObject *) {
  return guarded([&]() -> PyObject * {
    Front &front = of(self);
    front.look();
    auto &events = front.happened.events;
    if (events.empty()) Py_RETURN_NONE;
    int64_t at = now();
    PyObject *found = PyList_New(static_cast<Py_ssize_t>(events.size()));
    for (size_t i = 0; found && i < events.size(); ++i) {
      PyObject *one = told(events[i], at);
      if (one)
        PyList_SET_ITEM(found, static_cast<Py_ssize_t>(i), one);
      else
        Py_CLEAR(found);
    }
    events.clear();
    return found;
  });
}

bool number_of(PyObject *object, uint64_t &number) {
  number = PyLong_AsUnsignedLongLong(object);
  return !PyErr_Occurred();
}

// respond(number, message): the only message and the end. Whether `flush` has to be called for it.
PyObject *respond(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
  uint64_t number;
  if (count != 2 || !PyBytes_Check(arguments[1])) {
    PyErr_SetString(PyExc_TypeError, "respond(number, bytes)");
    return nullptr;
  }
  if (!number_of(arguments[0], number)) return nullptr;
  return guarded([&]() -> PyObject * {
    Connection *connection = of(self).of(number);
    Text message(PyBytes_AS_STRING(arguments[1]), static_cast<size_t>(PyBytes_GET_SIZE(arguments[1])));
    return PyBool_FromLong(connection && connection->respond(number, message) && of(self).sends(*connection));
  });
}

// send(number, message): one of several. How many bytes wait for the caller to read; -1: nobody is there.
PyObject *send_one(PyObject *self, PyObject *arguments) {
  unsigned long long number;
  const char *raw;
  Py_ssize_t size;
  if (!PyArg_ParseTuple(arguments, "Ky#", &number, &raw, &size)) return nullptr;
  return guarded([&]() -> PyObject * {
    Connection *connection = of(self).of(number);
    size_t waiting = 0;
    if (!connection || !connection->send(number, Text(raw, static_cast<size_t>(size)), waiting)) return PyLong_FromLong(-1);
    of(self).sends(*connection);
    of(self).flush();
    if (!(connection = of(self).of(number))) return PyLong_FromLong(-1);
    return PyLong_FromSize_t(waiting + connection->out.size() - connection->sent);
  });
}

// finish(number, code, words, trailers): the end with a status. Whether `flush` has to be called for it.
PyObject *finish(PyObject *self, PyObject *arguments) {
  unsigned long long number;
  int code;
  const char *words;
  Py_ssize_t size;
  PyObject *trailers;
  if (!PyArg_ParseTuple(arguments, "Kis#O", &number, &code, &words, &size, &trailers)) return nullptr;
  std::string pairs;
  PyObject *all = PySequence_Fast(trailers, "trailers are pairs");
  if (!all) return nullptr;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(all); ++i) {
    const char *name, *value;
    Py_ssize_t names, values;
    PyObject *pair = PySequence_Fast_GET_ITEM(all, i);
    if (!PyTuple_Check(pair) || !PyArg_ParseTuple(pair, "s#s#", &name, &names, &value, &values)) {
      if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "trailers are pairs");
      Py_DECREF(all);
      return nullptr;
    }
    put_pair(pairs, Text(name, static_cast<size_t>(names)));
    put_pair(pairs, Text(value, static_cast<size_t>(values)));
  }
  Py_DECREF(all);
  return guarded([&]() -> PyObject * {
    Connection *connection = of(self).of(number);
    bool ended = connection && connection->finish(number, code, Text(words, static_cast<size_t>(size)), pairs);
    return PyBool_FromLong(ended && of(self).sends(*connection));
  });
}

// cut(number): its end without a word more. Whether `flush` has to be called for it.
PyObject *cut(PyObject *self, PyObject *arguments) {
  unsigned long long number;
  if (!PyArg_ParseTuple(arguments, "K", &number)) return nullptr;
  return guarded([&]() -> PyObject * {
    Connection *connection = of(self).of(number);
    return PyBool_FromLong(connection && connection->cut(number) && of(self).sends(*connection));
  });
}

template <void (Front::*does)()>
PyObject *done(PyObject *self, PyObject *) {
  return guarded([&]() -> PyObject * {
    (of(self).*does)();
    Py_RETURN_NONE;
  });
}

PyObject *listen_on(PyObject *self, PyObject *number) {
  int socket = PyObject_AsFileDescriptor(number);
  if (socket < 0) return nullptr;
  return guarded([&]() -> PyObject * {
    of(self).listen(socket);
    Py_RETURN_NONE;
  });
}

PyObject *fileno_of(PyObject *self, PyObject *) { return PyLong_FromLong(of(self).number()); }

PyObject *connections_of(PyObject *self, PyObject *) { return PyLong_FromSize_t(of(self).connections()); }

PyObject *owing(PyObject *self, PyObject *) { return PyLong_FromSize_t(of(self).owing()); }

// Front(methods, streams, message, metadata, age_ms, [grace_ms, quiet_ms, answer_ms]): limits of a connection's calls at once, and
// of bytes; the times of `Terms`.
PyObject *made(PyTypeObject *type, PyObject *arguments, PyObject *) {
  PyObject *methods;
  unsigned int streams;
  unsigned long long message, metadata;
  long long age_ms, grace_ms = 60'000, quiet_ms = 60'000, answer_ms = 20'000;
  if (!PyArg_ParseTuple(arguments, "O!IKKL|LLL", &PyList_Type, &methods, &streams, &message, &metadata, &age_ms, &grace_ms, &quiet_ms,
                        &answer_ms))
    return nullptr;
  constexpr int64_t kMs = 1'000'000;
  Limits limits{streams, static_cast<size_t>(message), static_cast<size_t>(metadata)};
  Terms terms{limits, age_ms * kMs, grace_ms * kMs, quiet_ms * kMs, answer_ms * kMs};
  PyObject *self = type->tp_alloc(type, 0);
  if (!self) return nullptr;
  PyObject *ready = guarded([&]() -> PyObject * {
    reinterpret_cast<Object *>(self)->front = new Front(terms);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(methods); ++i) {
      Py_ssize_t size;
      const char *name = PyUnicode_AsUTF8AndSize(PyList_GET_ITEM(methods, i), &size);
      if (!name) return nullptr;
      of(self).methods.emplace(std::string(name, static_cast<size_t>(size)), static_cast<int32_t>(i));
    }
    return self;
  });
  if (!ready) Py_DECREF(self);
  return ready;
}

void freed(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  delete reinterpret_cast<Object *>(self)->front;
  type->tp_free(self);
  Py_DECREF(type);
}

PyMethodDef kMethods[] = {
    {"listen", listen_on, METH_O, "Takes connections from a socket that listens and does not block; a copy of it is kept."},
    {"fileno", fileno_of, METH_NOARGS, "What an event loop waits for: something has arrived, or can be sent, or is due."},
    {"take_in", take_in, METH_NOARGS, "What has arrived by now; None for nothing."},
    {"respond", reinterpret_cast<PyCFunction>(reinterpret_cast<void *>(respond)), METH_FASTCALL, "Ends a call well."},
    {"send", send_one, METH_VARARGS, "One of several messages; how many bytes wait, or -1."},
    {"finish", finish, METH_VARARGS, "Ends a call with a status."},
    {"cut", cut, METH_VARARGS, "Ends a call without a word more."},
    {"flush", done<&Front::flush>, METH_NOARGS, "Sends what waits for it."},
    {"tick", done<&Front::tick>, METH_NOARGS, "Some times a second: what the clock brings, besides deadlines."},
    {"leave", done<&Front::leave>, METH_NOARGS, "No new connections, and no new calls on those that are there."},
    {"close", done<&Front::close>, METH_NOARGS, "Ends all connections."},
    {"connections", connections_of, METH_NOARGS, "How many there are."},
    {"owing", owing, METH_NOARGS, "How many connections have calls, or answers that they have not taken."},
    {nullptr, nullptr, 0, nullptr},
};

PyType_Slot kSlots[] = {
    {Py_tp_new, reinterpret_cast<void *>(made)},
    {Py_tp_dealloc, reinterpret_cast<void *>(freed)},
    {Py_tp_methods, kMethods},
    {Py_tp_doc, const_cast<char *>("A gRPC server's port.")},
    {0, nullptr},
};

PyType_Spec kFront = {"nba_server.transport.front._front.Front", sizeof(Object), 0, Py_TPFLAGS_DEFAULT, kSlots};

PyModuleDef kModule = {PyModuleDef_HEAD_INIT, "_front", "HTTP/2 for gRPC, as far as a server needs it.", -1, nullptr,
                       nullptr, nullptr, nullptr, nullptr};

}  // namespace

}  // namespace front

PyMODINIT_FUNC PyInit__front() {
  using namespace front;
  PyObject *module = PyModule_Create(&kModule);
  if (!module) return nullptr;
  PyObject *type = PyType_FromSpec(&kFront);
  if (!type || PyModule_AddIntConstant(module, "FORM", kForm) < 0 || PyModule_AddObject(module, "Front", type) < 0) {
    Py_XDECREF(type);
    Py_DECREF(module);
    return nullptr;
  }
  return module;
}
