// Objects of Python's: reading what is handed over for decisions (whatever is not as it usually is throws `Unfit`: then Python
// decides), and making what is handed back (null with an exception, as Python has it).
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <initializer_list>

#include "customer.h"
#include "spec.h"

namespace express {

// The bytes of an object that may be None. The object keeps them alive.
inline Text bytes_or_none(PyObject *object) {
  if (object == Py_None) return {};
  if (!PyBytes_Check(object)) throw Unfit{};
  return Text(PyBytes_AS_STRING(object), static_cast<size_t>(PyBytes_GET_SIZE(object)));
}

// The words of a text, in UTF-8. The object keeps them alive.
inline Text words(PyObject *object) {
  Py_ssize_t size;
  const char *raw = PyUnicode_Check(object) ? PyUnicode_AsUTF8AndSize(object, &size) : nullptr;
  if (!raw) {
    PyErr_Clear();
    throw Unfit{};
  }
  return Text(raw, static_cast<size_t>(size));
}

inline int64_t integer(PyObject *object) {
  int64_t found = PyLong_AsLongLong(object);
  if (found == -1 && PyErr_Occurred()) {
    PyErr_Clear();
    throw Unfit{};
  }
  return found;
}

// A field of a tuple of at least so many fields. What is asked are tuples with names (application/ports/express.py).
inline PyObject *field(PyObject *tuple, Py_ssize_t place) {
  if (!PyTuple_Check(tuple) || place >= PyTuple_GET_SIZE(tuple)) throw Unfit{};
  return PyTuple_GET_ITEM(tuple, place);
}

constexpr int64_t kLatestMoment = int64_t{1} << 53;

// The fields of a record in the reader's order: p k l s a d pv gv ev o (unread) h at. With `here` one that was moved is Python's.
Records records_of(PyObject *values, bool here = false);

inline PyObject *bytes(Text text) { return PyBytes_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size())); }
inline PyObject *string(Text text) { return PyUnicode_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size())); }

// A tuple with names of fields; takes the items over. Null with an exception, also where an item is.
PyObject *named(PyTypeObject *type, std::initializer_list<PyObject *> items);

// Ends an object of a type of ours, and what it holds.
template <class Object, auto held>
void freed(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  delete (reinterpret_cast<Object *>(self)->*held);
  type->tp_free(self);
  Py_DECREF(type);
}

// What the work gives; what it throws becomes an exception of Python's.
template <class F>
PyObject *guarded(F work) {
  try {
    return work();
  } catch (const Broken &) {  // it has said why
  } catch (const Unfit &) {
    PyErr_SetString(PyExc_TypeError, "what the express lane was given is not as it should be");
  } catch (const std::exception &fault) {
    PyErr_SetString(PyExc_RuntimeError, fault.what());
  }
  return nullptr;
}

}  // namespace express
