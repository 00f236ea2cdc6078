"""The server's settings: one frozen record, read from flags over `NBA_*` environment variables over defaults.

Owns names, meanings and checks of single values; what they build is `bootstrap.py`'s work. docs/configuration.md is
generated from this file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nba_server import settings_values as values
from nba_server.errors import InvalidArgument, Violation
from nba_server.settings_names import AUTO as AUTO
from nba_server.settings_names import GRPCIO as GRPCIO
from nba_server.settings_names import NATIVE as NATIVE
from nba_server.settings_names import OFF as OFF
from nba_server.settings_names import flag as flag
from nba_server.settings_names import variable as variable
from nba_server.settings_rules import faults_of


def _about(meaning: str, kind: values.Kind) -> dict[str, Any]:
    """A field's meaning and the kind of its value."""
    return {"meaning": meaning, "kind": kind}


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of `nba serve`. The flag of `tls_cert` is `--tls-cert`, its variable `NBA_TLS_CERT`."""

    data: Path = field(
        default=Path("nba-data"),
        metadata=_about(
            "Data folder: embedded store, archive, and the file that names the running server.",
            values.FOLDER,
        ),
    )
    store: str = field(
        default="",
        metadata=_about(
            "Address of Redis or Valkey: `redis://`, `rediss://`, `redis+cluster://`, `redis+sentinel://`, `unix://`. Empty:"
            " the embedded engine.",
            values.STORE_URL,
        ),
    )
    strict: int = field(
        default=0,
        metadata=_about(
            "How many replicas of the store must have a write before it is acknowledged; 0 waits for none.",
            values.whole(0, 5),
        ),
    )
    store_patience: int = field(
        default=200,
        metadata=_about(
            "Least time that a decision waits for the store before it counts as silent; more where it is slow all the time.",
            values.duration(10, 2_000),
        ),
    )
    store_allow: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            "Start although these checks of the store fail, by name (see docs/operations.md). For tests only.",
            values.WORDS,
        ),
    )
    replay: bool = field(
        default=False,
        metadata=_about(
            "Use a replay store: its clock is moved by hand. Refused on a store that ever ran in real time.",
            values.TRUTH,
        ),
    )
    catalog: Path | None = field(
        default=None,
        metadata=_about(
            "Catalogue folder to publish and watch. Empty: follow the snapshot that is live in the store.",
            values.FOLDER,
        ),
    )
    definition: Path | None = field(
        default=None,
        metadata=_about(
            "Model definition (YAML) that names the features. Empty: the one that ships with the server.",
            values.FILE,
        ),
    )
    archive: str = field(
        default="",
        metadata=_about(
            "Folder or object-store URI of the archive. Empty: `archive` in the data folder.",
            values.word("folder or URI"),
        ),
    )
    archive_interval: int = field(
        default=30_000,
        metadata=_about(
            "Longest time between commits of the archive; each is a file, and readers pay for many small ones.",
            values.duration(100, 3_600_000),
        ),
    )
    archive_retention: int = field(
        default=0,
        metadata=_about(
            "Whole days (UTC) that the archive keeps; older ones are removed. 0: for ever.",
            values.whole(0, 36_500),
        ),
    )
    journal_keep: int = field(
        default=86_400_000,
        metadata=_about(
            "How long archived entries stay in the store's journal, from where a damaged archive file is rebuilt.",
            values.duration(0, 30 * 86_400_000),
        ),
    )
    journal_keep_entries: int = field(
        default=1_000_000,
        metadata=_about(
            "Archived entries leave the journal sooner when it has more entries than this.",
            values.whole(0, 1_000_000_000),
        ),
    )
    journal_keep_bytes: int = field(
        default=1 << 30,
        metadata=_about(
            "Archived entries leave the journal sooner when it takes more of the store's memory than this, in bytes.",
            values.whole(0, 1 << 40),
        ),
    )
    webhooks: Path | None = field(
        default=None,
        metadata=_about(
            "YAML file of the endpoints that are told what happens (docs/webhooks.md). Empty: nobody is told.",
            values.FILE,
        ),
    )
    listen: str = field(
        default="127.0.0.1:50051",
        metadata=_about(
            "Address of the gRPC port; port 0 takes a free one. Other than loopback needs TLS and API keys.",
            values.ADDRESS,
        ),
    )
    http: str = field(
        default="",
        metadata=_about(
            "Address of the HTTP door for browsers and curl; port 0 takes a free one; `off` for none. Guarded like `--listen`.",
            values.ADDRESS_OR_OFF,
        ),
    )
    http_origins: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            "Origins such as `https://shop.example` whose pages may call the HTTP door (CORS); `*` for any. Empty: only its own.",
            values.ORIGINS,
        ),
    )
    transport: str = field(
        default=GRPCIO,
        metadata=_about(
            "What carries gRPC: `grpcio`, or `native`: much cheaper calls, but no TLS. Where it was not compiled "
            "(`nba version` tells) it needs the extra `native` and has no connection age.",
            values.choice(GRPCIO, NATIVE),
        ),
    )
    metrics: str = field(
        default="127.0.0.1:9464",
        metadata=_about(
            "Address of the Prometheus page `/metrics`; port 0 takes a free one; `off` for none.",
            values.ADDRESS_OR_OFF,
        ),
    )
    workers: int = field(
        default=1,
        metadata=_about(
            "Server processes on the one port; one a core is right.",
            values.whole(1, 256),
        ),
    )
    durability: str = field(
        default="always",
        metadata=_about(
            "When the embedded engine syncs: `always` before the answer, `everysec` may lose the last second.",
            values.choice("always", "everysec"),
        ),
    )
    tls_cert: Path | None = field(
        default=None,
        metadata=_about(
            "PEM file with the server's certificate chain.",
            values.FILE,
        ),
    )
    tls_key: Path | None = field(
        default=None,
        metadata=_about(
            "PEM file with the certificate's private key.",
            values.FILE,
        ),
    )
    tls_client_ca: Path | None = field(
        default=None,
        metadata=_about(
            "PEM file with the authorities whose client certificates are required. Empty: none is asked for.",
            values.FILE,
        ),
    )
    api_keys: Path | None = field(
        default=None,
        metadata=_about(
            "YAML file with API keys (`nba keys new` prints an entry). Empty: every local caller has all scopes.",
            values.FILE,
        ),
    )
    log_level: str = field(
        default="info",
        metadata=_about(
            "The least important messages to log.",
            values.choice("debug", "info", "warning", "error"),
        ),
    )
    log_format: str = field(
        default="auto",
        metadata=_about(
            "Form of the log on standard error; `auto` is `text` on a terminal and `json` elsewhere.",
            values.choice("auto", "text", "json"),
        ),
    )
    access_log: bool = field(
        default=False,
        metadata=_about(
            "Log every call, not only failed and slow ones.",
            values.TRUTH,
        ),
    )
    request_ttl: int = field(
        default=86_400_000,
        metadata=_about(
            "How long the same request id gives the same answer.",
            values.duration(1_000, 30 * 86_400_000),
        ),
    )
    batch_size: int = field(
        default=64,
        metadata=_about(
            "Requests in flight that are decided in one pass, at most.",
            values.whole(1, 1024),
        ),
    )
    max_concurrency: int = field(
        default=512,
        metadata=_about(
            "Calls in flight per worker; more are refused with RESOURCE_EXHAUSTED.",
            values.whole(1, 100_000),
        ),
    )
    max_wait: int = field(
        default=1_000,
        metadata=_about(
            "Calls that would wait longer than this, or than their deadline, are refused at once with RESOURCE_EXHAUSTED.",
            values.duration(10, 600_000),
        ),
    )
    max_message: int = field(
        default=4_194_304,
        metadata=_about(
            "Largest request in bytes.",
            values.whole(1_024, 1 << 30),
        ),
    )
    max_connection_age: int = field(
        default=20_000,
        metadata=_about(
            "Connections end in order at this age, so that they spread over workers and a worker can leave; `0s` for never.",
            values.duration(0, 30 * 86_400_000),
        ),
    )
    drain: int = field(
        default=25_000,
        metadata=_about(
            "Longest time to leave after SIGTERM: longer than the age of connections, then no call fails.",
            values.duration(0, 3_600_000),
        ),
    )
    sample_reasons: int = field(
        default=5_000,
        metadata=_about(
            "Every how many decisions the reasons of all removals are worked out for the metrics, counted at no more than 1,000 a"
            " second in each process; 0 for never.",
            values.whole(0, 1_000_000),
        ),
    )
    shadow_every: int = field(
        default=10,
        metadata=_about(
            "Every how many decisions a challenger decides too, in the shadow, while one is on its way; 0 for never.",
            values.whole(0, 1_000_000),
        ),
    )
    express: str = field(
        default=AUTO,
        metadata=_about(
            "`auto`: common decisions take the compiled express lane where that is there; `off`: all take the ordinary path. Both"
            " decide the same.",
            values.choice(AUTO, OFF),
        ),
    )
    express_audit: int = field(
        default=5_000,
        metadata=_about(
            "Every how many decisions of the express lane one is made on the ordinary path too, counted at no more than 1,000 a"
            " second; any difference ends the lane's service in that process. 0 for never.",
            values.whole(0, 1_000_000),
        ),
    )
    seed: int | None = field(
        default=None,
        metadata=_about(
            "Seed of a new store's random numbers, for repeatable runs. Empty: a random one.",
            values.whole(0, (1 << 63) - 1),
        ),
    )
    otel_endpoint: str = field(
        default="",
        metadata=_about(
            "OTLP address for traces (extra `otel`). Empty: no tracing, nothing imported.",
            values.word("URL"),
        ),
    )

    @classmethod
    def load(cls, flags: Mapping[str, str | None], environ: Mapping[str, str]) -> Settings:
        """Flags (by field name; None: not given) over the environment. Raises `InvalidArgument` with all faults at once."""
        given: dict[str, Any] = {}
        faults: list[Violation] = []
        for item in dataclasses.fields(cls):
            text, source = flags.get(item.name), flag(item.name)
            if text is None:
                source = variable(item.name)
                text = environ.get(source) or None
            if text is None:
                continue
            try:
                given[item.name] = item.metadata["kind"].parse(text)
            except ValueError as fault:
                faults.append(Violation(source, f"{text!r} {fault}"))
        settings = cls(**given)
        faults += faults_of(settings)
        if faults:
            raise InvalidArgument(faults)
        return settings

    def environment(self) -> dict[str, str]:
        """The settings as environment variables, for child processes."""
        return {
            variable(item.name): item.metadata["kind"].write(getattr(self, item.name))
            for item in dataclasses.fields(self)
            if getattr(self, item.name) != item.default
        }

    @property
    def archive_location(self) -> str:
        """Where the archive is: a folder or an object-store URI."""
        return self.archive or str(self.data / "archive")
