"""The instruments of webhooks, by endpoint."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class WebhookMetrics:
    """Counts attempts and dead letters, and tells how far behind each endpoint is."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._attempts = Counter(
            "nba_webhook_attempts",
            "Messages sent to an endpoint of webhooks, by what became of it (delivered, failed).",
            ["endpoint", "outcome"],
            registry=registry,
        )
        self._dead = Counter(
            "nba_webhook_dead_letters",
            "Webhook messages that were given up.",
            ["endpoint"],
            registry=registry,
        )
        self._lag = Gauge(
            "nba_webhook_lag_seconds",
            "Age of the oldest event that an endpoint was not told yet; 0 when it was told all.",
            ["endpoint"],
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._waiting = Gauge(
            "nba_webhook_waiting",
            "Messages for an endpoint that wait in memory; at most about 1,000.",
            ["endpoint"],
            registry=registry,
            multiprocess_mode="livemostrecent",
        )

    def attempted(self, endpoint: str, *, delivered: bool) -> None:
        """One attempt."""
        self._attempts.labels(endpoint, "delivered" if delivered else "failed").inc()

    def given_up(self, endpoint: str) -> None:
        """One message became a dead letter."""
        self._dead.labels(endpoint).inc()

    def behind(self, endpoint: str, lag_ms: int, waiting: int) -> None:
        """How old the oldest undelivered event is, and how many messages are in memory."""
        self._lag.labels(endpoint).set(lag_ms / 1000)
        self._waiting.labels(endpoint).set(waiting)
