"""Before any test: is the target there, does it know us, and what may each partner do?"""

import dataclasses
import functools
import time

from .credentials import Partner
from .masking import Mask
from .operations import CREATIONS, Creation
from .skew import EDGE_SECONDS, confirmed, skew_of, told
from .target import Acquaintance, Target
from .trial import JSON, describe, encode, problem_code
from .wire import Client, Exchange, Hanging, Request, StillBusy


class PreflightError(Exception):
    """The target cannot be tested: it is not there, or it refuses our own credentials."""


def get_acquainted(target: Target, client: Client) -> Acquaintance:
    """Ask for one session of each kind as each partner. Raises :class:`PreflightError`."""
    dated = _measure_skew(client, target)
    skew = confirmed(dated, functools.partial(_judges_by, client, target.partners[0]))
    allowed: list[tuple[str, tuple[Creation, ...]]] = []
    notes: list[str] = []
    for partner in target.partners:
        _require_recognition(partner, client, skew)
        usable = tuple(creation for creation in CREATIONS if _may(partner, creation, client, skew))
        allowed.append((partner.name, usable))
        notes.append(
            f"{partner.name} may create: {'; '.join(creation.name for creation in usable) or 'nothing'}"
        )
    if note := told(skew, dated, "the target's"):
        notes.append(note)
    return Acquaintance(target=target, allowed=tuple(allowed), skew=skew, notes=tuple(notes))


def _measure_skew(client: Client, target: Target) -> int:
    sent = time.time()
    exchange = _send(client, Request(method="GET", path="/session/preflight"))
    if exchange.answer is None:
        raise PreflightError(
            f"{target.url} cannot be reached: {Mask(target.partners).text(exchange.failure or '')}\n"
            "Is the implementation running, and is this its base URL? "
            "`stablemint mock` starts one at http://localhost:8080."
        )
    return skew_of(exchange, sent=sent, received=time.time())


def _judges_by(client: Client, partner: Partner, skew: int) -> bool:
    """Whether this is the clock by which the target judges time stamps, as far as it lets anybody see."""
    for edge in (-EDGE_SECONDS, EDGE_SECONDS):
        headers = partner.headers(b"", timestamp=str(int(time.time()) + skew + edge))
        exchange = _send(client, Request(method="GET", path="/session/preflight", headers=headers))
        if exchange.answer is not None and problem_code(exchange.answer) == "timestamp_out_of_window":
            return False
    return True


def _may(partner: Partner, creation: Creation, client: Client, skew: int) -> bool:
    request = _creation_request(creation)
    headers = partner.headers(request.body or b"", timestamp=str(int(time.time()) + skew))
    exchange = _send(client, dataclasses.replace(request, headers=(*headers, *JSON)))
    # Anything else than a refusal by rule is for the tests to judge.
    return not (exchange.answer is not None and exchange.answer.status == 403)


def _require_recognition(partner: Partner, client: Client, skew: int) -> None:
    """Raise unless one signed request is accepted; others may fail for a fault that is to be found."""
    exchanges = []
    for request in (Request(method="GET", path="/session/preflight"), *map(_creation_request, CREATIONS)):
        headers = partner.headers(request.body or b"", timestamp=str(int(time.time()) + skew))
        signed = dataclasses.replace(request, headers=(*headers, *request.headers))
        exchanges.append(_send(client, signed))
        if exchanges[-1].answer is not None and exchanges[-1].answer.status != 401:
            return
    exchange = exchanges[0]
    answer = exchange.answer
    if answer is not None:
        cures = {
            "unknown_api_key": "Are these credentials of this very environment?",
            "invalid_signature": "Do secret and private key belong to this key, and is it registered?",
            "timestamp_out_of_window": "Are the clocks of this machine and of the target right?",
        }
        cure = cures.get(problem_code(answer) or "", "The test needs credentials that the target accepts.")
        said = Mask((partner,)).text(describe(exchange))
        raise PreflightError(f"the credentials of {partner.name} are refused: {said}\n{cure}")
    said = Mask((partner,)).text(exchange.failure or "")
    raise PreflightError(f"no answer to a signed request: {said}")


def _creation_request(creation: Creation) -> Request:
    return Request(method="POST", path=creation.path, headers=JSON, body=encode(creation.members()))


def _send(client: Client, request: Request) -> Exchange:
    try:
        return client.send(request)
    except (Hanging, StillBusy) as busy:
        raise PreflightError(str(busy)) from None
