#include "sheet.h"

#include <algorithm>

#include "batch.h"
#include "objects.h"

namespace express {

namespace {

struct Sheet {
  PyObject_HEAD
  SheetState *state;
};

PyTypeObject *sheet_type = nullptr;

SheetState &of(PyObject *self) { return *reinterpret_cast<Sheet *>(self)->state; }

bool holds(PyObject *places, Py_ssize_t place) {
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(places); ++i)
    if (integer(PyTuple_GET_ITEM(places, i)) == place) return true;
  return false;
}

// ---- what is answered

PyObject *relies_of(const SheetState &sheet, const One &one) {
  PyObject *who = named(sheet.common.reference, {string(Text(one.ref, kRefDigits)), PyLong_FromUnsignedLong(one.bucket)});
  return named(sheet.common.attempt, {who, string(Text(one.key, kKeyDigits)), string(one.attempt)});
}

// (answer, decision id, repeated, decision, picks taken, attempts, who relies on it, decision of the lane's).
PyObject *result_of(const SheetState &sheet, const One &one) {
  return named(sheet.common.result,
               {bytes(one.answer), string(one.decision_id), Py_NewRef(Py_False), Py_NewRef(Py_None),
                Py_NewRef(sheet.common.firsts[one.shown]), PyLong_FromLong(1), relies_of(sheet, one), Py_NewRef(Py_None)});
}

bool is_reserved(PyObject *reply) {
  if (!PyList_Check(reply) || PyList_GET_SIZE(reply) != 1) return false;
  PyObject *status = PyList_GET_ITEM(reply, 0);
  return PyBytes_Check(status) && Text(PyBytes_AS_STRING(status), static_cast<size_t>(PyBytes_GET_SIZE(status))) == "reserved";
}

// ---- the methods

PyObject *sheet_places(PyObject *self, PyObject *) {
  const auto &ones = of(self).ones;
  PyObject *found = PyList_New(static_cast<Py_ssize_t>(ones.size()));
  for (size_t i = 0; found && i < ones.size(); ++i)
    PyList_SET_ITEM(found, static_cast<Py_ssize_t>(i), PyLong_FromSsize_t(ones[i].place));
  return found;
}

PyObject *sheet_reads(PyObject *self, PyObject *) {
  return guarded([&] { return bytes(reads_of(of(self))); });
}

// decide(records, now, latest, (hour, weekday, month), places that nobody waits for): (commands, how many), none where nothing is
// to be committed. Records are those of `reads`, in order.
PyObject *sheet_decide(PyObject *self, PyObject *arguments) {
  PyObject *found, *local, *unwanted;
  Moment moment;
  long long now_ms, latest_ms;
  if (!PyArg_ParseTuple(arguments, "O!LLO!O!", &PyList_Type, &found, &now_ms, &latest_ms, &PyTuple_Type, &local, &PyTuple_Type,
                        &unwanted))
    return nullptr;
  return guarded([&]() -> PyObject * {
    SheetState &sheet = of(self);
    if (now_ms <= 0 || now_ms > kLatestMoment || latest_ms > kLatestMoment || sheet.calls ||
        PyList_GET_SIZE(found) < static_cast<Py_ssize_t>(sheet.ones.size()))
      throw Unfit{};
    moment.now_ms = now_ms;
    moment.hour = static_cast<int32_t>(integer(field(local, 0)));
    moment.weekday = static_cast<int32_t>(integer(field(local, 1)));
    moment.month = static_cast<int32_t>(integer(field(local, 2)));
    Calls calls(sheet);
    for (size_t i = 0; i < sheet.ones.size(); ++i) {
      One &one = sheet.ones[i];
      if (PyTuple_GET_SIZE(unwanted) && holds(unwanted, one.place)) continue;
      size_t before = calls.arguments().size();
      try {
        decide(sheet, one, PyList_GET_ITEM(found, static_cast<Py_ssize_t>(i)), moment, latest_ms, calls.arguments());
        if (one.shown >= sheet.common.firsts.size()) throw Unfit{};
        calls.add(one);
      } catch (const Unfit &) {
        calls.arguments().resize(before);
        one.call = -1;
      }
    }
    const std::string &out = calls.end();
    sheet.calls = calls.size();
    if (!sheet.calls) Py_RETURN_NONE;
    return Py_BuildValue("Nn", bytes(out), static_cast<Py_ssize_t>(sheet.calls));
  });
}

// settle(replies): for each of `places` the result, what else the store said of it, or None where it was not asked.
PyObject *sheet_settle(PyObject *self, PyObject *replies) {
  return guarded([&]() -> PyObject * {
    SheetState &sheet = of(self);
    if (!PyList_Check(replies) || PyList_GET_SIZE(replies) != static_cast<Py_ssize_t>(sheet.calls)) throw Unfit{};
    PyObject *found = PyList_New(static_cast<Py_ssize_t>(sheet.ones.size()));
    if (!found) return nullptr;
    int32_t call = -1;
    Py_ssize_t within = 0;
    for (size_t i = 0; i < sheet.ones.size(); ++i) {
      One &one = sheet.ones[i];
      PyObject *told = Py_NewRef(Py_None);
      if (one.call >= 0) {
        within = one.call == call ? within + 1 : 0;
        call = one.call;
        PyObject *reply = PyList_GET_ITEM(replies, call);
        if (PyList_Check(reply) && within < PyList_GET_SIZE(reply)) reply = PyList_GET_ITEM(reply, within);
        one.reserved = is_reserved(reply);
        Py_SETREF(told, one.reserved ? result_of(sheet, one) : Py_NewRef(reply));
      }
      if (!told) {
        Py_DECREF(found);
        return nullptr;
      }
      PyList_SET_ITEM(found, static_cast<Py_ssize_t>(i), told);
    }
    return found;
  });
}

// relies(n): what the n-th of `places` is released by.
PyObject *sheet_relies(PyObject *self, PyObject *number) {
  return guarded([&]() -> PyObject * {
    const SheetState &sheet = of(self);
    int64_t place = integer(number);
    if (place < 0 || place >= static_cast<int64_t>(sheet.ones.size())) throw Unfit{};
    return relies_of(sheet, sheet.ones[static_cast<size_t>(place)]);
  });
}

// told(): how many offers were reserved, by the numbers of their shapes, and how many actions each stage removed for them.
PyObject *sheet_told(PyObject *self, PyObject *) {
  return guarded([&]() -> PyObject * {
    const SheetState &sheet = of(self);
    std::vector<std::pair<int32_t, long>> shapes;
    long sums[kStages] = {};
    for (const One &one : sheet.ones) {
      if (!one.reserved) continue;
      auto found = std::find_if(shapes.begin(), shapes.end(), [&](const auto &known) { return known.first == one.shape_number; });
      if (found == shapes.end())
        shapes.emplace_back(one.shape_number, 1);
      else
        ++found->second;
      for (int stage = 0; stage < kStages; ++stage) sums[stage] += one.removed[stage];
    }
    PyObject *times = PyDict_New(), *removed = PyList_New(kStages);
    for (int stage = 0; removed && stage < kStages; ++stage) PyList_SET_ITEM(removed, stage, PyLong_FromLong(sums[stage]));
    for (const auto &[shape, number] : shapes) {
      PyObject *key = PyLong_FromLong(shape), *value = PyLong_FromLong(number);
      if (times && key && value && PyDict_SetItem(times, key, value) < 0) Py_CLEAR(times);
      Py_XDECREF(key);
      Py_XDECREF(value);
    }
    if (times && removed) return Py_BuildValue("NN", times, removed);
    Py_XDECREF(times);
    Py_XDECREF(removed);
    return nullptr;
  });
}

PyMethodDef kMethods[] = {
    {"places", sheet_places, METH_NOARGS, "The places of its decisions among the commands."},
    {"reads", sheet_reads, METH_NOARGS, "The commands that read their customers, and the time behind them."},
    {"decide", sheet_decide, METH_VARARGS, "Decides on what was read; gives the commands that commit it."},
    {"settle", sheet_settle, METH_O, "What became of each, by what the store replied."},
    {"relies", sheet_relies, METH_O, "What one of them is released by."},
    {"told", sheet_told, METH_NOARGS, "What there is to count."},
    {nullptr, nullptr, 0, nullptr},
};

PyType_Slot kSlots[] = {
    {Py_tp_dealloc, reinterpret_cast<void *>(freed<Sheet, &Sheet::state>)},
    {Py_tp_methods, kMethods},
    {Py_tp_doc, const_cast<char *>("The common decisions of one batch.")},
    {0, nullptr},
};

PyType_Spec kSheet = {"nba_server.adapters.express._lane.Sheet", sizeof(Sheet), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, kSlots};

}  // namespace

PyObject *sheet_of(PyObject *lane, PyObject *arguments) {
  PyObject *desk, *commands, *known;
  if (!PyArg_ParseTuple(arguments, "OO!O!", &desk, &PyList_Type, &commands, &PyDict_Type, &known)) return nullptr;
  DeskState *common = desk_of(desk);
  if (!common) return nullptr;
  Sheet *self = reinterpret_cast<Sheet *>(sheet_type->tp_alloc(sheet_type, 0));
  if (!self) return nullptr;
  PyObject *made = guarded([&]() -> PyObject * {
    self->state = new SheetState(lane, desk, known, *reinterpret_cast<Lane *>(lane)->state, *common);
    SheetState &sheet = *self->state;
    sheet.ones.reserve(static_cast<size_t>(PyList_GET_SIZE(commands)));
    for (Py_ssize_t place = 0; place < PyList_GET_SIZE(commands); ++place) {
      try {
        take(sheet, PyList_GET_ITEM(commands, place), place);
      } catch (const Unfit &) {  // for the ordinary path
      }
    }
    return sheet.ones.empty() ? Py_NewRef(Py_None) : Py_NewRef(reinterpret_cast<PyObject *>(self));
  });
  Py_DECREF(self);
  return made;
}

bool sheet_ready() {
  if (!sheet_type) sheet_type = reinterpret_cast<PyTypeObject *>(PyType_FromSpec(&kSheet));
  return sheet_type != nullptr;
}

}  // namespace express
