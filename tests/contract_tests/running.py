"""How the tests run the suite: in this process, against a server of theirs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import closing
from functools import lru_cache
from typing import Any

from contract_tests import suite
from contract_tests.credentials import Partner, make_partner
from contract_tests.driver import Command, ControlApi
from contract_tests.equipment import Equipment, ReceiverAddress
from contract_tests.suite import Plan, Report
from contract_tests.target import DRIVEN_FROM_OUTSIDE, Target
from reference_impl.credentials import PartnerCredentials
from tests.faulty.catalogue import Listening

DIRECTED = ("directed",)
GENERATED = (suite.GENERATED,)


def held(partners: Mapping[str, PartnerCredentials]) -> tuple[Partner, ...]:
    """The partners of a test server, as the suite holds them."""
    return tuple(
        _held(partner.name, partner.api_key, partner.api_secret, partner.private_key_pem)
        for partner in partners.values()
    )


@lru_cache
def _held(name: str, api_key: str, api_secret: str, pem: bytes) -> Partner:
    # Reading a private key checks it, which takes longer than many a test.
    return make_partner(name=name, api_key=api_key, api_secret=api_secret, pem=pem)


DRIVEN = frozenset({"payments", "webhooks", "clock"})
"""What a server with a control API claims besides."""


def verify(server: Listening, plan: Plan, *, command: str | None = None, **settings: Any) -> Report:
    """Run the suite as all partners of the server, driven where it has a control API.

    A `command` is a Python program that drives it instead, given its URL; `settings` are of the target.
    """
    target = Target(
        **{
            "url": server.url,
            "partners": held(server.partners),
            "ca_file": server.ca_file,
            "claims": DRIVEN_FROM_OUTSIDE | (DRIVEN if server.control_url else frozenset()),
            **settings,
        }
    )
    if server.control_url is None:
        return suite.run(target, plan)
    with closing(ControlApi(server.control_url, ca_file=server.ca_file)) as control:
        if command is None:
            equipment = Equipment(driver=control, receiver=ReceiverAddress())
            return suite.run(target, plan, equipment=equipment)
        key = control.limits()["webhookPublicKey"].encode()
    with closing(Command([sys.executable, "-c", command, server.url])) as driver:
        equipment = Equipment(driver=driver, receiver=ReceiverAddress(), webhook_key_pem=key)
        return suite.run(target, plan, equipment=equipment)
