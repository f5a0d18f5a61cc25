"""SESS: servers that show too much of a session, too little, or something else."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

from reference_impl import application
from reference_impl.domain.sessions import Session, session_not_found
from reference_impl.http import handlers, representation
from reference_impl.http.messages import Answer
from tests.faulty.patches import Patches, faulty


@faulty(breaks="SESS-12")
def sessions_of_others_readable(patches: Patches) -> None:
    """Whoever knows an identifier can read the session, whosever it is."""

    def read(_original: Callable[..., Any], environment: Any, *, partner: Any, session_id: str) -> Session:
        with environment.storage.transaction() as transaction:
            found: Session | None = transaction.session(session_id)
        if found is None:
            raise session_not_found()
        return found

    patches.around(handlers, "read_session", read)


@faulty(breaks="SESS-06")
def what_is_known_of_the_payer_comes_back(patches: Patches) -> None:
    """The answer repeats the whole request, identity data included."""

    def represent(original: Callable[..., bytes], session: Session, **keywords: Any) -> bytes:
        document = json.loads(original(session, **keywords))
        return json.dumps({**document, "userKyc": session.user_kyc}, ensure_ascii=False).encode()

    patches.around(handlers, "represent_session", represent)


@faulty(breaks="SESS-01")
def no_location(patches: Patches) -> None:
    """A creation does not say where the session is."""

    def create(original: Callable[..., Answer], *arguments: Any) -> Answer:
        answer = original(*arguments)
        kept = {name: value for name, value in answer.headers.items() if name != "location"}
        return dataclasses.replace(answer, headers=kept)

    broken = {
        name: _partial(create, handler) if name != "getSession" else handler
        for name, handler in handlers.HANDLERS.items()
    }
    patches.replace(application, "HANDLERS", broken)


@faulty(breaks="SESS-04", collateral=("DATA-12", "DATA-13", "SESS-01"), on="reference")
def amounts_as_text(patches: Patches) -> None:
    """The amount comes back as text, as some keep their decimals."""
    patches.replace(representation, "as_json_number", lambda amount: f"{amount / 100:.2f}")


@faulty(breaks="SESS-15", collateral=("SESS-10",))
def expiry_counts_from_the_look_up(patches: Patches) -> None:
    """Every look-up makes the session younger."""

    def represent(original: Callable[..., bytes], session: Session, *, now: Any, checkout_url: str) -> bytes:
        lifetime = session.expires_at - session.created_at
        moved = dataclasses.replace(session, expires_at=now + lifetime)
        return original(moved, now=now, checkout_url=checkout_url)

    patches.around(handlers, "represent_session", represent)


def _partial(function: Callable[..., Answer], first: Any) -> Callable[..., Answer]:
    return lambda *arguments: function(first, *arguments)
