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

__all__ = ["CatalogFaulty", "CompiledFolder", "compile_folder", "compile_snapshot", "compile_text"]
