// The names that every decision needs, as nba_server/adapters/redis/identity.py makes them: references, request keys, seeds.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

namespace express {

// The type `Names(secret, seed key)`; null with an exception.
PyObject *names_type();

}  // namespace express
