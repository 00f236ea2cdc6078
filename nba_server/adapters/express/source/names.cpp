#include "names.h"

#include <new>
#include <string>

#include "blake2.h"

namespace express {

namespace {

constexpr size_t kRefBytes = 16, kHashBytes = 10, kSeedBytes = 8, kHashDigits = 16, kRefDigits = 26;
constexpr char kLetters[] = "0123456789abcdefghjkmnpqrstvwxyz", kHex[] = "0123456789abcdef";

struct Keys {
  std::string secret, seed;
};

struct Names {
  PyObject_HEAD
  Keys *keys;
};

// The text of an argument; an empty view with a null pointer and an exception for anything else.
Text text_of(PyObject *object) {
  Py_ssize_t size;
  const char *raw = PyUnicode_AsUTF8AndSize(object, &size);
  return raw ? Text(raw, static_cast<size_t>(size)) : Text();
}

void put_length(std::string &out, size_t size) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift & 0xFF));
}

// Big-endian bytes in base 32, with leading zeros.
void put_base32(char *out, size_t digits, const unsigned char *bytes, size_t size) {
  for (size_t digit = 0; digit < digits; ++digit) {
    size_t from = 5 * digit, place = size - 1 - from / 8, shift = from % 8;  // of the digit from behind
    unsigned value = from / 8 < size ? bytes[place] >> shift : 0;
    if (shift > 3 && place > 0 && from / 8 < size) value |= static_cast<unsigned>(bytes[place - 1]) << (8 - shift);
    out[digits - 1 - digit] = kLetters[value & 31];
  }
}

int nibble(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

// The reference of `kind:id`: 32 hex digits.
PyObject *names_reference(PyObject *self, PyObject *named) {
  Text text = text_of(named);
  if (!text.data()) return nullptr;
  unsigned char digest[kRefBytes];
  blake2b(digest, kRefBytes, text, reinterpret_cast<Names *>(self)->keys->secret, "customer");
  char out[2 * kRefBytes];
  for (size_t i = 0; i < kRefBytes; ++i) {
    out[2 * i] = kHex[digest[i] >> 4];
    out[2 * i + 1] = kHex[digest[i] & 15];
  }
  return PyUnicode_FromStringAndSize(out, sizeof out);
}

// A hash of caller, reference and request id, then the reference masked with a hash of that.
PyObject *names_request_key(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
  if (count != 3) {
    PyErr_SetString(PyExc_TypeError, "request_key() takes caller, reference and request id");
    return nullptr;
  }
  const Keys &keys = *reinterpret_cast<Names *>(self)->keys;
  std::string name;
  for (Py_ssize_t i = 0; i < 3; ++i) {
    Text text = text_of(arguments[i]);
    if (!text.data()) return nullptr;
    put_length(name, text.size());
    name.append(text);
  }
  Text ref = text_of(arguments[1]);
  if (ref.size() != 2 * kRefBytes) {
    PyErr_SetString(PyExc_ValueError, "a reference has 32 hex digits");
    return nullptr;
  }
  unsigned char hashed[kHashBytes], masked[kRefBytes];
  char out[kHashDigits + kRefDigits];
  blake2b(hashed, kHashBytes, name, keys.secret, "request");
  put_base32(out, kHashDigits, hashed, kHashBytes);
  blake2b(masked, kRefBytes, Text(out, kHashDigits), keys.secret, "mask");
  for (size_t i = 0; i < kRefBytes; ++i) {
    int high = nibble(ref[2 * i]), low = nibble(ref[2 * i + 1]);
    if (high < 0 || low < 0) {
      PyErr_SetString(PyExc_ValueError, "a reference has 32 hex digits");
      return nullptr;
    }
    masked[i] ^= static_cast<unsigned char>(high << 4 | low);
  }
  put_base32(out + kHashDigits, kRefDigits, masked, kRefBytes);
  return PyUnicode_FromStringAndSize(out, sizeof out);
}

PyObject *names_seed(PyObject *self, PyObject *key) {
  Text text = text_of(key);
  if (!text.data()) return nullptr;
  unsigned char digest[kSeedBytes];
  blake2b(digest, kSeedBytes, text, reinterpret_cast<Names *>(self)->keys->seed);
  uint64_t found = 0;
  for (unsigned char byte : digest) found = found << 8 | byte;
  return PyLong_FromUnsignedLongLong(found);
}

PyObject *names_new(PyTypeObject *type, PyObject *arguments, PyObject *) {
  const char *secret, *seed;
  Py_ssize_t secret_size, seed_size;
  if (!PyArg_ParseTuple(arguments, "y#y#", &secret, &secret_size, &seed, &seed_size)) return nullptr;
  if (secret_size > 64 || seed_size > 64) {
    PyErr_SetString(PyExc_ValueError, "a key has 64 bytes at the most");
    return nullptr;
  }
  Names *self = reinterpret_cast<Names *>(type->tp_alloc(type, 0));
  if (!self) return nullptr;
  self->keys = new (std::nothrow) Keys{std::string(secret, static_cast<size_t>(secret_size)),
                                       std::string(seed, static_cast<size_t>(seed_size))};
  if (!self->keys) {
    Py_DECREF(self);
    return PyErr_NoMemory();
  }
  return reinterpret_cast<PyObject *>(self);
}

void names_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  delete reinterpret_cast<Names *>(self)->keys;
  type->tp_free(self);
  Py_DECREF(type);
}

PyMethodDef kMethods[] = {
    {"reference", names_reference, METH_O, "The reference of `kind:id`."},
    {"request_key", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(names_request_key)), METH_FASTCALL,
     "The key of (caller, reference, request id)."},
    {"seed", names_seed, METH_O, "The seed of a request key."},
    {nullptr, nullptr, 0, nullptr},
};

PyType_Slot kSlots[] = {
    {Py_tp_new, reinterpret_cast<void *>(names_new)},
    {Py_tp_dealloc, reinterpret_cast<void *>(names_dealloc)},
    {Py_tp_methods, kMethods},
    {Py_tp_doc, const_cast<char *>("Names under a store's secret, and seeds under its seed.")},
    {0, nullptr},
};

PyType_Spec kNames = {"nba_server.adapters.express._lane.Names", sizeof(Names), 0, Py_TPFLAGS_DEFAULT, kSlots};

}  // namespace

PyObject *names_type() { return PyType_FromSpec(&kNames); }

}  // namespace express
