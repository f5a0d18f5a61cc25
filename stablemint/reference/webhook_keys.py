"""`stablemint reference webhook-key`: the keys that sign webhooks, published as a set."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from stablemint.failure import Failure
from stablemint.options import number
from stablemint.reference.store import (
    STORE_OPTIONS,
    add_command,
    add_group,
    add_settings,
    open_store,
    tell,
)

if TYPE_CHECKING:
    from reference_impl.domain.webhook_keys import WebhookKey

_LATER = "signs later"


def add(commands: Any) -> None:
    """Add the command and what is below it."""
    group = add_group(commands, "webhook-key", "the keys that sign webhooks", "webhook-key show")
    show = add_command(
        group, "show", "print the public keys that receivers have to accept", "webhook-key show", work=_show
    )
    rotate = add_command(
        group,
        "rotate",
        "add a key that signs from now on, or from later; those before stay valid",
        "webhook-key rotate",
        "webhook-key rotate --in-hours 24",
        work=_rotate,
    )
    rotate.add_argument(
        "--in-hours",
        type=number(0, 10_000),
        default=0.0,
        metavar="H",
        help="have it sign only so many hours from now, so that receivers can learn of it (default: at once)",
    )
    retire = add_command(
        group, "retire", "remove a key that signs no more", "webhook-key retire KEY", work=_retire
    )
    retire.add_argument("key", help="its identifier, as `show` prints it")
    for parser in (show, rotate, retire):
        add_settings(parser, STORE_OPTIONS)


def _show(arguments: argparse.Namespace) -> int:
    from reference_impl.domain.webhook_keys import choose_signing_key
    from reference_impl.use_cases.webhook_keys import require_webhook_key

    now = datetime.now(UTC)
    with open_store(arguments) as storage:
        require_webhook_key(storage, now=now)
        with storage.transaction() as transaction:
            keys = transaction.webhook_keys()
    signs = choose_signing_key(keys, now)
    shown = [
        _describe(key, "signs" if key == signs else _LATER if key.signs_from > now else "signs no more")
        for key in keys
    ]
    tell(arguments, {"keys": shown}, "\n".join(map(_text, shown)))
    return 0


def _rotate(arguments: argparse.Namespace) -> int:
    from reference_impl.use_cases.webhook_keys import require_webhook_key, rotate_webhook_key

    now = datetime.now(UTC)
    with open_store(arguments) as storage:
        require_webhook_key(storage, now=now)
        key = rotate_webhook_key(storage, signs_from=now + timedelta(hours=arguments.in_hours))
    shown = _describe(key, _LATER if arguments.in_hours else "signs")
    tell(arguments, shown, _text(shown))
    return 0


def _retire(arguments: argparse.Namespace) -> int:
    from reference_impl.use_cases.webhook_keys import KeyInUseError, retire_webhook_key

    with open_store(arguments) as storage:
        try:
            retire_webhook_key(storage, arguments.key, now=datetime.now(UTC))
        except KeyError:
            raise Failure(f"there is no key {arguments.key}; `webhook-key show` names all") from None
        except KeyInUseError:
            raise Failure(f"{arguments.key} signs, now or next; rotate first") from None
    told = f"{arguments.key} is gone; receivers need accept it no longer"
    tell(arguments, {"keyId": arguments.key, "retired": True}, told)
    return 0


def _describe(key: WebhookKey, state: str) -> dict[str, Any]:
    from reference_impl.use_cases.webhook_keys import public_key_of

    return {
        "keyId": key.key_id,
        "state": state,
        "signsFrom": f"{key.signs_from:%Y-%m-%dT%H:%M:%SZ}",
        "publicKey": public_key_of(key),
    }


def _text(shown: dict[str, Any]) -> str:
    """The key in PEM, below what it is for: comments to whatever reads the PEM."""
    state = f"signs from {shown['signsFrom']}" if shown["state"] == _LATER else shown["state"]
    return f"# {shown['keyId']}: {state}\n{shown['publicKey'].rstrip()}"
