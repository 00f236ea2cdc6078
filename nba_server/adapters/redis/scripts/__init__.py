"""The scripts that run inside the store, loaded once."""

from __future__ import annotations

from nba_server.adapters.redis.client import Script

NOW = Script.load("clock.lua", "now.lua")
ADVANCE = Script.load("clock.lua", "advance.lua")
CREATE = Script.load("create.lua")
DECIDE = Script.load("clock.lua", "again.lua", "caps.lua", "ledger.lua", "timers.lua", "decide.lua")
RESERVE = Script.load("clock.lua", "again.lua", "reserve.lua")
REPEAT = Script.load("again.lua", "repeat.lua")
RELEASE = Script.load("clock.lua", "caps.lua", "ledger.lua", "timers.lua", "release.lua")
WRITE = Script.load("clock.lua", "caps.lua", "timers.lua", "write.lua")
POINT = Script.load("point.lua")
MARK = Script.load("mark.lua")
LEASE = Script.load("lease.lua")
EACH = Script.load("each.lua")
DUE = Script.load("clock.lua", "due.lua")
FORGET = Script.load("forget.lua")
MEMORY = Script.load("memory.lua")
REVIVE = Script.load("revive.lua")
LEND = Script.load("clock.lua", "lend.lua")
SETTLE = Script.load("settle.lua")
DEPOSIT = Script.load("caps.lua", "deposit.lua")
CLOSE = Script.load("caps.lua", "close.lua")
HOUSEHOLD = Script.load("household.lua")
ANNOUNCE = Script.load("announce.lua")
ARRIVE = Script.load("timers.lua", "arrive.lua")
DEPART = Script.load("depart.lua")
REDIRECT = Script.load("redirect.lua")
REJOIN = Script.load("rejoin.lua")
RETRACT = Script.load("retract.lua")
IDENTIFY = Script.load("clock.lua", "timers.lua", "identify.lua")
IDENTIFIED = Script.load("identified.lua")

SCAN = Script.load("scan.lua")

_CAPS = (LEND, SETTLE, DEPOSIT, CLOSE)
_MOVES = (FORGET, HOUSEHOLD, ANNOUNCE, ARRIVE, DEPART, REDIRECT, REJOIN, RETRACT)
_VISITORS = (IDENTIFY, IDENTIFIED)
ALL = (
    NOW,
    ADVANCE,
    CREATE,
    DECIDE,
    RESERVE,
    REPEAT,
    RELEASE,
    WRITE,
    POINT,
    MARK,
    LEASE,
    EACH,
    DUE,
    MEMORY,
    REVIVE,
    SCAN,
    *_CAPS,
    *_MOVES,
    *_VISITORS,
)
