"""How the tests run the suite: in this process, against a server of theirs."""

from __future__ import annotations

from collections.abc import Mapping

from contract_tests import suite
from contract_tests.credentials import Partner, make_partner
from contract_tests.suite import Plan, Report
from contract_tests.target import Target
from reference_impl.credentials import PartnerCredentials
from tests.serving import Server

DIRECTED = ("directed",)


def held(partners: Mapping[str, PartnerCredentials]) -> tuple[Partner, ...]:
    """The partners of a test server, as the suite holds them."""
    return tuple(
        make_partner(
            name=partner.name,
            api_key=partner.api_key,
            api_secret=partner.api_secret,
            pem=partner.private_key_pem,
        )
        for partner in partners.values()
    )


def verify(server: Server, plan: Plan) -> Report:
    """Run the suite as all partners of the server."""
    return suite.run(Target(url=server.url, partners=held(server.partners)), plan)
