// The names that every decision needs, as nba_server/adapters/redis/identity.py makes them: references, request keys, seeds.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "blake2.h"

namespace express {

constexpr size_t kRefDigits = 32, kKeyDigits = 42;

// Makes names under a store's secret, and seeds under its seed.
class Naming {
 public:
  Naming(Text secret, Text seed);

  // The reference of `kind:id`, in hex digits.
  void reference(Text named, char (&out)[kRefDigits]) const;
  // A hash of caller, reference and request id, then the reference masked with a hash of that. False: no reference.
  bool request_key(Text caller, Text ref, Text request_id, char (&out)[kKeyDigits]) const;
  uint64_t seed_of(Text request_key) const;

 private:
  Blake2 customer_, request_, mask_, seed_;
};

// A number in base 32 with leading zeros.
void put_base32(char *out, size_t digits, uint64_t number);

// The type `Names(secret, seed key)`; null with an exception.
PyObject *names_type();

// What a `Names` names with. Whether it is one is the caller's to know: `is_names`.
const Naming &naming_of(PyObject *names);
bool is_names(PyObject *object);

}  // namespace express
