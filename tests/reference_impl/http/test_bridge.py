"""How the reference implementation's FlaskApp calls what answers: by no detour of Connexion's."""

from __future__ import annotations

from typing import Any

from connexion.apps.flask import FlaskOperation

from reference_impl.application import build
from reference_impl.environment import Environment
from reference_impl.http.handlers import HANDLERS
from reference_impl.http.wsgi import InThreads
from reference_impl.storage.memory import MemoryStorage


def test_flask_calls_what_answers_at_once() -> None:
    """Connexion's own view decorates its function for every request, and its adapter waits for each part."""
    app: Any = build(Environment(storage=MemoryStorage(), public_url="http://x", checkout_url="http://x"))
    views = app.app.view_functions
    assert {endpoint.rpartition(".")[2] for endpoint in views} >= HANDLERS.keys()
    assert not [endpoint for endpoint, view in views.items() if isinstance(view, FlaskOperation)]
    assert isinstance(app._middleware_app.asgi_app, InThreads)
