"""`stablemint trigger`: an event or an outcome, played through the API and the bank, never forged."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from stablemint.failure import WRONG_USAGE, Failure, listed, manual
from stablemint.parser import Parser

if TYPE_CHECKING:
    from stablemint.sandbox import Sandbox

SUMMARY = "cause a webhook event by playing a payment"

_PREFIX: Final = "partner.customer.deposit."
EVENTS: Final = {
    f"{_PREFIX}created": "created",
    f"{_PREFIX}initiated": "initiated",
    f"{_PREFIX}submitted": "submitted",
    f"{_PREFIX}accepted": "accepted",
    f"{_PREFIX}completed": "completed",
    f"{_PREFIX}failed": "failed",
    "transaction.status.changed": "created",
}
"""The status of a deposit whose coming about sends the event."""

_EVENTS_TOLD: Final[Mapping[str, str]] = {
    name: f"in short: {name.removeprefix(_PREFIX)}"
    if name.startswith(_PREFIX)
    else "told first when a deposit is made"
    for name in EVENTS
}

_BRINGS: Final[Mapping[str, str]] = {
    "initiate": "initiated",
    "submit": "submitted",
    "accept": "accepted",
    "complete": "completed",
    "fail": "failed",
}
"""The status that a step of the bank's plan gives a deposit."""

_EVENT_NOTE: Final = "EVENT is an event type, played as far as it takes to be sent; one word is enough:"
_OUTCOME_NOTE: Final = (
    "OUTCOME is one of the simulated bank's, played as far as it goes without moving the clock:"
)


def add_arguments(parser: Parser) -> None:
    """The options of `stablemint trigger`."""
    from reference_impl.bank.outcomes import OUTCOMES
    from stablemint.commands.request import FLOWS
    from stablemint.options import given
    from stablemint.partner import add_partner_options
    from stablemint.sandbox import add_sandbox_options

    parser.epilog = manual(
        "stablemint trigger success",
        "stablemint trigger partner.customer.deposit.failed",
        "stablemint trigger submitted --flow embedded --override userId=customer-7",
        "stablemint trigger insufficient_funds --session SESSION_ID",
        note=f"{_EVENT_NOTE}\n{listed(_EVENTS_TOLD)}\n\n{_OUTCOME_NOTE}\n"
        + listed({code: outcome.description for code, outcome in OUTCOMES.items()}),
    )
    parser.add_argument("what", metavar="EVENT|OUTCOME", help="what is to happen")
    parser.add_argument(
        "--session", type=given, metavar="SESSION_ID", help="to this session (default: a new one)"
    )
    parser.add_argument(
        "--flow", choices=tuple(FLOWS), default="hosted", help="kind of new session (default: %(default)s)"
    )
    parser.add_argument(
        "--override",
        dest="changes",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="change the new session's request: VALUE as JSON, or else as text; repeat for more",
    )
    add_sandbox_options(parser)
    add_partner_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Play it, and show the session and the events that it caused."""
    from stablemint.next_step import complete
    from stablemint.sandbox import Sandbox, segment
    from stablemint.terminal import Terminal

    if arguments.session and arguments.changes:
        raise Failure("--override is for a new session: leave it or --session out", WRONG_USAGE)
    sandbox, terminal = Sandbox(arguments), Terminal()
    known = {one["code"] for one in sandbox.get("outcomes")["outcomes"]}
    event = _event(arguments.what)
    if event is None and arguments.what not in known:
        raise Failure(
            f"{arguments.what!r} is no event type and no outcome. Events: {', '.join(EVENTS)}. "
            f"Outcomes: {', '.join(sorted(known))}.",
            WRONG_USAGE,
        )
    session_id = arguments.session or _create(arguments)
    place = f"sessions/{segment(session_id)}"
    if event is None:
        session = sandbox.post(f"{place}/play", {"outcome": arguments.what})
    else:
        session = _play_until(sandbox, place, EVENTS[event])
    deliveries = sandbox.get("deliveries", sessionId=session_id)["deliveries"][::-1]
    if arguments.json:
        terminal.json({"session": session, "deliveries": deliveries})
        return 0
    deposit = session["deposit"] or {}
    told = ", ".join(filter(None, (deposit.get("status"), deposit.get("failureCode"))))
    terminal.say(
        f"session {terminal.paint(session_id, 'bold')}  {session['status']} (deposit {told or 'none'})"
    )
    for one in deliveries:
        terminal.say(f"  {one['eventType']:38} {one['status']}")
    if deliveries and all(one["status"] == "not_configured" for one in deliveries):
        hint = complete("no endpoint was configured: `stablemint listen` makes one", arguments)
        terminal.say(terminal.paint(f"  {hint}", "yellow"))
    return 0


def _event(what: str) -> str | None:
    return next((name for name in EVENTS if what in (name, name.removeprefix(_PREFIX))), None)


def _create(arguments: argparse.Namespace) -> str:
    """A new session by the session API, signed as any partner's request."""
    from stablemint.calling import call
    from stablemint.commands.request import FLOWS, change, example_order
    from stablemint.partner import read_credentials
    from stablemint.sandbox import explain, problem_of

    body = json.dumps(change(example_order(arguments.flow), arguments.changes), ensure_ascii=False).encode()
    headers = read_credentials(arguments).sign(body, timestamp=int(time.time()))
    reply = call(
        "POST",
        arguments.url.rstrip("/") + FLOWS[arguments.flow],
        body=body,
        headers={"Content-Type": "application/json", **headers},
        certificate=arguments.ca_file,
    )
    if reply.status != 201:
        raise Failure(explain(reply, arguments), problem=problem_of(reply))
    session_id: str = reply.document()["sessionId"]
    return session_id


def _play_until(sandbox: Sandbox, place: str, wanted: str) -> dict[str, Any]:
    """Step by step until the deposit is what is wanted; one that will not come to that is left alone."""
    session: dict[str, Any] = sandbox.get(place)
    if session["deposit"] is None:
        outcome = "refused_by_bank" if wanted == "failed" else "success"
        session = sandbox.post(f"{place}/play", {"outcome": outcome, "steps": 0})
    while session["deposit"]["status"] != wanted:
        if session["nextStep"] is None or not comes_to(session, wanted):
            raise Failure(
                f"this session will not get there: its deposit is {session['deposit']['status']}, and its "
                f"outcome is {session['outcome']}. Trigger it on a new session: leave --session out."
            )
        session = sandbox.post(f"{place}/step")
    return session


def comes_to(session: Mapping[str, Any], wanted: str) -> bool:
    """Whether what is left of a session's plan brings its deposit to a status, as the bank's table has it."""
    from reference_impl.bank.outcomes import OUTCOMES

    outcome = OUTCOMES.get(session["outcome"])
    if outcome is None:  # of a newer server
        return True
    planned = [_BRINGS[step.action.value] for step in outcome.script if step.action.value in _BRINGS]
    present = session["deposit"]["status"]
    return wanted in planned[planned.index(present) + 1 if present in planned else 0 :]
