// What a sheet works on: the decisions of a batch, what reads their customers, and the calls of the script that commit them.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <string>
#include <vector>

#include "desk.h"
#include "state.h"

namespace express {

// One decision. The command keeps what the views show.
struct One {
  PyObject *command;
  Py_ssize_t place;
  const Shape *shape;
  int32_t shape_number;
  Text fingerprint, caller, request_id;
  uint32_t bucket;
  uint64_t seed;
  char ref[kRefDigits], key[kKeyDigits];
  std::string attempt, decision_id, answer;
  size_t shown = 0;
  int32_t removed[kStages] = {};
  int32_t call = -1;  // that commits it; -1: none does
  bool reserved = false;
};

struct SheetState {
  PyObject *lane, *desk, *known;
  State &state;
  DeskState &common;
  std::vector<One> ones;
  size_t calls = 0;

  SheetState(PyObject *of, PyObject *at, PyObject *shapes, State &tables, DeskState &shared)
      : lane(Py_NewRef(of)), desk(Py_NewRef(at)), known(Py_NewRef(shapes)), state(tables), common(shared) {}
  ~SheetState() {
    for (One &one : ones) Py_DECREF(one.command);
    Py_DECREF(known);
    Py_DECREF(desk);
    Py_DECREF(lane);
  }
};

// Takes in a command, if what it asks for is common; throws `Unfit` where Python must look at it.
void take(SheetState &sheet, PyObject *command, Py_ssize_t place);

// The commands that read the customers, and the store's time behind them.
std::string reads_of(const SheetState &sheet);

// Decides one of them on what was read: its arguments of the script go behind `out`. Throws `Unfit`.
void decide(SheetState &sheet, One &one, PyObject *values, const Moment &moment, int64_t latest_ms, std::string &out);

// The calls of the script, some decisions in each.
class Calls {
 public:
  explicit Calls(SheetState &sheet)
      : sheet_(sheet), out_(sheet.common.commands), keys_(sheet.common.named), arguments_(sheet.common.given) {
    out_.clear();
    keys_.clear();
    arguments_.clear();
  }

  std::string &arguments() { return arguments_; }
  size_t size() const { return size_; }

  // What went behind the arguments is one decision's.
  void add(One &one) {
    const auto &keys = sheet_.common.keys[one.bucket];
    put_argument(keys_, keys[kCustomer], Text(one.ref, kRefDigits));
    put_argument(keys_, keys[kJournal]);
    put_argument(keys_, keys[kRequestRecord], Text(one.key, kKeyDigits));
    put_argument(keys_, keys[kDue]);
    put_argument(keys_, keys[kClock]);
    one.call = static_cast<int32_t>(size_);
    if (++filled_ == sheet_.common.together) close();
  }

  std::string &end() {
    if (filled_) close();
    return out_;
  }

 private:
  void close() {
    put_count(out_, '*', 3 + 2 * kKeys * filled_);
    put_argument(out_, "EVALSHA");
    put_argument(out_, sheet_.common.script);
    put_argument(out_, std::to_string(kKeys * filled_));
    out_.append(keys_).append(arguments_);
    keys_.clear();
    arguments_.clear();
    filled_ = 0;
    ++size_;
  }

  SheetState &sheet_;
  std::string &out_, &keys_, &arguments_;
  size_t filled_ = 0, size_ = 0;
};

}  // namespace express
