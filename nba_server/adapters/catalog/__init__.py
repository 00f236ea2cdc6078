"""The catalogue as code: YAML folders in, compiled catalogues and canonical snapshots out. Knows files, CEL and the store's
snapshots; it does not know the transport.
"""

from __future__ import annotations

from nba_server.adapters.catalog.compiling import (
    CatalogFaulty,
    CompiledFolder,
    compile_folder,
    compile_snapshot,
    compile_text,
)
from nba_server.adapters.catalog.watcher import CatalogWatcher

__all__ = ["CatalogFaulty", "CatalogWatcher", "CompiledFolder", "compile_folder", "compile_snapshot", "compile_text"]
