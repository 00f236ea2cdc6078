"""What Prometheus sees. One record of instruments for each kind of process, on a registry that is handed in.

Labels are names of the catalogue and codes, never an id of a customer, decision or request.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from nba_server.observability.tally import BulkHistogram, Tally

_FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_STAGE = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5)


class Metrics:
    """The instruments of a process that answers calls; the metrics page adds up those of several workers.

    What happens with every call goes through `tally`.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.tally = Tally(registry)
        self.calls = Counter("nba_calls", "Calls by method and status code.", ["method", "code"], registry=registry)
        self.call_seconds = BulkHistogram(
            "nba_call_seconds",
            "Time from the request's bytes to the answer's.",
            ["method"],
            buckets=_FAST,
            registry=registry,
        )
        self.in_flight = Gauge(
            "nba_calls_in_flight", "Calls being answered.", registry=registry, multiprocess_mode="livesum"
        )
        self.decisions = Counter(
            "nba_decisions",
            "Decisions by channel, placement and outcome: offered, or the reason why there is no offer.",
            ["channel", "placement", "outcome"],
            registry=registry,
        )
        self.decision_paths = Counter(
            "nba_decisions_by_path",
            "Decisions by how they were made: by the express lane, or on the ordinary path.",
            ["path"],
            registry=registry,
        )
        self.express_audits = Counter(
            "nba_express_audits",
            "Decisions of the express lane that were made on the ordinary path too, by whether both are the same.",
            ["verdict"],
            registry=registry,
        )
        self.express_failures = Counter(
            "nba_express_failures",
            "Batches that the express lane failed at and the ordinary path decided.",
            registry=registry,
        )
        self.removals = Counter(
            "nba_stage_removals", "Actions removed, by the funnel's stage.", ["stage"], registry=registry
        )
        self.removal_reasons = Counter(
            "nba_sampled_removal_reasons",
            "Actions removed, by stage and first reason, in the sampled decisions.",
            ["stage", "reason"],
            registry=registry,
        )
        self.samples = Counter("nba_sampled_decisions", "Decisions whose removals were reasoned.", registry=registry)
        self.shadow_limits = Counter(
            "nba_shadow_limit_decisions",
            "Decisions of which a limit in shadow mode would have held back something that was offered.",
            ["limit"],
            registry=registry,
        )
        self.shadow_decisions = Counter(
            "nba_shadow_decisions",
            "Decisions made again by the challenger, by whether its first choices are the same or other ones.",
            ["choice"],
            registry=registry,
        )
        self.stage_seconds = BulkHistogram(
            "nba_stage_seconds", "Time of a step of the decision path.", ["stage"], buckets=_STAGE, registry=registry
        )
        self.batch_size = BulkHistogram(
            "nba_batch_size", "Decisions made in one pass.", buckets=(1, 2, 4, 8, 16, 32, 64, 128), registry=registry
        )
        self.releases = Counter(
            "nba_abandoned_calls",
            "Calls whose caller had gone and that were taken off their request.",
            registry=registry,
        )
        self.refusal_seconds = BulkHistogram(
            "nba_refusal_seconds",
            "Time from a call's arrival to its refusal for want of capacity.",
            buckets=_STAGE,
            registry=registry,
        )
        self.concurrency_limit = Gauge(
            "nba_concurrency_limit",
            "Calls without deadline that one worker admits at once, by how fast it answers now; the least of the workers.",
            registry=registry,
            multiprocess_mode="livemin",
        )
        self.outcomes = Counter(
            "nba_outcomes", "Outcomes by type and how they were taken.", ["type", "status"], registry=registry
        )
        self.suppressions = Counter(
            "nba_suppressions", "Suppressions started, by the catalogue's rule.", ["rule"], registry=registry
        )
        self.rule_errors = Counter(
            "nba_rule_errors",
            "Rules that could not be evaluated, in the sampled decisions.",
            ["rule"],
            registry=registry,
        )
        self._gauges(registry)

    def _gauges(self, registry: CollectorRegistry) -> None:
        """What is a state, not an event; of several workers the page shows the worst."""
        self.catalog_since = Gauge(
            "nba_catalog_live_since_seconds",
            "When the serving catalogue went live, the oldest of the workers (its age: time() minus this).",
            registry=registry,
            multiprocess_mode="livemin",
        )
        self.catalog_refused = Gauge(
            "nba_catalog_refused", "1 while the newest change of the catalogue is refused.", registry=registry,
            multiprocess_mode="livemax",
        )  # fmt: skip
        self.model_since = Gauge(
            "nba_model_live_since_seconds",
            "When the serving model was taken into service, the oldest of the workers.",
            registry=registry,
            multiprocess_mode="livemin",
        )
        self.model_figures = Gauge(
            "nba_model_figure",
            "What the live model's training found on later data, by figure: auc, calibration_error, psi_score and others.",
            ["figure"],
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self.model_refused = Gauge(
            "nba_model_refused",
            "1 while the model that should serve is refused.",
            registry=registry,
            multiprocess_mode="livemax",
        )


class BackgroundMetrics:
    """The instruments of the background process: the archive, the timers and the caps."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.caps = Gauge(
            "nba_cap_units",
            "Units of a cap in its running window (contacts, or cents), by what has become of them: spent, held, left.",
            ("cap", "kind"),
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self.timers = Counter("nba_timers", "Contacts whose reservation or response window ended.", registry=registry)
        self.journal_length = Gauge(
            "nba_journal_entries",
            "Entries in the store's journal.",
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self.archive_lag = Gauge(
            "nba_archive_lag_seconds",
            "Age of the oldest journal entry that is not in the archive; 0 when all are.",
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self.archived = Counter("nba_archived_entries", "Journal entries moved to the archive.", registry=registry)
