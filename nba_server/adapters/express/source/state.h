// The type `Lane`: the tables of one catalogue and one model, and what decisions with them need.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <memory>
#include <vector>

#include "entry.h"

namespace express {

struct State {
  explicit State(Tables &&given) : tables(std::move(given)), decision(tables) {}
  Tables tables;
  std::vector<std::unique_ptr<Shape>> shapes;
  Decision decision;
  Commit commit;
};

struct Lane {
  PyObject_HEAD
  State *state;
};

}  // namespace express
