// The extension module `_lane`: a `Lane` holds the tables of one catalogue and one model, and decides batches of requests.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "asking.h"
#include "desk.h"
#include "leaves.h"
#include "names.h"
#include "objects.h"
#include "sheet.h"
#include "state.h"
#include "watch.h"

namespace {

using namespace express;

// What tables.py, shapes.py and lane.py give and get. It is raised with them, so that an old binary is not taken for a new one.
constexpr int kForm = 7;

// (meta, ledger, suppressions, entry, answer), the policy's actions, and how many actions each stage removed.
PyObject *result(const State &state) {
  const Decision &decision = state.decision;
  Py_ssize_t shown = decision.shown();
  PyObject *actions = PyTuple_New(shown), *removed = PyTuple_New(kStages);
  if (!actions || !removed) {
    Py_XDECREF(actions);
    Py_XDECREF(removed);
    return nullptr;
  }
  for (Py_ssize_t i = 0; i < shown; ++i)
    PyTuple_SET_ITEM(actions, i, PyLong_FromSize_t(decision.action_of(decision.picks[static_cast<size_t>(i)])));
  for (int stage = 0; stage < kStages; ++stage) PyTuple_SET_ITEM(removed, stage, PyLong_FromLong(decision.removed[stage]));
  const Commit &commit = state.commit;
  return Py_BuildValue("((NNNNN)NN)", bytes(commit.meta), bytes(commit.ledger), bytes(std::string()), bytes(commit.entry),
                       bytes(commit.answer), actions, removed);
}

enum Asked { kRequest, kClaim, kSeed, kStored, kNow, kDecisionId, kAttempt, kLatest };
enum Claim { kWho, kHome, kCaller, kRequestKey, kFingerprint, kAnonymous };
constexpr Py_ssize_t kRef = 0, kValues = 0, kRequestId = 5;

// One item: (shape, what is asked, arm, (hour, weekday, month), context, request, weights). `arm` is encoded; `context` and
// `request` are empty for a request without live context.
PyObject *decide_one(State &state, PyObject *item) {
  int64_t shape = integer(field(item, 0));
  if (shape < 0 || shape >= static_cast<int64_t>(state.shapes.size())) throw Unfit{};
  PyObject *asked = field(item, 1), *claim = field(asked, kClaim);
  Records records = records_of(field(field(asked, kStored), kValues));
  Given given;
  given.decision_id = words(field(asked, kDecisionId));
  given.asked = words(field(field(claim, kWho), kRef));
  given.home = words(field(field(claim, kHome), kRef));
  given.fingerprint = words(field(claim, kFingerprint));
  given.attempt = words(field(asked, kAttempt));
  given.caller = words(field(claim, kCaller));
  given.request_id = words(field(field(asked, kRequest), kRequestId));
  given.seed = PyLong_AsUnsignedLongLong(field(asked, kSeed));
  if (PyErr_Occurred()) {
    PyErr_Clear();
    throw Unfit{};
  }
  Moment moment;
  moment.now_ms = integer(field(asked, kNow));
  given.latest_ms = integer(field(asked, kLatest));
  given.anonymous = integer(field(claim, kAnonymous)) != 0;
  given.arm = bytes_or_none(field(item, 2));
  PyObject *local = field(item, 3);
  if (moment.now_ms <= 0 || moment.now_ms > kLatestMoment || given.latest_ms > kLatestMoment) throw Unfit{};
  moment.hour = static_cast<int32_t>(integer(field(local, 0)));
  moment.weekday = static_cast<int32_t>(integer(field(local, 1)));
  moment.month = static_cast<int32_t>(integer(field(local, 2)));
  records.context = bytes_or_none(field(item, 4));
  given.request = bytes_or_none(field(item, 5));
  PyObject *met = field(item, 6);
  std::vector<int32_t> weights;
  for (Py_ssize_t i = 0; PyTuple_Check(met) && i < PyTuple_GET_SIZE(met); ++i) {
    int64_t weight = integer(PyTuple_GET_ITEM(met, i));
    if (weight < 0 || weight >= static_cast<int64_t>(state.tables.context_weights.size())) throw Unfit{};
    weights.push_back(static_cast<int32_t>(weight));
  }
  const Shape &chosen = *state.shapes[static_cast<size_t>(shape)];
  state.decision.make(chosen, records, moment, given.seed, weights);
  encode(state.commit, state.decision, state.tables, chosen, records, given);
  PyObject *made = result(state);
  watch.end(Phase::Codec);
  return made;
}

PyObject *lane_decide(PyObject *self, PyObject *items) {
  State &state = *reinterpret_cast<Lane *>(self)->state;
  if (!PyList_Check(items)) {
    PyErr_SetString(PyExc_TypeError, "decide() takes a list");
    return nullptr;
  }
  Py_ssize_t size = PyList_GET_SIZE(items);
  PyObject *results = PyList_New(size);
  for (Py_ssize_t i = 0; results && i < size; ++i) {
    PyObject *made = guarded([&] {
      try {
        return decide_one(state, PyList_GET_ITEM(items, i));
      } catch (const Unfit &) {  // for Python
        return Py_NewRef(Py_None);
      }
    });
    if (!made) {
      Py_DECREF(results);
      return nullptr;
    }
    PyList_SET_ITEM(results, i, made);
  }
  return results;
}

PyObject *lane_shape(PyObject *self, PyObject *spec) {
  State &state = *reinterpret_cast<Lane *>(self)->state;
  return guarded([&] {
    state.shapes.push_back(std::make_unique<Shape>(read_shape(spec, state.tables)));
    return PyLong_FromSize_t(state.shapes.size() - 1);
  });
}

PyObject *lane_new(PyTypeObject *type, PyObject *arguments, PyObject *) {
  PyObject *spec;
  if (!PyArg_ParseTuple(arguments, "O", &spec)) return nullptr;
  return guarded([&]() -> PyObject * {
    auto state = std::make_unique<State>(read_tables(spec));
    Lane *self = reinterpret_cast<Lane *>(type->tp_alloc(type, 0));
    if (self) self->state = state.release();
    return reinterpret_cast<PyObject *>(self);
  });
}

PyMethodDef kMethods[] = {
    {"shape", lane_shape, METH_O, "Takes in a shape of requests; gives its number."},
    {"decide", lane_decide, METH_O, "Decides a list of items; None for those that Python must decide."},
    {"sheet", sheet_of, METH_VARARGS, "The common ones among commands, from what is asked to what is answered; see sheet.h."},
    {nullptr, nullptr, 0, nullptr},
};

PyType_Slot kSlots[] = {
    {Py_tp_new, reinterpret_cast<void *>(lane_new)},
    {Py_tp_dealloc, reinterpret_cast<void *>(freed<Lane, &Lane::state>)},
    {Py_tp_methods, kMethods},
    {Py_tp_doc, const_cast<char *>("The tables of one catalogue and one model, and the decisions that are made with them.")},
    {0, nullptr},
};

PyType_Spec kLane = {"nba_server.adapters.express._lane.Lane", sizeof(Lane), 0, Py_TPFLAGS_DEFAULT, kSlots};

// Begins to measure how long the phases of decisions take.
PyObject *watch_begin(PyObject *, PyObject *) {
  watch = Watch{};
  watch.on = true;
  Py_RETURN_NONE;
}

// Seconds by phase since then.
PyObject *watch_told(PyObject *, PyObject *) {
  const double *told = watch.seconds;
  return Py_BuildValue("{sdsdsdsdsd}", "read", told[0], "rules", told[1], "score", told[2], "arbitrate", told[3], "codec", told[4]);
}

PyObject *be_wide(PyObject *, PyObject *allowed) {
  int truth = PyObject_IsTrue(allowed);
  if (truth < 0) return nullptr;
  allow_wide(truth != 0);
  return PyBool_FromLong(is_wide());
}

PyMethodDef kFunctions[] = {
    {"asked", asked, METH_VARARGS, "The command of a request as it comes off the wire, where it is like known ones; see asking.h."},
    {"wide", be_wide, METH_O, "Allows eight candidates to be scored at once, or forbids it; whether they are."},
    {"watch", watch_begin, METH_NOARGS, "Begins to measure how long the phases of decisions take."},
    {"watched", watch_told, METH_NOARGS, "Seconds by phase since then."},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef kModule = {PyModuleDef_HEAD_INIT, "_lane", "The express lane's compiled part.", -1, kFunctions,
                       nullptr, nullptr, nullptr, nullptr};

bool little_endian() {
  uint16_t number = 1;
  char first;
  std::memcpy(&first, &number, 1);
  return first == 1;
}

}  // namespace

PyMODINIT_FUNC PyInit__lane() {
  if (!little_endian()) {
    PyErr_SetString(PyExc_ImportError, "the express lane needs a little-endian machine");
    return nullptr;
  }
  PyObject *module = PyModule_Create(&kModule);
  if (!module) return nullptr;
  PyObject *lane = PyType_FromSpec(&kLane), *names = names_type(), *desk = desk_type();
  bool made = lane && names && desk && sheet_ready() && PyModule_AddIntConstant(module, "FORM", kForm) == 0 &&
              PyModule_AddObjectRef(module, "Lane", lane) == 0 && PyModule_AddObjectRef(module, "Names", names) == 0 &&
              PyModule_AddObjectRef(module, "Desk", desk) == 0;
  Py_XDECREF(lane);
  Py_XDECREF(names);
  Py_XDECREF(desk);
  if (!made) {
    Py_DECREF(module);
    return nullptr;
  }
  return module;
}
