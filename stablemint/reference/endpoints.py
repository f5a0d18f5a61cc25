"""`stablemint reference endpoints`: where a partner's webhooks go, one URL for each event type."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from stablemint.failure import WRONG_USAGE, Failure
from stablemint.reference.store import (
    STORE_OPTIONS,
    add_command,
    add_group,
    add_settings,
    given_settings,
    no_partner,
    open_store,
    tell_rows,
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
    return _change(arguments, _event_types(arguments.event_type), arguments.url)


def _remove(arguments: argparse.Namespace) -> int:
    return _change(arguments, _event_types(arguments.event_type), None)


def _list(arguments: argparse.Namespace) -> int:
    return _change(arguments, [], None)


def _change(arguments: argparse.Namespace, event_types: list[EventType], url: str | None) -> int:
    """Have the partner's events of these types go to a URL, or nowhere, and tell what there is then."""
    with open_store(arguments) as storage, storage.transaction() as transaction:
        _require_partner(transaction, arguments.partner)
        for event_type in event_types:
            transaction.set_endpoint(arguments.partner, event_type, url)
        found = sorted(transaction.endpoints(arguments.partner).items())
    tell_rows(
        arguments,
        "endpoints",
        {"eventType": "event type", "url": "URL"},
        ({"eventType": kind, "url": there} for kind, there in found),
        none=f"no endpoints; `stablemint reference endpoints set {arguments.partner} URL` sets them",
    )
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
        raise Failure(f"--event-type: there are {', '.join(EventType)}", WRONG_USAGE) from None


def _require_url(url: str, settings: Settings) -> None:
    from reference_impl.delivery.addresses import AddressPolicy, ForbiddenAddressError
    from reference_impl.delivery.endpoint_urls import require_endpoint_url

    try:
        require_endpoint_url(url, AddressPolicy(private=settings.private_webhook_addresses))
    except ForbiddenAddressError as error:
        raise Failure(
            f"{error.strerror}, unless the setting private_webhook_addresses allows it, as in the demo: "
            "set STABLEMINT_PRIVATE_WEBHOOK_ADDRESSES=true for this command too",
            WRONG_USAGE,
        ) from None
    except ValueError as error:
        raise Failure(str(error), WRONG_USAGE) from None
