"""The descriptors of all methods that are served, found by the names in the table of scopes."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor

from nba_server import pb

Methods = Mapping[str, MethodDescriptor]
"""Full method name, as in `/nba.v1.DecisionService/Decide`, -> its descriptor."""


def method_descriptors(names: Iterable[str]) -> Methods:
    """A descriptor for each full method name. Raises `KeyError` for a name that no proto file has."""
    for module in pkgutil.iter_modules(pb.__path__):
        if module.name.endswith("_pb2"):
            importlib.import_module(f"{pb.__name__}.{module.name}")
    pool = descriptor_pool.Default()
    return {name: pool.FindMethodByName(name.removeprefix("/").replace("/", ".")) for name in names}
