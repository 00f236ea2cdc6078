"""What operators see and change: catalogues and models."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

import pytest

from nba_server.application.catalogs import Catalogs
from nba_server.application.models import Models
from nba_server.domain.cap import Cap, CapUse
from nba_server.errors import InvalidArgument, NotFound
from tests.fakes import FakeCatalogs, FakeModels
from tests.unit.application.shop import shop


class NoCaps:
    """Caps of which nothing is used."""

    async def uses(self, caps: Sequence[Cap], zone: tzinfo) -> tuple[int, tuple[CapUse, ...]]:
        """At one second."""
        return 1_000, tuple(CapUse(cap, cap.period(1_000, zone), 0, 0) for cap in caps)


async def test_the_live_catalogue_is_told_with_its_age() -> None:
    """Age is told by this machine's clock and is never negative; a refused change is named."""
    provider = FakeCatalogs(shop(), live_since_ms=1_000, refused="actions.yaml:3:1: broken")
    live = await Catalogs(catalogs=provider, caps=NoCaps(), wall_ms=lambda: 3_500).get()
    assert (live.snapshot.hash, live.snapshot.live, live.age_s) == ("shop-1", True, 2.5)
    assert live.refused == "actions.yaml:3:1: broken"
    assert (await Catalogs(catalogs=provider, caps=NoCaps(), wall_ms=lambda: 0).get()).age_s == 0


async def test_a_catalogue_is_rolled_back() -> None:
    """The one before becomes live; an unknown one is refused; a reload without a change says so."""
    provider = FakeCatalogs(shop(), [shop(hash_="shop-0")])
    catalogs = Catalogs(catalogs=provider, caps=NoCaps(), wall_ms=lambda: 0)
    assert (await catalogs.rollback("")).snapshot.hash == "shop-0"
    with pytest.raises(NotFound):
        await catalogs.rollback("shop-9")
    assert [info.hash for info in await catalogs.list()] == ["shop-0", "shop-1"]
    assert (await catalogs.reload())[1] is False


async def test_a_model_is_found_by_name_or_as_the_live_one() -> None:
    """An empty version means the live one; an unknown one is refused with a near name."""
    models = Models(models=FakeModels())
    assert (await models.get(""))[0].version == "prior"
    with pytest.raises(NotFound, match="did you mean `prior`"):
        await models.get("prio")
    with pytest.raises(InvalidArgument):
        await models.promote("", "note")
    live = await models.promote("prior", "note")
    assert live is not None
    assert live.live
