"""CatalogService."""

from __future__ import annotations

from nba_server.application.catalogs import Catalogs
from nba_server.pb import catalog_pb2
from nba_server.transport.grpc.call import Call
from nba_server.transport.grpc.codec.catalog import to_caps, to_catalog_version, to_description


class CatalogServicer:
    """Tells and changes which catalogue snapshot serves."""

    def __init__(self, catalogs: Catalogs) -> None:
        self._catalogs = catalogs

    async def get_catalog(self, request: catalog_pb2.GetCatalogRequest, call: Call) -> catalog_pb2.GetCatalogResponse:
        """What serves now, and a refused change if there is one."""
        live = await self._catalogs.get()
        return catalog_pb2.GetCatalogResponse(
            live=to_catalog_version(live.snapshot), age_seconds=live.age_s, refused=live.refused
        )

    async def describe_catalog(
        self, request: catalog_pb2.DescribeCatalogRequest, call: Call
    ) -> catalog_pb2.DescribeCatalogResponse:
        """The words of what serves now."""
        return to_description(self._catalogs.described())

    async def get_caps(self, request: catalog_pb2.GetCapsRequest, call: Call) -> catalog_pb2.GetCapsResponse:
        """How far the caps of what serves are used."""
        return to_caps(*await self._catalogs.caps())

    async def reload_catalog(
        self, request: catalog_pb2.ReloadCatalogRequest, call: Call
    ) -> catalog_pb2.ReloadCatalogResponse:
        """Looks for a change now."""
        live, changed = await self._catalogs.reload()
        return catalog_pb2.ReloadCatalogResponse(live=to_catalog_version(live.snapshot), changed=changed)

    async def list_catalogs(
        self, request: catalog_pb2.ListCatalogsRequest, call: Call
    ) -> catalog_pb2.ListCatalogsResponse:
        """Snapshots of the store."""
        snapshots = await self._catalogs.list()
        return catalog_pb2.ListCatalogsResponse(catalogs=[to_catalog_version(info) for info in snapshots])

    async def rollback_catalog(
        self, request: catalog_pb2.RollbackCatalogRequest, call: Call
    ) -> catalog_pb2.RollbackCatalogResponse:
        """Makes an older snapshot live for the fleet."""
        live = await self._catalogs.rollback(request.hash)
        return catalog_pb2.RollbackCatalogResponse(live=to_catalog_version(live.snapshot))
