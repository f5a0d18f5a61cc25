"""`stablemint reference endpoints`: where a partner's webhooks go, one URL for each event type."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from stablemint.reference.store import (
    STORE_OPTIONS,
    CommandError,
    add_command,
    add_group,
    add_settings,
    given_settings,
    no_partner,
    open_store,
    write,
)

if TYPE_CHECKING:
    from reference_impl.domain.events import EventType
    from reference_impl.settings import Settings


def add(commands: Any) -> None:
    """Add the command and what is below it."""
    group = add_group(
        commands, "endpoints", "the URLs that a partner's webhooks go to", "endpoints list shop"
    )
    setting = add_command(
        group,
        "set",
        "send a partner's events, all or of some types, to a URL",
        "endpoints set shop https://shop.example/webhooks",
        "endpoints set shop https://shop.example/status --event-type transaction.status.changed",
        work=_set,
    )
    listing = add_command(
        group,
        "list",
        "list a partner's endpoints",
        "endpoints list shop",
        "endpoints list shop --json",
        work=_list,
    )
    listing.add_argument("--json", action="store_true", help="print JSON, for programs")
    removing = add_command(
        group,
        "remove",
        "remove endpoints, all or of some types",
        "endpoints remove shop",
        "endpoints remove shop --event-type transaction.status.changed",
        work=_remove,
    )
    for parser in (setting, listing, removing):
        parser.add_argument("partner", help="the partner")
        add_settings(parser, STORE_OPTIONS)
    setting.add_argument("url", help="an https URL of at most 2048 characters")
    for parser in (setting, removing):
        parser.add_argument(
            "--event-type",
            action="append",
            default=[],
            metavar="TYPE",
            help="such as transaction.status.changed; repeat for more (default: all)",
        )


def _set(arguments: argparse.Namespace) -> int:
    _require_url(arguments.url, given_settings(arguments))
    return _change(arguments, arguments.url)


def _remove(arguments: argparse.Namespace) -> int:
    return _change(arguments, None)


def _list(arguments: argparse.Namespace) -> int:
    with open_store(arguments) as storage, storage.transaction() as transaction:
        _require_partner(transaction, arguments.partner)
        found = sorted(transaction.endpoints(arguments.partner).items())
    if arguments.json:
        write(json.dumps({"endpoints": [{"eventType": kind, "url": url} for kind, url in found]}))
        return 0
    for event_type, url in found:
        write(f"{event_type}\t{url}")
    return 0


def _change(arguments: argparse.Namespace, url: str | None) -> int:
    with open_store(arguments) as storage, storage.transaction() as transaction:
        _require_partner(transaction, arguments.partner)
        for event_type in _event_types(arguments.event_type):
            transaction.set_endpoint(arguments.partner, event_type, url)
    return 0


def _require_partner(transaction: Any, name: str) -> None:
    try:
        transaction.partner(name)
    except KeyError:
        raise no_partner(name) from None


def _event_types(names: list[str]) -> list[EventType]:
    from reference_impl.domain.events import EventType

    try:
        return [EventType(name) for name in names] or list(EventType)
    except ValueError:
        raise CommandError(f"--event-type: there are {', '.join(EventType)}") from None


def _require_url(url: str, settings: Settings) -> None:
    from reference_impl.delivery.addresses import AddressPolicy, ForbiddenAddressError
    from reference_impl.delivery.endpoint_urls import require_endpoint_url

    try:
        require_endpoint_url(url, AddressPolicy(private=settings.private_webhook_addresses))
    except ForbiddenAddressError as error:
        raise CommandError(
            f"{error.strerror}, unless the setting private_webhook_addresses allows it, as in the demo: "
            "set STABLEMINT_PRIVATE_WEBHOOK_ADDRESSES=true for this command too"
        ) from None
    except ValueError as error:
        raise CommandError(str(error)) from None
