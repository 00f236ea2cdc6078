// Reading of requests for decisions as they come off the wire (proto/nba/v1/decision.proto), where they are like ones known before.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

namespace express {

// `asked(data, caller, known, types)`: the command, if all the request has are ids and what is in `known`; the key under which
// `known` must have (channel, placements) before; or None for any other request. `types` are those of commands and requests.
PyObject *asked(PyObject *, PyObject *arguments);

}  // namespace express
