"""What is counted and measured, in Prometheus' terms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from reference_impl.delivery.dispatcher import Attempted
from reference_impl.domain.problems import Problem
from reference_impl.domain.sessions import Session
from reference_impl.storage.port import Storage

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Where the library keeps the numbers of several processes, one file for each; read when it is imported."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_ATTEMPTS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """One process's counters and histograms."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "stablemint_requests",
            "Requests answered; operation is an operationId, or none.",
            ["operation", "status"],
            registry=self.registry,
        )
        self.latency = Histogram(
            "stablemint_request_duration_seconds",
            "From a request's head to the end of its answer.",
            ["operation"],
            buckets=_LATENCIES,
            registry=self.registry,
        )
        self.sessions = Counter(
            "stablemint_sessions_created", "Sessions created.", ["type"], registry=self.registry
        )
        self.replays = Counter(
            "stablemint_idempotent_replays", "First answers given again.", registry=self.registry
        )
        self.deliveries = Counter(
            "stablemint_delivery_attempts",
            "Attempts to deliver an event, by what the delivery was then: delivered, pending (to be tried "
            "again) or failed.",
            ["outcome"],
            registry=self.registry,
        )
        self.attempt_duration = Histogram(
            "stablemint_delivery_attempt_duration_seconds",
            "From the start of connecting to the end of the attempt.",
            buckets=_ATTEMPTS,
            registry=self.registry,
        )

    def note(self, fact: object) -> None:
        """Count what an environment announces."""
        match fact:
            case Session():
                self.sessions.labels(fact.type).inc()
            case Attempted():
                self.deliveries.labels(fact.delivery.status).inc()
                if fact.attempt is not None:
                    self.attempt_duration.observe(fact.attempt.duration)


class BacklogCollector(Collector):
    """The outbox, looked at whenever it is asked for; absent while the store does not answer."""

    def __init__(self, storage: Storage, *, clock: Callable[[], datetime]) -> None:
        self._storage = storage
        self._clock = clock

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = self._clock()
        try:
            backlog = self._storage.backlog(now)
        except Problem:
            return
        age = (now - backlog.oldest_due_at).total_seconds() if backlog.oldest_due_at else 0.0
        yield GaugeMetricFamily("stablemint_outbox_due", "Deliveries that are due.", value=backlog.due)
        yield GaugeMetricFamily(
            "stablemint_outbox_oldest_due_age_seconds",
            "For how long the delivery that was due first has been due.",
            value=age,
        )


class _Collected(Collector):
    def __init__(self, families: Sequence[GaugeMetricFamily]) -> None:
        self._families = families

    def collect(self) -> Sequence[GaugeMetricFamily]:
        return self._families


def exposition(folder: Path, backlog: Sequence[GaugeMetricFamily]) -> bytes:
    """The numbers of all processes that write to ``folder``, and the backlog, as Prometheus reads them."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    registry.register(_Collected(backlog))
    return generate_latest(registry)
