"""`stablemint verify-receiver`: the contract tests against a partner's webhook endpoint."""

from __future__ import annotations

import argparse
import dataclasses
import os
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from stablemint import verdicts

if TYPE_CHECKING:
    from contract_tests.credentials import Partner
    from contract_tests.receivers.receiver import KnownSession, Receiver
    from contract_tests.suite import Plan

SUMMARY = "test a partner's webhook endpoint against the contract"

WRONG_USAGE = 2
NO_TARGET = 3
DEFAULT_PARTNER = "demo"

_EPILOG = """\
The receiver has to trust the key that signs, and to know the sessions that the deliveries are about. One that
is set up for the mock server does both; with the mock server running:

  stablemint verify-receiver http://localhost:3000/webhooks --sessions-from http://localhost:8080

makes sessions there for the demo partner, as which the receiver can look them up. A receiver that keeps its
own list of sessions is told of one that is on it, or several, so that each can end in another way:

  stablemint verify-receiver http://localhost:3000/webhooks --session-id ID --session-id ID

Without a mock server, --init makes the key; let the receiver trust its public half.

exit codes:
  0    all that such a run can decide has passed
  1    a requirement failed
  2    wrong usage or configuration
  3    the endpoint cannot be reached, or --sessions-from makes no session
  4    nothing failed, but something was not verified, or time ran out
  130  interrupted
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `stablemint verify-receiver`."""
    parser.epilog = _EPILOG
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
    parser.add_argument(
        "--ca-file", type=Path, metavar="FILE", help="certificates to trust beside the system's, in PEM"
    )
    parser.add_argument(
        "--select",
        type=_words,
        default=(),
        metavar="IDS",
        help="requirements: RECV-02,RECV-05 (default: all)",
    )
    parser.add_argument("--max-time", type=_seconds, metavar="S", help="stop after so many seconds")
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
        return _fail(str(error))


def _init(arguments: argparse.Namespace) -> int:
    from contract_tests.receivers import keys

    public, made = keys.keep(arguments.home)
    sys.stdout.write(
        f"""\
{"Made a key pair" if made else "There is a key pair already"}. Let the receiver trust the public key:

  {public.resolve()}

{public.read_text(encoding="ascii")}
A mock server with --home {shlex.quote(str(arguments.home))} signs with the same key. Then:

  stablemint verify-receiver URL --session-id ID    # a session that the receiver knows
"""
    )
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from contract_tests.receivers import suite
    from contract_tests.report.terminal import listing

    listing(suite.coverage(), suite.untested(), suite.select(arguments.select), sys.stdout)
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from contract_tests.preflight import PreflightError
    from contract_tests.receivers import suite
    from contract_tests.receivers.sessions import SessionsError
    from contract_tests.report.terminal import Terminal

    suite.select(arguments.select)  # what is mistyped is said before any session is made
    receiver, plan = _receiver(arguments), _plan(arguments)
    live = sys.stdout.isatty()
    terminal = Terminal(sys.stdout, colour=live and "NO_COLOR" not in os.environ, live=live)
    try:
        receiver = dataclasses.replace(receiver, sessions=_sessions(arguments, receiver))
        report = suite.run(receiver, plan, terminal)
    except (PreflightError, SessionsError) as error:
        wrong = verdicts.write(arguments, suite.not_tested(receiver, plan, str(error)))
        return _fail("\n".join(filter(None, (str(error), wrong))), NO_TARGET)
    terminal.show(report)
    if wrong := verdicts.write(arguments, report):
        return _fail(wrong)
    return report.exit_code


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


def _fail(message: str, code: int = WRONG_USAGE) -> int:
    sys.stderr.write(f"stablemint verify-receiver: {message}\n")
    return code


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds above 0")
    return value
