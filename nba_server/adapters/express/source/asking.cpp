#include "asking.h"

#include <string>

#include "objects.h"

namespace express {

namespace {

enum Field : uint64_t { kCustomerId = 1, kVisitorId = 2, kChannel = 3, kPlacements = 4, kRequestId = 6 };
constexpr unsigned kDelimited = 2;

// A place in a message of protobuf's.
class Wire {
 public:
  explicit Wire(Text message) : left_(message) {}
  bool done() const { return left_.empty(); }

  uint64_t varint() {
    uint64_t found = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (left_.empty()) throw Unfit{};
      auto byte = static_cast<unsigned char>(left_.front());
      left_.remove_prefix(1);
      found |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return found;
    }
    throw Unfit{};
  }

  Text text() {
    uint64_t size = varint();
    if (size > left_.size()) throw Unfit{};
    Text found = left_.substr(0, static_cast<size_t>(size));
    left_.remove_prefix(found.size());
    return found;
  }

 private:
  Text left_;
};

struct Request {
  Text customer_id, visitor_id, request_id;
  std::string shape;  // channel and placements, as they are written
};

void set_once(Text &field, Text value) {
  if (field.data()) throw Unfit{};
  field = value;
}

// Throws `Unfit` for whatever has more than ids, a channel and placements, and for what is no request.
Request read(Text message) {
  Request found;
  bool channel = false;
  for (Wire wire(message); !wire.done();) {
    uint64_t tag = wire.varint();
    if ((tag & 7) != kDelimited) throw Unfit{};
    Text value = wire.text();
    switch (tag >> 3) {
      case kCustomerId: set_once(found.customer_id, value); break;
      case kVisitorId: set_once(found.visitor_id, value); break;
      case kRequestId: set_once(found.request_id, value); break;
      case kChannel:
        if (channel) throw Unfit{};
        channel = true;
        [[fallthrough]];
      case kPlacements:
        put_varint(found.shape, tag);
        put_varint(found.shape, value.size());
        found.shape.append(value);
        break;
      default: throw Unfit{};
    }
  }
  return found;
}

// Null, and no exception, for what is no text: protobuf says what is wrong with it.
PyObject *decoded(Text text) {
  PyObject *made = PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "strict");
  if (!made && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) PyErr_Clear();
  return made;
}

PyObject *command_of(const Request &request, PyObject *caller, PyObject *shape, PyObject *types) {
  auto *command = reinterpret_cast<PyTypeObject *>(field(types, 0)), *asked = reinterpret_cast<PyTypeObject *>(field(types, 1));
  PyObject *nothing = field(types, 2);  // the context of a request without one
  PyObject *channel = field(shape, 0), *placements = field(shape, 1);
  return named(command, {named(asked, {decoded(request.customer_id), decoded(request.visitor_id), Py_NewRef(channel),
                                       Py_NewRef(placements), Py_NewRef(nothing), decoded(request.request_id), PyTuple_New(0),
                                       Py_NewRef(Py_False), string({}), Py_NewRef(Py_False), PyLong_FromLong(0)}),
                         Py_NewRef(caller), string({})});
}

}  // namespace

PyObject *asked(PyObject *, PyObject *arguments) {
  PyObject *data, *caller, *known, *types;
  if (!PyArg_ParseTuple(arguments, "SUO!O!", &data, &caller, &PyDict_Type, &known, &PyTuple_Type, &types)) return nullptr;
  return guarded([&]() -> PyObject * {
    try {
      Request request = read(bytes_or_none(data));
      PyObject *key = bytes(request.shape);
      PyObject *shape = key ? PyDict_GetItemWithError(known, key) : nullptr;
      if (!shape) return PyErr_Occurred() ? nullptr : key;
      Py_DECREF(key);
      PyObject *command = command_of(request, caller, shape, types);
      return command || PyErr_Occurred() ? command : Py_NewRef(Py_None);
    } catch (const Unfit &) {
      Py_RETURN_NONE;
    }
  });
}

}  // namespace express
