"""Rate limits: for each partner by itself, after authentication and before everything else."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reference_impl.application import build
from reference_impl.credentials import PartnerCredentials
from reference_impl.domain.problems import Problem
from reference_impl.http.rate_limit import RateLimit
from tests.serving import make_environment, serve
from tests.session_api.calls import EMBEDDED, HOSTED, create, signed, valid


def test_what_exceeds_the_rate_is_told_when_to_try_again() -> None:
    limit = RateLimit("2/hour")
    limit.count("acme")
    limit.count("acme")
    with pytest.raises(Problem) as refusal:
        limit.count("acme")
    assert refusal.value.code == "rate_limited"
    assert 1 <= int(refusal.value.headers["retry-after"]) <= 7200
    limit.count("another")


def test_429_comes_after_401_and_before_403(partners: Mapping[str, PartnerCredentials]) -> None:
    """HTTP-18: an answer for a partner that is known, whatever else is wrong with its request."""
    environment = make_environment(partners)
    app = build(environment, rate_limit=RateLimit("1/hour"))
    with serve(app, environment=environment, partners=partners) as server:
        assert create(server, HOSTED, valid(HOSTED), partner="managed-only").status == 201
        refused = create(server, EMBEDDED, valid(EMBEDDED), partner="managed-only")  # 403 otherwise
        assert (refused.status, refused.code) == (429, "rate_limited")
        assert int(refused.fields["retry-after"]) >= 1
        assert signed(server, "GET", "/session/x", partner="managed-only").status == 429
        stale = signed(server, "GET", "/session/x", partner="managed-only", timestamp=1_000_000_000)
        assert stale.code == "timestamp_out_of_window"
        assert create(server, HOSTED, valid(HOSTED)).status == 201
