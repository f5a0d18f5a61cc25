"""What each fact that an environment announces does to the figures."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from prometheus_client import generate_latest

from reference_impl.delivery.dispatcher import Attempted
from reference_impl.domain.deliveries import DeliveryStatus
from reference_impl.domain.problems import unavailable
from reference_impl.domain.sessions import SessionType
from reference_impl.serving.metrics import BacklogCollector, Metrics
from reference_impl.storage.memory import MemoryStorage
from reference_impl.storage.port import Backlog
from tests.project.tree import ROOT
from tests.reference_impl.builders import NOW, a_delivery, a_session, an_attempt


class Outbox(MemoryStorage):
    """A store whose backlog is as it is told to be, None while it is away."""

    present: Backlog | None = None

    def backlog(self, before: object) -> Backlog:
        if self.present is None:
            raise unavailable("It is away.")
        return self.present


def test_every_figure_is_documented_and_every_documented_one_is_there() -> None:
    page = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    metrics, outbox = Metrics(), Outbox()
    outbox.present = Backlog(0, None)
    metrics.registry.register(BacklogCollector(outbox, clock=lambda: NOW))
    shown = generate_latest(metrics.registry).decode()
    names = re.findall(r"^# TYPE (stablemint_[a-z_]+)", shown, re.MULTILINE)
    assert {name for name in names if not name.endswith("_created")} == set(
        re.findall(r"^\| `(stablemint_[a-z_]+)`", page, re.MULTILINE)
    )


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize("status", [DeliveryStatus.DELIVERED, DeliveryStatus.PENDING, DeliveryStatus.FAILED])
def test_an_attempt_counts_as_what_became_of_the_delivery(status: DeliveryStatus) -> None:
    metrics = Metrics()
    metrics.note(Attempted(a_delivery(status=status), an_attempt(duration=0.3)))
    assert value(metrics, "stablemint_delivery_attempts_total", outcome=status) == 1
    assert value(metrics, "stablemint_delivery_attempt_duration_seconds_sum") == pytest.approx(0.3)


def test_a_delivery_given_up_without_an_attempt_takes_no_time() -> None:
    metrics = Metrics()
    metrics.note(Attempted(a_delivery(status=DeliveryStatus.FAILED), None))
    assert value(metrics, "stablemint_delivery_attempts_total", outcome="failed") == 1
    assert value(metrics, "stablemint_delivery_attempt_duration_seconds_count") == 0


def test_a_session_counts_by_its_type() -> None:
    metrics = Metrics()
    metrics.note(a_session())
    assert value(metrics, "stablemint_sessions_created_total", type=SessionType.HOSTED) == 1


def test_the_outbox_is_measured_when_it_is_asked_for_and_absent_while_the_store_is_away() -> None:
    """So that nobody takes an old number for today's."""
    storage = Outbox()
    collector = BacklogCollector(storage, clock=lambda: NOW)
    assert list(collector.collect()) == []
    for backlog, expected in (
        (Backlog(0, None), [0, 0]),
        (Backlog(7, NOW - timedelta(seconds=90)), [7, 90]),
    ):
        storage.present = backlog
        assert [family.samples[0].value for family in collector.collect()] == expected
