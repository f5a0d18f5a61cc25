"""What the control API shows of a delivery."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from reference_impl.domain.deliveries import Attempt
from reference_impl.domain.privacy import MASK, Privacy
from reference_impl.http.driver_representation import show_delivery_log
from tests.reference_impl.builders import a_delivery

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_what_a_receiver_repeats_of_another_event_is_masked_too() -> None:
    """ERR-10: identity stands in deposit.created alone, and a receiver may know it in every later answer."""
    told = json.dumps({"data": {"customerFullName": "Ada Lovelace"}}).encode()
    attempt = Attempt(
        number=1,
        started_at=NOON,
        url="http://127.0.0.1/hook",
        status=200,
        response_headers={"X-Echo": "Ada Lovelace"},
        response_body=b"thanks, Ada Lovelace",
    )
    delivery = a_delivery(body=b'{"data":{"customFields":{"for":"Ada Lovelace"}}}')
    document = show_delivery_log(delivery, [attempt], privacy=Privacy(told))
    assert document["body"]["data"]["customFields"] == {"for": MASK}
    shown = document["log"][0]
    assert shown["answerHeaders"] == {"X-Echo": MASK}
    assert shown["answerBody"] == f"thanks, {MASK}"
