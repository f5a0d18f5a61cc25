"""What an HTTP library refuses before it knows the path, which is outside the contract.

It shows itself in being refused where there is no path of the contract as well: an implementation that was
reached says 404 `not_found` there (HTTP-01).
"""

import dataclasses
from typing import Final
from urllib.parse import unquote_to_bytes

from .wire import Answer, Client, Exchange, Request

ELSEWHERE: Final = "/nowhere"
"""What makes a path none of the contract's, put in front of it."""


def is_unrouted(exchange: Exchange, client: Client) -> bool:
    """Whether the head of a request, odd as it is, was refused by what knows nothing of the contract."""
    return (
        _is_odd(exchange.request)
        and _is_refusal(exchange.answer)
        and _is_refusal(client.send(_elsewhere(exchange.request)).answer)
    )


def _is_odd(request: Request) -> bool:
    """Whether there is in it what some libraries do not know, although HTTP does.

    That is a field outside ASCII, or a target with a control character or with other text than UTF-8.
    """
    target = unquote_to_bytes(request.path)
    try:
        is_plain = target.decode().isprintable()
    except UnicodeDecodeError:
        is_plain = False
    return not is_plain or not all(value.isascii() for _, value in request.headers)


def _is_refusal(answer: Answer | None) -> bool:
    return answer is not None and answer.status == 400 and answer.media_type != "application/problem+json"


def _elsewhere(request: Request) -> Request:
    # Its body is no reason: who reads that knows the path.
    return dataclasses.replace(request, method="GET", path=ELSEWHERE + request.path, body=None, chunked=False)
