"""Which paths and methods there are: 404 and 405 before anything else is looked at."""

from __future__ import annotations

from urllib.parse import quote

from reference_impl.domain.problems import Problem
from reference_impl.http.contract import Contract
from reference_impl.http.exchange import App, Receive, Scope, Send


class Paths:
    """Lets through what names an operation exactly: no slash added or dropped, no case folded, a concrete
    path before a template (HTTP-01 to HTTP-04).

    Raises ``not_found`` and ``method_not_allowed``, for which no credentials are needed. HEAD goes on as GET;
    the boundary leaves the content out.
    """

    def __init__(self, app: App, *, contract: Contract) -> None:
        self._app = app
        self._contract = contract

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        raw_path = scope["raw_path"].decode("latin-1")
        match = self._contract.match(raw_path)
        if match is None:
            raise Problem(
                "not_found", "There is nothing at this path. Paths are exact: check slashes and letter case."
            )
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        operation = match.operations.get(method)
        if operation is None:
            raise Problem(
                "method_not_allowed", f"This path takes {match.allow}.", headers={"allow": match.allow}
            )
        # What Connexion routes by: one segment for each parameter, so that an encoded slash stays inside it.
        path = operation.path
        for name, value in match.path_parameters.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        await self._app({**scope, "method": method, "path": path, "match": match}, receive, send)
