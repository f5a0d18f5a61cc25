"""Partners: the companies that call the API, and the customer-management models they are onboarded for."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from reference_impl.domain.branding import require_colour, require_display_name, require_logo_url
from reference_impl.domain.problems import Problem


class CustomerManagement(StrEnum):
    """Who manages the customers of a session."""

    STABLEMINT = "stablemint"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A partner and its credentials.

    ``public_key_pem`` is the SPKI PEM of its RSA key of at least 2048 bits (AUTH-16); ``api_secret``
    visible ASCII without commas, at least 128 random bits (AUTH-17). The last three are how it appears to
    its payers; ValueError for what ``branding`` does not allow. Without ``display_name`` it is ``name``.
    """

    partner_id: str
    name: str
    api_key: str
    api_secret: str = field(repr=False)
    public_key_pem: str = field(repr=False)
    customer_management: frozenset[CustomerManagement]
    display_name: str | None = None
    logo_url: str | None = None
    colour: str | None = None

    def __post_init__(self) -> None:
        if self.display_name is not None:
            require_display_name(self.display_name)
        if self.logo_url is not None:
            require_logo_url(self.logo_url)
        if self.colour is not None:
            require_colour(self.colour)


def require_customer_management(partner: Partner, model: CustomerManagement) -> None:
    """Refuse a partner that is not onboarded for ``model``; raises ``flow_not_enabled`` (SESS-13)."""
    if model not in partner.customer_management:
        raise Problem(
            "flow_not_enabled",
            f"This partner is not onboarded for {model}-managed customers. Use an endpoint of its own model, "
            "or have the model enabled.",
        )
