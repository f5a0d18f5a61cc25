"""`stablemint verify-receiver`: the contract tests against a partner's webhook endpoint."""

from __future__ import annotations

import argparse
import dataclasses
import io
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING

from stablemint import verdicts
from stablemint.failure import UNREACHABLE, WRONG_USAGE, Failure, manual
from stablemint.options import above_zero, add_ca_file, words

if TYPE_CHECKING:
    from contract_tests.credentials import Partner
    from contract_tests.receivers.receiver import KnownSession, Receiver
    from contract_tests.suite import Plan

SUMMARY = "test a partner's webhook endpoint against the contract"

DEFAULT_PARTNER = "demo"

_NOTE = """\
The receiver has to trust the key that signs, and to know the sessions that the deliveries are about. One that
is set up for the mock server does both: with the mock server running, --sessions-from makes sessions there
for the demo partner, as which the receiver can look them up. A receiver that keeps its own list of sessions
is told of one that is on it, or several, so that each can end in another way. Without a mock server, --init
makes the key; let the receiver trust its public half."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `stablemint verify-receiver`."""
    parser.epilog = manual(
        "stablemint verify-receiver http://localhost:3000/webhooks --sessions-from http://localhost:8080",
        "stablemint verify-receiver http://localhost:3000/webhooks --session-id ID --session-id ID",
        "stablemint verify-receiver --init",
        note=_NOTE,
        codes=verdicts.codes(
            "all that such a run can decide has passed",
            "the endpoint cannot be reached, or --sessions-from makes no session",
        ),
    )
    parser.add_argument("url", nargs="?", metavar="URL", help="the endpoint that takes webhooks")
    parser.add_argument(
        "--init", action="store_true", help="make the signing key where there is none, say whom to tell, stop"
    )
    parser.add_argument(
        "--home",
        type=Path,
        default=Path(".stablemint"),
        metavar="DIR",
        help="folder of the signing key and of the mock server's credentials (default: %(default)s)",
    )
    parser.add_argument(
        "--signing-key",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="private key in PEM form; repeat for all that the receiver trusts "
        "(default: webhook_private_key.pem in --home)",
    )
    parser.add_argument(
        "--sessions-from", metavar="URL", help="make the sessions at this implementation of the session API"
    )
    parser.add_argument(
        "--credentials",
        type=Path,
        metavar="DIR",
        help="the partner's api_key, api_secret and private_key.pem (default: partners/demo in --home)",
    )
    parser.add_argument(
        "--session-id",
        action="append",
        default=[],
        metavar="ID",
        help="a session that the receiver knows; repeat for more. With --sessions-from it is looked up there",
    )
    parser.add_argument(
        "--partner-name",
        metavar="NAME",
        help=f"the name in events (default: the credentials' folder, {DEFAULT_PARTNER})",
    )
    add_ca_file(parser)
    parser.add_argument(
        "--select",
        type=words,
        default=(),
        metavar="IDS",
        help="requirements: RECV-02,RECV-05 (default: all)",
    )
    parser.add_argument("--max-time", type=above_zero, metavar="S", help="stop after so many seconds")
    verdicts.add_arguments(parser)
    parser.add_argument(
        "--list", action="store_true", help="list the requirements with their tests, and stop"
    )


def run(arguments: argparse.Namespace) -> int:
    """Test and report; the exit code is one of those in the help."""
    from contract_tests.credentials import CredentialsError
    from contract_tests.requirements import SelectionError
    from contract_tests.target import TargetError

    try:
        if arguments.init:
            return _init(arguments)
        if arguments.list:
            return _list(arguments)
        return _verify(arguments)
    except (CredentialsError, SelectionError, TargetError) as error:
        raise Failure(str(error), WRONG_USAGE) from None


def _init(arguments: argparse.Namespace) -> int:
    from contract_tests.receivers import keys

    public, made = keys.keep(arguments.home)
    pem = public.read_text(encoding="ascii")
    verdicts.tell_of(
        arguments,
        {"publicKey": str(public.resolve()), "pem": pem, "made": made},
        f"""\
{"Made a key pair" if made else "There is a key pair already"}. Let the receiver trust the public key:

  {public.resolve()}

{pem}
A mock server with --home {shlex.quote(str(arguments.home))} signs with the same key. Then:

  stablemint verify-receiver URL --session-id ID    # a session that the receiver knows
""",
    )
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from contract_tests.receivers import suite
    from contract_tests.report.terminal import listing
    from stablemint.terminal import Terminal

    text = io.StringIO()
    listed = suite.coverage(), suite.untested(), suite.select(arguments.select)
    listing(*listed, text, columns=Terminal().columns)
    verdicts.tell_of(arguments, verdicts.listing(*listed), text.getvalue())
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from contract_tests.preflight import PreflightError
    from contract_tests.receivers import suite
    from contract_tests.receivers.sessions import SessionsError

    suite.select(arguments.select)  # what is mistyped is said before any session is made
    verdicts.require_places(arguments.json, arguments.junit, arguments.html)
    receiver, plan = _receiver(arguments), _plan(arguments)
    watching = verdicts.watch(arguments)
    try:
        receiver = dataclasses.replace(receiver, sessions=_sessions(arguments, receiver))
        report = suite.run(receiver, plan, watching)
    except (PreflightError, SessionsError) as error:
        verdicts.tell_obstacle(arguments, suite.not_tested(receiver, plan, str(error)))
        raise Failure(str(error), UNREACHABLE) from None
    return verdicts.tell(arguments, report, watching)


def _plan(arguments: argparse.Namespace) -> Plan:
    from contract_tests.suite import Plan

    return Plan(select=arguments.select, layers=(), max_time=arguments.max_time, command=_command(arguments))


def _receiver(arguments: argparse.Namespace) -> Receiver:
    from contract_tests.receivers import keys
    from contract_tests.receivers.receiver import Receiver
    from contract_tests.target import TargetError

    if arguments.url is None:
        raise TargetError("no URL given, such as http://localhost:3000/webhooks")
    paths = arguments.signing_key or [arguments.home / keys.PRIVATE_KEY]
    if not arguments.signing_key and not paths[0].exists():
        raise TargetError(
            f"there is no signing key: {paths[0]} does not exist.\nThe mock server makes it at its first "
            "start, and so does `stablemint verify-receiver --init`; --signing-key FILE names another."
        )
    partner = _partner(arguments)
    return Receiver(
        url=arguments.url,
        keys=tuple(map(keys.read, paths)),
        partner_name=arguments.partner_name or (partner.name if partner else DEFAULT_PARTNER),
        partners=(partner,) if partner else (),
        ca_file=arguments.ca_file,
    )


def _partner(arguments: argparse.Namespace) -> Partner | None:
    from contract_tests import credentials

    if arguments.sessions_from is None:
        return credentials.read_directory(arguments.credentials) if arguments.credentials else None
    folder = arguments.credentials or arguments.home / "partners" / DEFAULT_PARTNER
    return credentials.read_directory(folder)


def _sessions(arguments: argparse.Namespace, receiver: Receiver) -> tuple[KnownSession, ...]:
    from contract_tests.receivers.receiver import KnownSession
    from contract_tests.receivers.sessions import Api
    from contract_tests.target import Target

    if arguments.sessions_from is None:
        return tuple(KnownSession(session_id=name) for name in arguments.session_id)
    target = Target(url=arguments.sessions_from.rstrip("/"), partners=receiver.partners)
    (partner,) = target.partners
    api = Api(target.url, partner, now=int(time.time()), ca_file=receiver.ca_file)
    try:
        return tuple(map(api.look_up, arguments.session_id)) or api.make_all()
    finally:
        api.close()


def _command(arguments: argparse.Namespace) -> str:
    words = ["stablemint", "verify-receiver", arguments.url]
    if arguments.home != Path(".stablemint"):
        words += ["--home", str(arguments.home)]
    for key in arguments.signing_key:
        words += ["--signing-key", str(key)]
    for name in ("sessions_from", "credentials", "partner_name", "ca_file"):
        if (value := getattr(arguments, name)) is not None:
            words += [f"--{name.replace('_', '-')}", str(value)]
    for session_id in arguments.session_id:
        words += ["--session-id", session_id]
    return shlex.join(words)
