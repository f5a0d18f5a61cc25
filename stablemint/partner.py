"""The partner that a command speaks as: where its credentials are found, and how its requests are signed."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from stablemint.failure import WRONG_USAGE, Failure
from stablemint.options import given

if TYPE_CHECKING:
    from reference_impl.credentials import PartnerCredentials

VARIABLES = ("STABLEMINT_API_KEY", "STABLEMINT_API_SECRET", "STABLEMINT_PRIVATE_KEY")


def add_partner_options(parser: argparse.ArgumentParser) -> None:
    """Whose credentials to use."""
    parser.add_argument(
        "--credentials",
        type=Path,
        metavar="DIR",
        help="folder with api_key, api_secret and private_key.pem (default: the variables "
        f"{', '.join(VARIABLES)}, or --partner)",
    )
    parser.add_argument(
        "--partner", type=given, metavar="NAME", help="a partner of the local mock server (default: demo)"
    )
    parser.add_argument(
        "--home",
        type=Path,
        default=Path(".stablemint"),
        metavar="DIR",
        help="folder of the mock server's credentials (default: %(default)s)",
    )


def read_credentials(arguments: argparse.Namespace) -> PartnerCredentials:
    """The credentials that the options or the environment name; raises Failure where there are none."""
    from reference_impl.credentials import PartnerCredentials

    name = arguments.partner or "demo"
    in_environment = [os.environ.get(variable) for variable in VARIABLES]
    folder: Path = arguments.credentials or arguments.home / "partners" / name
    try:
        if arguments.credentials is None and arguments.partner is None and all(in_environment):
            key, secret, key_file = (value or "" for value in in_environment)
            pem, name = Path(key_file).read_bytes(), "environment"
        else:
            key = (folder / "api_key").read_text().strip()
            secret = (folder / "api_secret").read_text().strip()
            pem = (folder / "private_key.pem").read_bytes()
    except OSError as error:
        raise Failure(
            f"no credentials: {error.filename} cannot be read ({(error.strerror or '').lower()}). "
            f"`stablemint mock` makes those of demo partners in {arguments.home}; --credentials names "
            "others.",
            WRONG_USAGE,
        ) from None
    return PartnerCredentials(
        name=name, customer_management=frozenset(), api_key=key, api_secret=secret, private_key_pem=pem
    )


def read_body(path: str | None) -> bytes:
    """A body from a file, or from standard input for `-`; none for None. Raises Failure."""
    import sys

    if path is None:
        return b""
    if not path:
        raise Failure("give a FILE with the body, or - for standard input", WRONG_USAGE)
    if path == "-":
        if sys.stdin is None:
            raise Failure("standard input is closed: give a FILE with the body", WRONG_USAGE)
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Failure(f"{path} cannot be read: {(error.strerror or '').lower()}", WRONG_USAGE) from None
