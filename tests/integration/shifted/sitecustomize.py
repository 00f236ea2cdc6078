"""Put before everything else on a process's path, this shifts its wall clock by SHIFT_SECONDS, from the first import on.

Only what is asked through Python is shifted; an architecture test sees to it that nobody asks in another way.
"""

import os
import time
from types import SimpleNamespace

_SHIFT_NS = int(float(os.environ.get("SHIFT_SECONDS", "0")) * 1e9)
_real_ns, _real_gettime_ns = time.time_ns, time.clock_gettime_ns


def _time_ns():
    return _real_ns() + _SHIFT_NS


def _clock_gettime_ns(clock):
    return _real_gettime_ns(clock) + (_SHIFT_NS if clock == time.CLOCK_REALTIME else 0)


if _SHIFT_NS:
    time.time_ns = _time_ns
    time.time = lambda: _time_ns() / 1e9
    time.clock_gettime_ns = _clock_gettime_ns
    time.clock_gettime = lambda clock: _clock_gettime_ns(clock) / 1e9

    # gRPC's core is asked for nothing: it has the machine's clock, and what Python lies around it must not have another
    from grpc._cython import cygrpc

    cygrpc.time = SimpleNamespace(time=lambda: _real_ns() / 1e9)
