"""`stablemint reference partners`: who may call the API."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stablemint.failure import WRONG_USAGE, Failure
from stablemint.reference.store import (
    STORE_OPTIONS,
    add_command,
    add_group,
    add_settings,
    no_partner,
    open_store,
    tell,
    tell_rows,
)

if TYPE_CHECKING:
    from reference_impl.domain.partners import Partner

_MODELS = {"stablemint": ["stablemint"], "partner": ["partner"], "both": ["stablemint", "partner"]}


def add(commands: Any) -> None:
    """Add the command and what is below it."""
    group = add_group(commands, "partners", "the partners that may call the API", "partners list")
    onboard = add_command(
        group,
        "add",
        "register a partner and print its API key and secret",
        "partners add --name shop --public-key public_key.pem",
        work=_add,
    )
    onboard.add_argument("--name", required=True, help="what it is called: 1 to 64 of a-z, 0-9 and -")
    onboard.add_argument(
        "--public-key", type=Path, required=True, metavar="FILE", help="its RSA public key, SPKI in PEM"
    )
    onboard.add_argument(
        "--customer-management",
        choices=sorted(_MODELS),
        default="both",
        metavar="MODEL",
        help=f"who manages its customers: {', '.join(sorted(_MODELS))} (default: %(default)s)",
    )
    listing = add_command(
        group,
        "list",
        "list the partners, without secrets",
        "partners list",
        "partners list --json",
        work=_list,
    )
    rotate = add_command(
        group,
        "rotate-key",
        "give a partner a new API key and secret, and with --public-key a new public key; the former ones "
        "are refused from then on",
        "partners rotate-key shop",
        "partners rotate-key shop --public-key new_public_key.pem",
        work=_rotate,
    )
    rotate.add_argument("name", help="the partner")
    rotate.add_argument("--public-key", type=Path, metavar="FILE", help="its new RSA public key")
    for parser in (onboard, listing, rotate):
        add_settings(parser, STORE_OPTIONS)


def _add(arguments: argparse.Namespace) -> int:
    import re

    from reference_impl.credentials import new_api_key, new_api_secret
    from reference_impl.domain.partners import CustomerManagement, Partner

    if not re.fullmatch("[a-z0-9-]{1,64}", arguments.name):
        raise Failure("--name: give 1 to 64 of a-z, 0-9 and -", WRONG_USAGE)
    partner = Partner(
        partner_id=arguments.name,
        name=arguments.name,
        api_key=new_api_key(arguments.name),
        api_secret=new_api_secret(),
        public_key_pem=_read_public_key(arguments.public_key),
        customer_management=frozenset(map(CustomerManagement, _MODELS[arguments.customer_management])),
    )
    with open_store(arguments) as storage, storage.transaction() as transaction:
        if any(known.partner_id == partner.partner_id for known in transaction.partners()):
            raise Failure(
                f"there is a partner {arguments.name} already; `partners rotate-key` gives it new keys"
            )
        transaction.add_partner(partner)
    _print_secrets(arguments, partner)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    with open_store(arguments) as storage, storage.transaction() as transaction:
        found = [
            {
                "partner": partner.partner_id,
                "apiKey": partner.api_key,
                "customerManagement": sorted(partner.customer_management, reverse=True),
            }
            for partner in transaction.partners()
        ]
    tell_rows(
        arguments,
        "partners",
        {"partner": "partner", "apiKey": "API key", "customerManagement": "customers managed by"},
        found,
        none="no partners yet; `stablemint reference partners add` registers one",
    )
    return 0


def _rotate(arguments: argparse.Namespace) -> int:
    from reference_impl.credentials import new_api_key, new_api_secret

    changes = {"api_key": new_api_key(arguments.name), "api_secret": new_api_secret()}
    if arguments.public_key is not None:
        changes["public_key_pem"] = _read_public_key(arguments.public_key)
    with open_store(arguments) as storage, storage.transaction() as transaction:
        try:
            partner = replace(transaction.partner(arguments.name), **changes)  # type: ignore[arg-type]
        except KeyError:
            raise no_partner(arguments.name) from None
        transaction.add_partner(partner)
    _print_secrets(arguments, partner)
    return 0


def _read_public_key(path: Path) -> str:
    from reference_impl.credentials import require_public_key

    try:
        pem = path.read_text(encoding="ascii")
        require_public_key(pem)
    except OSError as error:
        raise Failure(f"--public-key: {path} cannot be read: {error.strerror}", WRONG_USAGE) from None
    except ValueError as error:
        raise Failure(f"--public-key: {path} {error}", WRONG_USAGE) from None
    return pem


def _print_secrets(arguments: argparse.Namespace, partner: Partner) -> None:
    """What the partner has to be told, by a safe way; the secret is shown this once."""
    secrets = {"partner": partner.partner_id, "apiKey": partner.api_key, "apiSecret": partner.api_secret}
    tell(arguments, secrets, json.dumps(secrets, indent=2))
