"""Deliveries looked at, and sent once more on demand."""

from __future__ import annotations

from collections.abc import Sequence

from reference_impl.domain.deliveries import Attempt, Delivery, DeliveryStatus, resend
from reference_impl.environment import Environment

MOST_AT_ONCE = 10_000


class NeverSentError(Exception):
    """No URL was configured for the event when it arose: it is never sent (HOOK-22)."""


def read_delivery(environment: Environment, delivery_id: str) -> tuple[Delivery, Sequence[Attempt]] | None:
    """The delivery and its logged attempts; None if there is none."""
    with environment.storage.reading() as reading:
        delivery = reading.delivery(delivery_id)
        return None if delivery is None else (delivery, reading.attempts(delivery_id))


def resend_delivery(environment: Environment, delivery_id: str) -> Delivery | None:
    """The delivery, due now on a schedule begun anew; None if there is none. Raises ``NeverSentError``."""
    with environment.storage.transaction() as transaction:
        delivery = transaction.delivery(delivery_id)
        if delivery is None:
            return None
        if delivery.status is DeliveryStatus.NOT_CONFIGURED:
            raise NeverSentError
        due = resend(delivery, now=environment.session_clock())
        transaction.replace_delivery(due)
    environment.announce(due)
    return due


def resend_failed(
    environment: Environment, *, partner_id: str | None = None, session_id: str | None = None
) -> Sequence[Delivery]:
    """Every failed delivery that matches, due now, first told first."""
    with environment.storage.transaction() as transaction:
        failed = transaction.deliveries(
            partner_id=partner_id,
            session_id=session_id,
            status=DeliveryStatus.FAILED,
            limit=MOST_AT_ONCE,
        )
        due = [resend(delivery, now=environment.session_clock()) for delivery in reversed(failed)]
        for delivery in due:
            transaction.replace_delivery(delivery)
    for delivery in due:
        environment.announce(delivery)
    return due
