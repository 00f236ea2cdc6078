// The type `Desk`: what the sheets of a process have in common, besides catalogue and model: names, keys, the store's script.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <array>
#include <string>
#include <vector>

#include "names.h"

namespace express {

enum Key { kCustomer, kJournal, kRequestRecord, kDue, kClock, kKeys };

struct DeskState {
  PyObject *names = nullptr;
  std::vector<std::array<std::string, kKeys>> keys;  // by bucket; those of customers and requests without the last part
  std::string read_head, read_tail;                  // of the command that reads a customer, around its key
  std::string clock;                                 // the commands that tell the store's time
  std::string script;                                // the hash of reserve.lua
  std::string prefix;                                // of the names of this process's tries,
  uint64_t tries = 0;                                // which are numbered
  size_t together = 1;                               // so many decisions share a call of the script
  size_t longest_id = 0, longest_request_id = 0;     // in letters
  PyTypeObject *result = nullptr, *attempt = nullptr, *reference = nullptr;
  std::vector<PyObject *> firsts;                    // (), (0,), (0, 1), ...
  std::string commands, named, given;                // while they are written; kept for their memory

  ~DeskState();
};

// The state of a `Desk`; null with an exception for anything else.
DeskState *desk_of(PyObject *object);

// The type; null with an exception.
PyObject *desk_type();

// Writing of commands as the engine reads them.
void put_count(std::string &out, char mark, size_t number);
void put_argument(std::string &out, Text first, Text second = {});

}  // namespace express
