"""`stablemint reference`: the reference implementation, as a demo of one command or as its parts."""

from __future__ import annotations

import argparse
import errno
import json
from pathlib import Path
from typing import TYPE_CHECKING

from stablemint.failure import REFUSED, WRONG_USAGE, Failure, manual
from stablemint.first_session import describe_partners, write_first_session
from stablemint.interruption import INTERRUPTED
from stablemint.options import explain_start
from stablemint.reference import customers, encryption, endpoints, partners, webhook_keys
from stablemint.reference.store import (
    CODES,
    STORE_OPTIONS,
    add_command,
    add_json_switch,
    add_settings,
    given_settings,
    tell,
    wants_json,
)
from stablemint.terminal import Terminal

if TYPE_CHECKING:
    from reference_impl.serving.deployment import Deployment
    from reference_impl.serving.roles import Role

SUMMARY = "start the reference implementation"

_CODES = {
    0: "it was stopped, by Ctrl-C or a signal",
    REFUSED: "a process of it could not begin its work",
    WRONG_USAGE: "wrong usage, settings, a port in use, or a database that cannot be used",
    INTERRUPTED: "interrupted before it was ready",
}
"""The exit codes of what serves."""

_OF_THE_OUTPUT = (errno.ENOSPC, errno.EPIPE)

_NOTE = """\
Without a command: web processes and a dispatcher with demo partners, a sandbox on this machine.

Settings come from options, STABLEMINT_… variables and a TOML file, in this order; `stablemint docs` lists all
of them on its page of settings.
"""

_WHEN_READY = "print one line of JSON when ready"
_OPERATIONS_OPTIONS = {
    "--log-level": ("LEVEL", "debug, info, warning or error (default: info)"),
    "--operations-host": ("HOST", "address of /healthz, /readyz and /metrics (default: 127.0.0.1)"),
    "--operations-port": ("PORT", "port of these, 0 for any free one (default: 9090)"),
}
_WEB_OPTIONS = {
    "--host": ("HOST", "address to listen on (default: 127.0.0.1)"),
    "--port": ("PORT", "port to listen on, 0 for any free one (default: 8090)"),
    "--workers": ("N", "web processes (default: 1)"),
    "--public-url": ("URL", "what URLs in answers begin with (default: http://localhost:PORT)"),
    "--checkout-url": ("URL", "what sessionUrl begins with (default: /checkout below the public URL)"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options and commands of `stablemint reference`."""
    parser.epilog = manual(
        "stablemint reference",
        "stablemint reference migrate --database-url postgresql://db.example/payments",
        "stablemint reference web --config reference.toml --workers 4",
        "stablemint reference partners add --name shop --public-key public_key.pem",
        note=_NOTE,
        codes=_CODES,
    )
    add_settings(parser, _WEB_OPTIONS, _OPERATIONS_OPTIONS, STORE_OPTIONS)
    parser.add_argument(
        "--simulate",
        action="store_true",
        default=argparse.SUPPRESS,
        help="a simulated bank, and the control API's driver operations: for contract tests",
    )
    _add_switches(parser)
    add_json_switch(parser, _WHEN_READY)
    parser.set_defaults(work=_run_demo)
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    web = add_command(
        commands,
        "web",
        "web processes alone",
        "web --config reference.toml --workers 4",
        work=_run_web,
        codes=_CODES,
        json=_WHEN_READY,
    )
    add_settings(web, _WEB_OPTIONS, _OPERATIONS_OPTIONS, STORE_OPTIONS)
    _add_switches(web)
    dispatch = add_command(
        commands,
        "dispatch",
        "one dispatcher alone",
        "dispatch --config reference.toml",
        work=_run_dispatcher,
        codes=_CODES,
        json=_WHEN_READY,
    )
    add_settings(dispatch, _OPERATIONS_OPTIONS, STORE_OPTIONS)
    _add_switches(dispatch)
    migrating = add_command(
        commands,
        "migrate",
        "bring the database to this version's tables",
        "migrate --database-url postgresql://db.example/payments",
        work=_migrate,
        codes=CODES | {REFUSED: "a transaction of others is in the way: nothing was changed, try again"},
    )
    add_settings(migrating, STORE_OPTIONS)
    for module in (partners, endpoints, webhook_keys, customers, encryption):
        module.add(commands)


def run(arguments: argparse.Namespace) -> int:
    """Do the command's work. Raises Failure if a setting, a file or the database keeps it from being done."""
    from reference_impl.domain.problems import Problem
    from reference_impl.settings import SettingsError
    from reference_impl.storage.database import BusyDatabase
    from reference_impl.storage.encryption import UndecipherableError

    try:
        code: int = arguments.work(arguments)
    except BusyDatabase as error:
        raise Failure(str(error)) from None
    except OSError as error:
        if error.filename is not None or error.errno in _OF_THE_OUTPUT:
            raise  # of a file, or of the output: which is told alike for every command
        raise Failure(str(error), WRONG_USAGE) from None
    except SettingsError as error:
        raise Failure(str(error), WRONG_USAGE) from None
    except UndecipherableError as error:
        raise Failure(
            f"{error}; give all that were used, STABLEMINT_ENCRYPTION_KEYS takes several", WRONG_USAGE
        ) from None
    except Problem as problem:
        raise Failure(problem.detail) from None
    return code


def _add_switches(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--validate-responses",
        action="store_true",
        default=argparse.SUPPRESS,
        help="hold every answer to the OpenAPI document, and answer 500 where one breaks it",
    )


def _run_demo(arguments: argparse.Namespace) -> int:
    return _serve(arguments, demo=True)


def _run_web(arguments: argparse.Namespace) -> int:
    from reference_impl.serving.roles import Role

    return _serve(arguments, Role.WEB)


def _run_dispatcher(arguments: argparse.Namespace) -> int:
    from reference_impl.serving.roles import Role

    return _serve(arguments, Role.DISPATCH)


def _migrate(arguments: argparse.Namespace) -> int:
    from reference_impl.serving.assembly import open_storage

    open_storage(given_settings(arguments), migrate=True).close()
    tell(arguments, {"isCurrent": True}, "the database has this version's tables")
    return 0


def _serve(arguments: argparse.Namespace, role: Role | None = None, *, demo: bool = False) -> int:
    """Serve until interrupted: 0 after an orderly stop."""
    from reference_impl.serving import logs
    from reference_impl.serving.deployment import Deployment
    from reference_impl.serving.roles import Role
    from reference_impl.settings import SettingsError, load_settings, unknown_variables

    options = dict(vars(arguments))
    del options["work"]
    options.pop("json", None)
    file = options.pop("config", None)
    settings = load_settings(options, file=Path(file) if file else None, demo=demo)
    if settings.simulate and role is not None:
        raise SettingsError(
            "simulate: a simulation is one process that does everything; leave the command out."
        )
    if role is Role.DISPATCH:
        roles = [Role.DISPATCH]
    elif settings.simulate:
        roles = [Role.SIMULATION]
    else:
        roles = [Role.WEB] * settings.workers + ([Role.DISPATCH] if demo else [])
    try:
        deployment = Deployment(settings, roles, demo=demo)
    except OSError as error:
        raise Failure(explain_start(error, settings.host, settings.port), WRONG_USAGE) from None
    logs.configure(settings.log_level, process="supervisor")
    for mistake in unknown_variables():
        logs.log.warning("%s", mistake)
    describe = _describe_as_json if wants_json(arguments) else _describe
    return deployment.serve(ready=lambda: Terminal().say(describe(deployment)))


def _describe_as_json(deployment: Deployment) -> str:
    settings = deployment.settings
    return json.dumps(
        {
            "event": "ready",
            **(
                {
                    "url": deployment.url,
                    "host": settings.host,
                    "port": deployment.listeners[0].getsockname()[1],
                }
                if deployment.listeners
                else {}
            ),
            "operations": deployment.operations_url,
            "home": str(deployment.home.path.resolve()),
            "partners": describe_partners(deployment.home, deployment.partners),
        }
    )


def _describe(deployment: Deployment) -> str:
    what = deployment.url if deployment.listeners else "a dispatcher"
    lines = ["", f"  Stable Mint reference implementation  {what}", ""]
    lines += [f"  health and metrics  {deployment.operations_url}/readyz, /healthz, /metrics"]
    if deployment.partners:
        credentials = deployment.home.partner_folder("demo").resolve() / "credentials.env"
        lines += [
            f"  partners            {', '.join(deployment.partners)}",
            f"  credentials         {deployment.home.path.resolve()}",
            "",
            "  Create a payment session (paste as it stands):",
            "",
            write_first_session(credentials),
        ]
    return "\n".join([*lines, "", "  Ctrl-C stops it."])
