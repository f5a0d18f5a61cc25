"""The commands that drive a sandbox: clock, sessions, deliveries, faults, trigger and reset."""

from __future__ import annotations

import re

import pytest

from reference_impl.bank.outcomes import OUTCOMES
from stablemint.commands.clock import ahead, instant, step
from stablemint.commands.trigger import EVENTS
from stablemint.failure import Failure
from stablemint.program import parser_of
from tests.stablemint.sandboxed import CommandLine


def make(stablemint: CommandLine) -> str:
    session_id: str = stablemint.as_partner("request", "hosted", "--json").document()["body"]["sessionId"]
    return session_id


@pytest.mark.parametrize(
    ("duration", "told"),
    [
        ("31m", {"minutes": 31}),
        ("1d12h", {"days": 1, "hours": 12}),
        ("1.5s", {"seconds": 1.5}),
        ("pt31m", {"duration": "PT31M"}),
    ],
)
def test_a_duration_is_written_as_people_write_it(duration: str, told: dict[str, object]) -> None:
    assert step(duration) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.4, "in step with real time"),
        (1859.6, "31m ahead of real time"),
        (90_061, "1d1h1m1s ahead of real time"),
    ],
)
def test_how_far_the_clock_is_ahead_is_told_as_durations_are_given(seconds: float, told: str) -> None:
    assert ahead(seconds) == told


@pytest.mark.parametrize("time", ["2030-01-01", "2030-01-01T00:00:00", "tomorrow"])
def test_what_is_no_time_is_told_what_one_looks_like(time: str) -> None:
    with pytest.raises(Failure, match="give one such as 2027-01-01T00:00:00Z"):
        instant(time)


@pytest.mark.parametrize("duration", ["31", "m", "31 m", "-5m", ""])
def test_what_is_no_duration_is_told_what_one_looks_like(duration: str) -> None:
    with pytest.raises(Failure, match="give 31m, 1d12h, 90s or PT31M"):
        step(duration)


def test_the_clock_is_advanced_and_lists_what_fell_due(stablemint: CommandLine) -> None:
    make(stablemint)
    lines = stablemint("clock", "advance", "31m").steady().splitlines()
    assert lines[0].startswith("(time)  running, ")
    assert lines[2:] == ["due  session  what  came of it", "(time)  (session)  transition  expired (-)"]


def test_the_clock_is_frozen_set_and_resumed(stablemint: CommandLine) -> None:
    assert stablemint("clock", "freeze", "--json").document()["isFrozen"] is True
    then = "2090-01-01T00:00:00.000Z"
    assert stablemint("clock", "set", then, "--json").code == 1  # further than one call goes
    assert stablemint("clock", "advance", "PT1H").out.count("frozen") == 1
    assert stablemint("clock", "resume", "--json").document()["isFrozen"] is False
    back = stablemint("clock", "set", "2020-01-01T00:00:00Z")
    assert back.code == 1
    assert "clock_moves_forwards" in back.err


def test_sessions_are_listed_and_shown(stablemint: CommandLine) -> None:
    assert stablemint("sessions", "list").out == "no sessions yet; `stablemint request hosted` makes one\n"
    session_id = make(stablemint)
    assert stablemint("sessions", "list", "--status", "open").steady().splitlines() == [
        "created  session  partner  type  amount  status  deposit",
        "(time)  (session)  demo  hosted  9.50 EUR  open  -",
    ]
    assert stablemint("sessions", "show", session_id).document()["sessionId"] == session_id
    unknown = stablemint("sessions", "show", "nope")
    assert unknown.code == 1
    assert "session_not_found" in unknown.err


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_is_caused_by_playing_it(stablemint: CommandLine, event: str) -> None:
    done = stablemint.as_partner("trigger", event, "--json")
    assert done.code == 0
    told = [one["eventType"] for one in done.document()["deliveries"]]
    assert event in told
    assert done.document()["session"]["deposit"]["status"] == EVENTS[event]


def test_an_outcome_is_played_on_a_session_with_overrides(stablemint: CommandLine) -> None:
    words = ("trigger", "insufficient_funds", "--flow", "embedded", "--override", "userId=u-7", "--json")
    session = stablemint.as_partner(*words).document()["session"]
    assert (session["userId"], session["deposit"]["failureCode"]) == ("u-7", "insufficient_funds")


def test_an_existing_session_is_taken_on_from_where_it_is(stablemint: CommandLine) -> None:
    session_id = make(stablemint)
    stablemint("trigger", "initiated", "--session", session_id)
    done = stablemint("trigger", "completed", "--session", session_id, "--json").document()
    assert done["session"]["status"] == "completed"
    late = stablemint("trigger", "failed", "--session", session_id)
    assert late.code == 1
    assert "will not get there: its deposit is completed" in late.err


def test_a_session_that_will_not_come_to_an_event_is_left_where_it_is(stablemint: CommandLine) -> None:
    played = stablemint.as_partner("trigger", "submitted", "--json").document()["session"]
    for event in ("failed", "initiated"):
        refused = stablemint("trigger", event, "--session", played["sessionId"])
        assert refused.code == 1
        assert "its deposit is submitted, and its outcome is success" in refused.err
    now = stablemint("sessions", "show", played["sessionId"]).document()
    assert now["deposit"]["status"] == "submitted"


def test_an_unknown_event_is_told_what_there_is(stablemint: CommandLine) -> None:
    ended = stablemint("trigger", "deposit.paid")
    assert ended.code == 2
    assert "partner.customer.deposit.completed" in ended.err
    assert "insufficient_funds" in ended.err


def test_help_names_every_event_and_every_outcome() -> None:
    words = set(re.findall(r"\w+(?:\.\w+)*", parser_of("trigger").format_help()))
    assert words >= {*EVENTS, *OUTCOMES}


def test_what_was_triggered_without_an_endpoint_says_so(stablemint: CommandLine) -> None:
    assert stablemint.as_partner("trigger", "created").steady() == (
        "session (session)  processing (deposit created)\n"
        "  partner.customer.deposit.created  not_configured\n"
        "  transaction.status.changed  not_configured\n"
        "  no endpoint was configured: `stablemint listen` makes one\n"
    )


def test_deliveries_are_listed_shown_and_resent(stablemint: CommandLine) -> None:
    stablemint.server.set_endpoint("http://127.0.0.1:1/")
    try:
        stablemint.as_partner("trigger", "created")
        stablemint("clock", "advance", "4h")
        failed = stablemint("deliveries", "list", "--status", "failed", "--json").document()["deliveries"]
        assert [one["attempts"] for one in failed] == [6] * 4  # of the deposit's time-out too
        shown = stablemint("deliveries", "show", failed[0]["deliveryId"]).document()
        assert len(shown["log"]) == 6
        (one,) = stablemint("deliveries", "resend", failed[0]["deliveryId"]).steady().splitlines()[1:]
        assert one.startswith("(time)  (delivery)  (session)  ")
        assert "pending" in one
        again = stablemint("deliveries", "resend", "--failed", "--json").document()["deliveries"]
        assert {one["deliveryId"] for one in again} == {one["deliveryId"] for one in failed[1:]}
    finally:
        stablemint.server.set_endpoint(None)
    neither = stablemint("deliveries", "resend")
    assert (neither.code, "give a DELIVERY_ID, or --failed" in neither.err) == (2, True)


def test_faults_are_added_listed_struck_and_cleared(stablemint: CommandLine) -> None:
    stablemint("faults", "add", "--code", "service_unavailable", "--path", "/session/*")
    stablemint("faults", "add", "--delay", "0.5", "--drop", "--partner", "partner-only", "--times", "3")
    assert [line.partition("  ")[2] for line in stablemint("faults", "list").steady().splitlines()] == [
        "does  to the next  that match",
        "answer 503 service_unavailable  1  path /session/*",
        "wait 0.5 s, drop the connection  3  partner partner-only",
    ]
    assert stablemint.as_partner("request", "hosted", "--json").document()["status"] == 503
    assert stablemint("faults", "clear").out == "cleared\n"
    assert stablemint("faults", "list").out == "none\n"
    nothing = stablemint("faults", "add", "--times", "2")
    assert (nothing.code, "say what to do" in nothing.err) == (2, True)


def test_reset_forgets(stablemint: CommandLine) -> None:
    make(stablemint)
    assert stablemint("reset").out.startswith("the namespace default is as new")
    assert stablemint("sessions", "list", "--json").document() == {"sessions": []}


def test_an_unknown_namespace_is_said(stablemint: CommandLine) -> None:
    ended = stablemint("clock", "show", "--namespace", "nowhere")
    assert ended.code == 1
    assert "namespace" in ended.err
