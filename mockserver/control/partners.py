"""Operations on partners: who calls the session API, and how payers see them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reference_impl.credentials import PartnerCredentials, new_api_key, new_api_secret, new_credentials
from reference_impl.domain.partners import CustomerManagement, Partner
from reference_impl.domain.problems import Problem
from reference_impl.http.api import Handler
from reference_impl.http.driver_endpoints import find_partner
from reference_impl.http.messages import Answer, Request, answer_json

MOST_PARTNERS = 1_000

_BRANDING = {"displayName": "display_name", "logoUrl": "logo_url", "colour": "colour"}


def list_partners(request: Request) -> Answer:
    """200 with every partner, without secrets."""
    with request.environment.storage.reading() as reading:
        return answer_json({"partners": [_show(partner) for partner in reading.partners()]})


async def create_partner(request: Request) -> Answer:
    """201 with the credentials, shown this once."""
    document = request.document
    models = _models(document) or frozenset(CustomerManagement)
    credentials: PartnerCredentials | None = None
    if "publicKey" in document:
        partner = Partner(
            partner_id=document["partner"],
            name=document["partner"],
            api_key=new_api_key(document["partner"]),
            api_secret=new_api_secret(),
            public_key_pem=document["publicKey"],
            customer_management=models,
        )
    else:
        credentials = await asyncio.to_thread(new_credentials, document["partner"], models)
        partner = credentials.partner()
    partner = replace(partner, **_branding(document))
    with request.environment.storage.transaction() as transaction:
        known = {other.partner_id for other in transaction.partners()}
        if partner.partner_id in known:
            raise Problem("already_exists", "There is a partner of that name already.")
        if len(known) >= MOST_PARTNERS:
            raise Problem("limit_reached", f"There are {MOST_PARTNERS} partners already.")
        transaction.add_partner(partner)
    namespace = request.path_parameters["namespace"]
    return answer_json(
        show_credentials(credentials) if credentials else _show_secrets(partner, private_key=None),
        status=201,
        location=f"/_sandbox/namespaces/{namespace}/partners/{partner.partner_id}",
    )


def change_partner(request: Request) -> Answer:
    """200 with the partner as it is now."""
    document = request.document
    changes: dict[str, Any] = _branding(document)
    if "publicKey" in document:
        changes["public_key_pem"] = document["publicKey"]
    if models := _models(document):
        changes["customer_management"] = models
    with request.environment.storage.transaction() as transaction:
        partner = replace(find_partner(request, transaction), **changes)
        transaction.add_partner(partner)
    return answer_json(_show(partner))


def show_credentials(credentials: PartnerCredentials) -> dict[str, Any]:
    """Everything that a partner signs with; for the answer that makes it, and no other."""
    return _show_secrets(credentials.partner(), private_key=credentials.private_key_pem.decode("ascii"))


def _show_secrets(partner: Partner, *, private_key: str | None) -> dict[str, Any]:
    return {
        "partner": partner.partner_id,
        "customerManagement": _show_models(partner),
        "apiKey": partner.api_key,
        "apiSecret": partner.api_secret,
        "publicKey": partner.public_key_pem,
        "privateKey": private_key,
    }


def _show(partner: Partner) -> dict[str, Any]:
    return {
        "partner": partner.partner_id,
        "customerManagement": _show_models(partner),
        "apiKey": partner.api_key,
        "publicKey": partner.public_key_pem,
        **{name: getattr(partner, attribute) for name, attribute in _BRANDING.items()},
    }


def _show_models(partner: Partner) -> list[CustomerManagement]:
    return [model for model in CustomerManagement if model in partner.customer_management]


def _models(document: Mapping[str, Any]) -> frozenset[CustomerManagement]:
    return frozenset(map(CustomerManagement, document.get("customerManagement", ())))


def _branding(document: Mapping[str, Any]) -> dict[str, Any]:
    return {attribute: document[name] for name, attribute in _BRANDING.items() if name in document}


HANDLERS: Mapping[str, Handler] = {
    "listPartners": list_partners,
    "createPartner": create_partner,
    "changePartner": change_partner,
}
