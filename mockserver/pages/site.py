"""The pages' paths: what stands at them, and under which policy a browser shows it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from mockserver.pages import documentation
from mockserver.pages.assets import Asset, checkout_assets, widget
from mockserver.pages.inspector import Inspector
from reference_impl.domain.problems import Problem
from reference_impl.domain.sessions import SessionType
from reference_impl.environment import Environment, Environments
from reference_impl.http.boundary import common_fields
from reference_impl.http.exchange import App, Message, Receive, Scope, Send, header_fields, send_answer
from reference_impl.http.messages import Answer
from reference_impl.http.payer_view import way_out
from reference_impl.use_cases.checkout import look_at

WIDGET_PATH = "/widget/stable-payment-gateway.js"

_CHECKOUT = re.compile(r"/checkout/([^/]+)(/return)?")
_PREFIXES = ("/checkout/", "/assets/", "/widget/")

_OWN_MACHINE = " ".join(f"http://{host}:*" for host in ("localhost", "127.0.0.1"))

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        f"img-src 'self' https: {_OWN_MACHINE}",  # merchants' logos
        "form-action 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

_FOR_PAGES: Mapping[str, str] = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-frame-options": "DENY",
}
_FOR_THE_WIDGET: Mapping[str, str] = {
    "access-control-allow-origin": "*",  # partners' pages load it as a module, which takes CORS
    "cross-origin-resource-policy": "cross-origin",
}
_FOR_ALL: Mapping[str, str] = {
    "referrer-policy": "no-referrer",  # a checkout's address holds the session's identifier
    "x-content-type-options": "nosniff",
}


class Pages:
    """Serves checkout page, widget, inspector, documentation and their files; all else goes on to ``app``.

    What stands below the paths of the pages never reaches the API's 404. No credential of a partner is known
    here: the session's identifier is all that a browser has and needs.
    """

    def __init__(self, app: App, *, environment: Environment, environments: Environments) -> None:
        self._app = app
        self._environment = environment
        self._environments = environments
        self._inspector = Inspector(public_url=environment.public_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["raw_path"].decode("latin-1")
        if not (
            path.startswith(_PREFIXES) or self._inspector.stands_at(path) or documentation.stands_at(path)
        ):
            await self._app(scope, receive, send)
            return
        answer = self._answer(path, scope["method"], header_fields(scope["headers"]))

        async def send_head(message: Message) -> None:
            await send({**message, "body": b""} if "body" in message else message)

        await send_answer(
            answer,
            send_head if scope["method"] == "HEAD" else send,
            common_fields(self._environment.new_request_id()),
        )

    def _answer(self, path: str, method: str, fields: Mapping[str, str]) -> Answer:
        if method not in ("GET", "HEAD"):
            headers = {"allow": "GET, HEAD", **_FOR_ALL}
            return Answer(405, b"This path takes GET, HEAD.\n", headers, "text/plain")
        if self._inspector.stands_at(path):
            return self._inspector.answer(path, fields)
        if path == WIDGET_PATH:
            return _show(widget(), _FOR_THE_WIDGET)
        if path.startswith("/assets/"):
            asset = checkout_assets().get(path.removeprefix("/assets/"))
            return _not_found() if asset is None else _show(asset)
        if documentation.stands_at(path):
            return documentation.answer(path) or documentation.missing()
        match = _CHECKOUT.fullmatch(path)
        return _not_found() if match is None else self._checkout(unquote(match[1]), match[2])

    def _checkout(self, session_id: str, returning: str | None) -> Answer:
        """The page; or, on the way back, 303 to where the partner wants this payer to go (PAY-09).

        Only URLs of the session itself are ever led to, whatever the request says. An open session has no
        way out yet: its payer is led to the page again.
        """
        environment = self._environments.of_session(session_id)
        try:
            session = look_at(environment, session_id=session_id).session
        except Problem:
            return _not_found()
        if session.type is not SessionType.HOSTED:
            return _not_found()
        if returning is None:
            return _show(checkout_assets()["checkout.html"])
        target = way_out(session, session.status_at(environment.session_clock()), leaving=True)
        location = target or f"/checkout/{quote(session_id, safe='')}"
        return Answer(303, b"", {"location": location, **_FOR_ALL}, "text/plain")


def _show(asset: Asset, headers: Mapping[str, str] = _FOR_PAGES, *, status: int = 200) -> Answer:
    return Answer(status, asset.content, {**headers, **_FOR_ALL}, asset.content_type)


def _not_found() -> Answer:
    return _show(checkout_assets()["not-found.html"], status=404)
