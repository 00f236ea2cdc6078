"""The artifact: a manifest with checksums, and the files it names. Nothing is loaded before it is verified.

A version's last part is the beginning of its manifest's SHA-256, so that even a damaged manifest is noticed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

MANIFEST = "manifest.json"
MODEL = "model.txt"
CALIBRATION = "calibration.json"
ENCODER = "encoder.json"
DEFINITION = "definition.yaml"
CANARY = "canary.json"
OWN = "own.json"
VALUE = "value.json"
NEEDED = (MODEL, CALIBRATION, ENCODER, DEFINITION, CANARY)
REPORT_JSON = "report.json"
REPORT_HTML = "report.html"
_HASH_CHARACTERS = 12


class ArtifactInvalid(ValueError):
    """An artifact that is damaged, incomplete, or not what its name says."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an artifact is. Times are milliseconds since 1970 UTC.

    `files` maps names to SHA-256; reports are not in it, they are for people. `evidence` maps an action to (trials,
    positives) in the rows it was fitted and calibrated on, `groups` a group of actions to its trials. `trained_on` is the
    archive's table version.
    `first_ms` and `last_ms` bound the rows that were used, tests included. `parameters` were found by tuning; written only then.
    """

    model: str
    definition_hash: str
    created_ms: int
    trained_on: int
    first_ms: int
    last_ms: int
    files: Mapping[str, str]
    evidence: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, float | int | str | bool] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """Canonical JSON."""
        data = dataclasses.asdict(self)
        if not self.parameters:
            del data["parameters"]
        return json.dumps(data, sort_keys=True, ensure_ascii=False, indent=1).encode()


def sha256(payload: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(payload).hexdigest()


def version_of(manifest: bytes, model: str, created_ms: int) -> str:
    """`<model>-<time>-<12 hex of the manifest's SHA-256>`."""
    made = datetime.fromtimestamp(created_ms / 1000, UTC)
    return f"{model}-{made:%Y%m%dT%H%M%S}-{sha256(manifest)[:_HASH_CHARACTERS]}"


def seal(manifest: Manifest, files: Mapping[str, bytes]) -> tuple[str, dict[str, bytes]]:
    """(version, all files with the manifest). The checksums of `files` are put into the manifest."""
    sums = {name: sha256(payload) for name, payload in sorted(files.items())}
    payload = dataclasses.replace(manifest, files=sums).to_json()
    return version_of(payload, manifest.model, manifest.created_ms), {MANIFEST: payload, **files}


def verify(version: str, files: Mapping[str, bytes]) -> Manifest:
    """The manifest, once name, manifest and every file agree. Raises `ArtifactInvalid` with what does not."""
    payload = files.get(MANIFEST)
    if payload is None:
        raise ArtifactInvalid(f"{version} has no {MANIFEST}")
    if sha256(payload)[:_HASH_CHARACTERS] != version.rpartition("-")[2]:
        raise ArtifactInvalid(f"{MANIFEST} is not the one that {version} names")
    manifest = _read(payload)
    missing = [name for name in NEEDED if name not in manifest.files]
    missing += [name for name in manifest.files if name not in files]
    if missing:
        raise ArtifactInvalid(f"{version} lacks {', '.join(missing)}")
    damaged = [name for name, wanted in manifest.files.items() if sha256(files[name]) != wanted]
    if damaged:
        raise ArtifactInvalid(f"{', '.join(damaged)} of {version} does not have the checksum of the manifest")
    return manifest


def _read(payload: bytes) -> Manifest:
    try:
        data = json.loads(payload)
        data["evidence"] = {name: (int(pair[0]), int(pair[1])) for name, pair in data["evidence"].items()}
        return Manifest(**data)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as fault:
        raise ArtifactInvalid(f"{MANIFEST} cannot be read: {fault}") from fault
