// Reading of the specifications that tables.py and shapes.py make: dictionaries of numbers, bytes and lists.
// Whatever is not as it should be raises a Python error that names it, and throws `Broken`.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <string>
#include <vector>

#include "tables.h"

namespace express {

[[noreturn]] inline void broken(const char *name) {
  if (!PyErr_Occurred()) PyErr_Format(PyExc_ValueError, "the specification's %s is not as it should be", name);
  throw Broken{};
}

inline PyObject *item(PyObject *spec, const char *name) {
  PyObject *found = PyDict_Check(spec) ? PyDict_GetItemString(spec, name) : nullptr;
  if (!found) broken(name);
  return found;
}

inline Text text_of(PyObject *object, const char *name) {
  if (!object || !PyBytes_Check(object)) broken(name);
  return Text(PyBytes_AS_STRING(object), static_cast<size_t>(PyBytes_GET_SIZE(object)));
}

inline Text text(PyObject *spec, const char *name) { return text_of(item(spec, name), name); }

inline int64_t integer(PyObject *spec, const char *name) {
  int64_t found = PyLong_AsLongLong(item(spec, name));
  if (found == -1 && PyErr_Occurred()) broken(name);
  return found;
}

inline double number(PyObject *spec, const char *name) {
  double found = PyFloat_AsDouble(item(spec, name));
  if (PyErr_Occurred()) broken(name);
  return found;
}

inline bool truth(PyObject *spec, const char *name) { return integer(spec, name) != 0; }

template <class T>
std::vector<T> array_of(Text raw, const char *name, int64_t size = -1) {
  if (raw.size() % sizeof(T)) broken(name);
  std::vector<T> found(raw.size() / sizeof(T));
  if (size >= 0 && found.size() != static_cast<size_t>(size)) broken(name);
  if (!raw.empty()) std::memcpy(found.data(), raw.data(), raw.size());
  return found;
}

template <class T>
std::vector<T> array(PyObject *spec, const char *name, int64_t size = -1) {
  return array_of<T>(text(spec, name), name, size);
}

// Calls `take` with each entry of a list.
template <class F>
void each(PyObject *list, const char *name, F take) {
  if (!list || !PyList_Check(list)) broken(name);
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); ++i) take(PyList_GET_ITEM(list, i));
}

inline std::vector<std::string> texts(PyObject *spec, const char *name) {
  std::vector<std::string> found;
  each(item(spec, name), name, [&](PyObject *one) { found.emplace_back(text_of(one, name)); });
  return found;
}

}  // namespace express
