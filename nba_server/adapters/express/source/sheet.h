// The type `Sheet`: the common decisions of one batch, from what is asked to what is answered, without a step of Python for each.
//
// Its bytes are those of nba_server/adapters/redis/: packing.py, reader.py, reserving.py. Whatever it does not know it leaves out,
// and the ordinary path decides it.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

namespace express {

// `Lane.sheet(desk, commands, known)`: what is common among the commands; None: nothing is. `known` has, by (channel, placements),
// (number of the shape, fingerprint) or None; what is in it stays in it.
PyObject *sheet_of(PyObject *lane, PyObject *arguments);

// Makes the type; false with an exception.
bool sheet_ready();

}  // namespace express
