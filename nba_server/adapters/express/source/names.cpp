#include "names.h"

#include <new>
#include <string>

#include "objects.h"

namespace express {

namespace {

constexpr size_t kRefBytes = 16, kHashBytes = 10, kSeedBytes = 8, kHashDigits = 16, kMaskedDigits = 26;
constexpr char kLetters[] = "0123456789abcdefghjkmnpqrstvwxyz", kHex[] = "0123456789abcdef";
static_assert(kRefDigits == 2 * kRefBytes && kKeyDigits == kHashDigits + kMaskedDigits, "as identity.py has them");

struct Names {
  PyObject_HEAD
  Naming *naming;
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

PyObject *names_reference(PyObject *self, PyObject *named) {
  Text text = text_of(named);
  if (!text.data()) return nullptr;
  char out[kRefDigits];
  naming_of(self).reference(text, out);
  return PyUnicode_FromStringAndSize(out, sizeof out);
}

PyObject *names_request_key(PyObject *self, PyObject *const *arguments, Py_ssize_t count) {
  if (count != 3) {
    PyErr_SetString(PyExc_TypeError, "request_key() takes caller, reference and request id");
    return nullptr;
  }
  Text given[3];
  for (Py_ssize_t i = 0; i < 3; ++i) {
    given[i] = text_of(arguments[i]);
    if (!given[i].data()) return nullptr;
  }
  char out[kKeyDigits];
  if (!naming_of(self).request_key(given[0], given[1], given[2], out)) {
    PyErr_SetString(PyExc_ValueError, "a reference has 32 hex digits");
    return nullptr;
  }
  return PyUnicode_FromStringAndSize(out, sizeof out);
}

PyObject *names_seed(PyObject *self, PyObject *key) {
  Text text = text_of(key);
  if (!text.data()) return nullptr;
  return PyLong_FromUnsignedLongLong(naming_of(self).seed_of(text));
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
  self->naming = new (std::nothrow)
      Naming(Text(secret, static_cast<size_t>(secret_size)), Text(seed, static_cast<size_t>(seed_size)));
  if (!self->naming) {
    Py_DECREF(self);
    return PyErr_NoMemory();
  }
  return reinterpret_cast<PyObject *>(self);
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
    {Py_tp_dealloc, reinterpret_cast<void *>(freed<Names, &Names::naming>)},
    {Py_tp_methods, kMethods},
    {Py_tp_doc, const_cast<char *>("Names under a store's secret, and seeds under its seed.")},
    {0, nullptr},
};

PyType_Spec kNames = {"nba_server.adapters.express._lane.Names", sizeof(Names), 0, Py_TPFLAGS_DEFAULT, kSlots};

}  // namespace

Naming::Naming(Text secret, Text seed)
    : customer_(kRefBytes, secret, "customer"),
      request_(kHashBytes, secret, "request"),
      mask_(kRefBytes, secret, "mask"),
      seed_(kSeedBytes, seed) {}

void Naming::reference(Text named, char (&out)[kRefDigits]) const {
  unsigned char digest[kRefBytes];
  customer_.hash(digest, named);
  for (size_t i = 0; i < kRefBytes; ++i) {
    out[2 * i] = kHex[digest[i] >> 4];
    out[2 * i + 1] = kHex[digest[i] & 15];
  }
}

bool Naming::request_key(Text caller, Text ref, Text request_id, char (&out)[kKeyDigits]) const {
  if (ref.size() != kRefDigits) return false;
  std::string name;
  for (Text part : {caller, ref, request_id}) {
    put_length(name, part.size());
    name.append(part);
  }
  unsigned char hashed[kHashBytes], masked[kRefBytes];
  request_.hash(hashed, name);
  put_base32(out, kHashDigits, hashed, kHashBytes);
  mask_.hash(masked, Text(out, kHashDigits));
  for (size_t i = 0; i < kRefBytes; ++i) {
    int high = nibble(ref[2 * i]), low = nibble(ref[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    masked[i] ^= static_cast<unsigned char>(high << 4 | low);
  }
  put_base32(out + kHashDigits, kMaskedDigits, masked, kRefBytes);
  return true;
}

uint64_t Naming::seed_of(Text request_key) const {
  unsigned char digest[kSeedBytes];
  seed_.hash(digest, request_key);
  uint64_t found = 0;
  for (unsigned char byte : digest) found = found << 8 | byte;
  return found;
}

void put_base32(char *out, size_t digits, uint64_t number) {
  for (size_t digit = digits; digit-- > 0; number >>= 5) out[digit] = kLetters[number & 31];
}

const Naming &naming_of(PyObject *names) { return *reinterpret_cast<Names *>(names)->naming; }

bool is_names(PyObject *object) { return Py_TYPE(object)->tp_dealloc == freed<Names, &Names::naming>; }

PyObject *names_type() { return PyType_FromSpec(&kNames); }

}  // namespace express
