"""The live comparison of a rollout reads each decision's arm from the journal."""

from __future__ import annotations

from dataclasses import replace

from nba_models.definition import Label
from nba_server.domain.rollout import Rollout
from nba_server.pb import journal_pb2
from nba_training.live_arms import LiveArms
from tests.unit.training.world import DAY_MS, START_MS, Item, Known, ListSource, decision, outcome

ROLLOUT = Rollout("new", "old", 0.25, 2, START_MS, START_MS)


def made(customer: int, model: str, *, arm: tuple[str, float, bool] | None = None, at_ms: int = START_MS) -> Item:
    """A decision by a model, with an arm or none."""
    item = decision(f"d{customer}", ["alpha"], at_ms, customer)
    item.entry.decision.model_version = model
    if arm is not None:
        challenger, share, challenged = arm
        item.entry.decision.arm.CopyFrom(
            journal_pb2.ArmEntry(challenger=challenger, share=share, challenged=challenged)
        )
    return item


def arms(items: list[Item], rollout: Rollout = ROLLOUT) -> LiveArms:
    """The comparison, long after all windows have closed."""
    found = LiveArms(Known(), Label(), START_MS + 9 * DAY_MS, rollout)
    found.collect(ListSource(items))
    return found


def test_journaled_arms_decide() -> None:
    """Decisions count for the arm that the journal names; those without an arm, of another share or rollout count for none."""
    items = [
        made(1, "new", arm=("new", 0.25, True)),
        made(2, "old+abc", arm=("new", 0.25, False)),
        made(3, "old+abc", arm=("new", 0.25, False)),
        made(4, "old"),  # a process that had not loaded the challenger
        made(5, "new", arm=("new", 0.05, True)),  # of the stage before
        made(6, "old", arm=("newer", 0.25, False)),
        outcome("d1:alpha", "clicked", START_MS + 1000, 1),
    ]
    found = arms(items)
    challenger, champion = found.arm(challenged=True), found.arm(challenged=False)
    assert (challenger.decisions, champion.decisions) == (1, 2)
    assert (challenger.reward.value, champion.reward.value) == (1.0, 0.0)


def test_without_arms_the_model_tells() -> None:
    """Decisions of servers that journaled no arms are told apart by their model; the priors are a champion too."""
    items = [made(1, "new"), made(2, "prior-1234"), made(3, "other")]
    found = arms(items, replace(ROLLOUT, champion=""))
    assert (found.arm(challenged=True).decisions, found.arm(challenged=False).decisions) == (1, 1)
