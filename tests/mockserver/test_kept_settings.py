"""What a server that is started again on the same file finds as it was."""

from __future__ import annotations

from pathlib import Path

from mockserver import MockServer
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
