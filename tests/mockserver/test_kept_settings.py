"""What a server that is started again on the same file finds as it was."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from mockserver import MockServer
from reference_impl.delivery.addresses import AddressPolicy
from reference_impl.delivery.sender import Sender
from reference_impl.driven import Driven
from reference_impl.environment import Environment, session_clock
from reference_impl.storage.memory import MemoryStorage
from tests.control_api.control import Control


def test_pace_clock_partners_and_endpoints_survive_a_restart(tmp_path: Path) -> None:
    home, state = tmp_path / "home", tmp_path / "state.db"
    with MockServer(home=home, state=state) as mock:
        control = Control(mock.url, mock.partners)
        control.put("/settings", {"pace": "manual"})
        control.post("/partners", {"partner": "acme", "displayName": "Acme"})
        control.deliver_to("http://localhost:1/hooks", partner="acme")
        control.post("/clock/freeze")
        frozen = control.advance(days=3)["now"]
        session_id = control.new_session()
        control.play(session_id, outcome="success")
    with MockServer(home=home, state=state) as mock:
        control = Control(mock.url, mock.partners)
        assert control.get("/settings") == {"pace": "manual"}
        assert control.get("/clock")["now"] == frozen
        partner = next(found for found in control.get("/partners")["partners"] if found["partner"] == "acme")
        assert partner["displayName"] == "Acme"
        assert len(control.get("/partners/acme/endpoints")["endpoints"]) == 7
        session = control.get(f"/sessions/{session_id}")
        assert (session["status"], session["outcome"]) == ("processing", "success")
        for _ in range(5):
            session = control.post(f"/sessions/{session_id}/step")
        assert session["status"] == "completed"


@pytest.mark.parametrize("frozen", [True, False])
def test_a_clock_that_a_test_froze_or_let_run_on_is_so_after_a_restart(tmp_path: Path, frozen: bool) -> None:
    """And stands where it stood, or runs from there: no time is made up for that it stood still."""
    home, state = tmp_path / "home", tmp_path / "state.db"
    with MockServer(home=home, state=state) as mock:
        mock.clock.advance(minutes=5)
        stood_at = mock.clock.freeze()
        if not frozen:
            assert mock.clock.resume() >= stood_at
    with MockServer(home=home, state=state) as mock:
        assert mock.control("GET", "clock")["isFrozen"] is frozen
        assert mock.clock() == stood_at if frozen else mock.clock() >= stood_at
        assert mock.clock() - stood_at < timedelta(minutes=4)


def test_a_clock_that_fell_behind_real_time_stays_behind_after_a_restart() -> None:
    """Frozen for an hour and let run on, it does not jump that hour."""
    storage = MemoryStorage()
    with storage.transaction() as transaction:
        transaction.keep_setting("session_clock_ahead_seconds", "-3600.0")
        transaction.keep_setting("session_clock_frozen_at", "")
    settings = Environment(storage=storage, public_url="", checkout_url="")
    key = rsa.generate_private_key(65537, 2048)
    sender = Sender(key=key, addresses=AddressPolicy(private=True))
    driven = Driven(settings, sender=sender, webhook_public_key="")
    assert timedelta(minutes=59) < session_clock() - driven.clock() <= timedelta(hours=1)
