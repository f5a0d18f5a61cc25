"""`stablemint verify`: the contract tests against an implementation."""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import io
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stablemint import verdicts
from stablemint.failure import UNREACHABLE, WRONG_USAGE, Failure, manual
from stablemint.options import above_zero, add_ca_file, positive, whole_number, words

if TYPE_CHECKING:
    from contract_tests.configuration import Configuration
    from contract_tests.credentials import Partner
    from contract_tests.suite import Plan

SUMMARY = "test an implementation against the contract"

_NOTE = """\
Credentials may also come from STABLEMINT_API_KEY, STABLEMINT_API_SECRET and STABLEMINT_PRIVATE_KEY (a path).
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `stablemint verify`."""
    parser.epilog = manual(
        "stablemint verify --init",
        "stablemint verify",
        "stablemint verify https://api.example --credentials partners/demo --select AUTH,IDEM-03",
        "stablemint verify http://localhost:8080 --json",
        note=_NOTE,
        codes=verdicts.codes(
            "conformant: everything claimed that such a run can decide has passed",
            "the target cannot be reached, or refuses our own credentials",
        ),
    )
    parser.add_argument(
        "url", nargs="?", metavar="URL", help="base URL of the implementation (default: as target.toml says)"
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="what to test and as whom (default without URL: target.toml); options given besides win",
    )
    parser.add_argument(
        "--init",
        action="store_true",
        help="write a commented target.toml, filled from .stablemint/ for the local mock server, and stop",
    )
    parser.add_argument(
        "--credentials",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a partner: api_key, api_secret and private_key.pem in a folder; repeat for more partners",
    )
    parser.add_argument(
        "--api-key-file", type=Path, metavar="FILE", help="a partner from files: the API key,"
    )
    parser.add_argument("--api-secret-file", type=Path, metavar="FILE", help="its API secret,")
    parser.add_argument(
        "--private-key-file", type=Path, metavar="FILE", help="and its private key in PEM form"
    )
    add_ca_file(parser)
    parser.add_argument(
        "--select",
        type=words,
        default=(),
        metavar="IDS",
        help="requirements or areas, comma-separated: AUTH,IDEM-03 (default: all)",
    )
    parser.add_argument(
        "--claim",
        type=words,
        metavar="CAPS",
        help="capabilities that the implementation claims (default: all that need no driver)",
    )
    parser.add_argument(
        "--seed",
        type=whole_number,
        default=1,
        metavar="N",
        help="what the requests depend on (default: %(default)s)",
    )
    parser.add_argument(
        "--max-amount",
        type=above_zero,
        metavar="AMOUNT",
        help="the environment's limit of amounts (default: 10 where `limits` is claimed)",
    )
    parser.add_argument(
        "--max-examples",
        type=positive,
        default=20,
        metavar="N",
        help="generated requests of each operation and phase (default: %(default)s)",
    )
    parser.add_argument("--max-time", type=above_zero, metavar="S", help="stop after so many seconds")
    parser.add_argument(
        "--layer",
        choices=("directed", "generated"),
        action="append",
        help="run this layer alone (default: both; for single requirements, directed)",
    )
    verdicts.add_arguments(parser)
    parser.add_argument(
        "--list", action="store_true", help="list the requirements with their tests, and stop"
    )


def run(arguments: argparse.Namespace) -> int:
    """Test and report; the exit code is one of those in the help."""
    missing = [name for name in ("schemathesis", "jsonschema_rs") if importlib.util.find_spec(name) is None]
    if missing:
        raise Failure(
            f"{' and '.join(missing)} not installed: `pip install 'stablemint-sessions[verify]'` installs "
            "what the contract tests need",
            WRONG_USAGE,
        )
    from contract_tests.credentials import CredentialsError
    from contract_tests.requirements import SelectionError
    from contract_tests.table import ConfigurationError
    from contract_tests.target import TargetError

    try:
        if arguments.init:
            return _init(arguments)
        if arguments.list:
            return _list(arguments)
        return _verify(_configuration(arguments), arguments)
    except (ConfigurationError, CredentialsError, SelectionError, TargetError) as error:
        raise Failure(str(error), WRONG_USAGE) from None


def _init(arguments: argparse.Namespace) -> int:
    from contract_tests.configuration import NAME
    from contract_tests.template import HOME, render

    path = arguments.config or Path(NAME)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(render(HOME, folder=path.parent))
    except FileExistsError:
        raise Failure(
            f"{path} is there already; move it away, or name another with --config FILE", WRONG_USAGE
        ) from None
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}", WRONG_USAGE) from None
    filled = HOME.is_dir()
    found = f"filled from {HOME}/" if filled else f"there is no {HOME}/ here: put your own values in"
    written = {"file": str(path), "filledFrom": str(HOME) if filled else None}
    verdicts.tell_of(arguments, written, f"{path} written, {found}\n")
    return 0


def _verify(configuration: Configuration, arguments: argparse.Namespace) -> int:
    from contract_tests import suite
    from contract_tests.preflight import PreflightError

    verdicts.require_places(arguments.json, arguments.junit, arguments.html)
    watching = verdicts.watch(arguments)
    target, plan = configuration.target, _plan(arguments)
    try:
        with configuration.equip() as equipment:
            report = suite.run(target, plan, watching, equipment=equipment, expected=configuration.expected)
    except PreflightError as error:
        verdicts.tell_obstacle(arguments, suite.not_tested(target, plan, str(error)))
        raise Failure(str(error), UNREACHABLE) from None
    return verdicts.tell(arguments, report, watching)


def _list(arguments: argparse.Namespace) -> int:
    from contract_tests import suite
    from contract_tests.report.terminal import listing
    from stablemint.terminal import Terminal

    coverage, text = suite.coverage(_layers(arguments)), io.StringIO()
    listed = coverage, suite.untested(coverage), suite.select(arguments.select)
    listing(*listed, text, columns=Terminal().columns)
    verdicts.tell_of(arguments, verdicts.listing(*listed), text.getvalue())
    return 0


def _layers(arguments: argparse.Namespace) -> tuple[str, ...]:
    from contract_tests.suite import choose_layers

    return tuple(dict.fromkeys(arguments.layer or choose_layers(arguments.select)))


def _plan(arguments: argparse.Namespace) -> Plan:
    from contract_tests.suite import Plan

    return Plan(
        seed=arguments.seed,
        select=arguments.select,
        layers=_layers(arguments),
        max_examples=arguments.max_examples,
        max_time=arguments.max_time,
        command=_command(arguments),
    )


def _configuration(arguments: argparse.Namespace) -> Configuration:
    """What the file says, if one is meant, with what the command line says instead."""
    from contract_tests import configuration
    from contract_tests.target import Target, TargetError

    path = _config_path(arguments)
    partners = _partners(arguments)
    changes: dict[str, Any] = {}
    if arguments.url is not None:
        changes["url"] = arguments.url.rstrip("/")
    if partners:
        changes["partners"] = partners
    if arguments.max_amount is not None:
        changes["max_amount"] = arguments.max_amount
    if arguments.claim is not None:
        changes["claims"] = frozenset(arguments.claim)
    if arguments.ca_file is not None:
        changes["ca_file"] = arguments.ca_file
    if path is not None:
        read = configuration.read(path)
        return dataclasses.replace(read, target=dataclasses.replace(read.target, **changes))
    if arguments.url is None:
        raise TargetError(
            "no base URL given, such as http://localhost:8080, and there is no target.toml here; "
            "`stablemint verify --init` writes one"
        )
    return configuration.Configuration(target=Target(**{"partners": (), **changes}))


def _config_path(arguments: argparse.Namespace) -> Path | None:
    usual = Path("target.toml")
    if arguments.config is None and arguments.url is None and usual.exists():
        return usual
    path: Path | None = arguments.config
    return path


def _partners(arguments: argparse.Namespace) -> tuple[Partner, ...]:
    from contract_tests import credentials
    from contract_tests.target import name_apart

    partners = [credentials.read_directory(directory) for directory in arguments.credentials]
    files = (arguments.api_key_file, arguments.api_secret_file, arguments.private_key_file)
    if any(files):
        if not all(files):
            raise credentials.CredentialsError(
                "--api-key-file, --api-secret-file and --private-key-file belong together"
            )
        key, secret, private_key = files
        partners.append(
            credentials.read_files(name="files", api_key=key, api_secret=secret, private_key=private_key)
        )
    if not partners and _config_path(arguments) is None:
        from_environment = credentials.read_environment(os.environ)
        partners = [from_environment] if from_environment else []
    return name_apart(partners)


def _command(arguments: argparse.Namespace) -> str:
    words = ["stablemint", "verify"]
    if arguments.config is not None:
        words += ["--config", str(arguments.config)]
    if arguments.url is not None:
        words.append(arguments.url)
    for directory in arguments.credentials:
        words += ["--credentials", str(directory)]
    for name in ("api_key_file", "api_secret_file", "private_key_file", "ca_file"):
        if (value := getattr(arguments, name)) is not None:
            words += [f"--{name.replace('_', '-')}", str(value)]
    if arguments.max_amount is not None:
        words += ["--max-amount", f"{arguments.max_amount:g}"]
    if arguments.claim is not None:
        words += ["--claim", ",".join(arguments.claim)]
    return shlex.join(words)
