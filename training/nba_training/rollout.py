"""Moves a challenger from shadow to 5 %, 25 % and all customers, or takes it back when the live comparison turns.

Every step is one line of the registry's audit. Reading the arms is live_arms.py's work; serving them the model watcher's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from nba_models.definition import Gates, RolloutRules
from nba_server.adapters.model_registry import ModelArtifacts, ModelRegistry
from nba_server.adapters.rollout_record import FIELD, decode_rollout, encode_rollout
from nba_server.domain.rollout import Rollout
from nba_server.errors import FailedPrecondition
from nba_training.live_arms import Arm

SHARES = (0.0, 0.05, 0.25)
"""The stages before all customers."""
_HOUR_MS = 3_600_000


class Move(StrEnum):
    """What became of a rollout at a tick."""

    NONE = "none"
    WAITING = "waiting"
    WIDENED = "widened"
    PROMOTED = "promoted"
    TAKEN_BACK = "taken back"


@dataclass(frozen=True, slots=True)
class Moved:
    """The move, of which challenger, and why in words."""

    move: Move
    version: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a rollout: the arms since it began, and what the shadows counted."""

    challenger: Arm
    champion: Arm
    shadow: Mapping[str, int]


async def running(artifacts: ModelArtifacts) -> Rollout | None:
    """The rollout that is under way."""
    found = decode_rollout((await artifacts.state()).get(FIELD, ""))
    if found is None or found.ended or found.champion != await artifacts.live():
        return None
    return found


async def begin(artifacts: ModelArtifacts, version: str, now_ms: int, *, note: str, fence: int) -> None:
    """Puts a challenger into shadow. Raises `FailedPrecondition` for a lost lease or when another rollout came first."""
    before = (await artifacts.state()).get(FIELD, "")
    rollout = Rollout(version, await artifacts.live(), SHARES[0], 0, now_ms, now_ms)
    words = f"{note}: {version} in shadow"
    if not await artifacts.mark(FIELD, encode_rollout(rollout), expected=before, note=words, fence=fence):
        raise FailedPrecondition("another rollout has begun; nothing was published", reason="STALE_FENCE")


async def advance(
    artifacts: ModelArtifacts, rules: RolloutRules, gates: Gates, seen: Seen, now_ms: int, *, fence: int
) -> Moved:
    """One tick of the rollout under way."""
    rollout = await running(artifacts)
    if rollout is None:
        return Moved(Move.NONE)
    worse = turned(seen, gates)
    if worse:
        ended = replace(rollout, ended=f"taken back: {worse}")
        await _write(artifacts, rollout, ended, f"{rollout.challenger} {ended.ended}", fence)
        return Moved(Move.TAKEN_BACK, rollout.challenger, worse)
    missing = _missing(rollout, rules, seen, now_ms)
    if missing:
        return Moved(Move.WAITING, rollout.challenger, missing)
    return await _widen(artifacts, rollout, _evidence(rollout, seen), now_ms, fence)


def turned(seen: Seen, gates: Gates) -> str:
    """Why the challenger must go: it earns less, or does more harm, than chance explains; empty when it may stay."""
    reward, harm = (seen.challenger.gap(seen.champion, what) for what in ("reward", "harm"))
    if reward.high < 0:
        return f"earns {reward.value:+.5f} [{reward.low:+.5f}, {reward.high:+.5f}] a decision against the live model"
    if harm.low > 0 or (harm.value > gates.harm_increase and seen.challenger.harm.numerator.sum() >= 5):
        return f"opt-outs and complaints {harm.value:+.5f} [{harm.low:+.5f}, {harm.high:+.5f}] a decision"
    return ""


def _missing(rollout: Rollout, rules: RolloutRules, seen: Seen, now_ms: int) -> str:
    hours = (now_ms - rollout.since_ms) / _HOUR_MS
    if hours < rules.hours:
        return f"{hours:.1f} of {rules.hours:g} hours at {_stage(rollout.share)}"
    if rollout.stage == 0:
        counted = seen.shadow.get("decisions", 0)
        return "" if counted >= min(rules.decisions, 100) else f"{counted:,} decisions scored in shadow"
    least = min(seen.challenger.decisions, seen.champion.decisions)
    return "" if least >= rules.decisions else f"{least:,} of {rules.decisions:,} mature decisions on one side"


async def _widen(artifacts: ModelArtifacts, rollout: Rollout, evidence: str, now_ms: int, fence: int) -> Moved:
    stage = rollout.stage + 1
    if stage < len(SHARES):
        wider = replace(rollout, share=SHARES[stage], stage=stage, since_ms=now_ms)
        await _write(artifacts, rollout, wider, f"{rollout.challenger} to {_stage(wider.share)}: {evidence}", fence)
        return Moved(Move.WIDENED, rollout.challenger, f"{_stage(wider.share)}: {evidence}")
    await ModelRegistry(artifacts).promote(
        rollout.challenger, f"{rollout.challenger} to all customers: {evidence}", fence=fence
    )
    await _write(artifacts, rollout, replace(rollout, share=1.0, ended="decides for all customers"), "", fence)
    return Moved(Move.PROMOTED, rollout.challenger, evidence)


async def _write(artifacts: ModelArtifacts, before: Rollout, after: Rollout, note: str, fence: int) -> None:
    expected = encode_rollout(before)
    if not await artifacts.mark(FIELD, encode_rollout(after), expected=expected, note=note, fence=fence):
        raise FailedPrecondition("the rollout was changed meanwhile; nothing was done", reason="STALE_FENCE")


def _evidence(rollout: Rollout, seen: Seen) -> str:
    if rollout.stage == 0:
        counted = max(1, seen.shadow.get("decisions", 0))
        same, micros = seen.shadow.get("same", 0) / counted, seen.shadow.get("micros", 0) / counted
        return f"{same:.0%} of {counted:,} first choices the same, {micros:,.0f} us a decision"
    gap = seen.challenger.gap(seen.champion, "reward")
    return (
        f"{gap.value:+.5f} [{gap.low:+.5f}, {gap.high:+.5f}] a decision, {seen.challenger.decisions:,} against "
        f"{seen.champion.decisions:,} decisions"
    )


def _stage(share: float) -> str:
    return f"{share:.0%} of the customers" if share else "no customer (shadow)"
