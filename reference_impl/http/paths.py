"""Which paths and methods there are: 404 and 405 before anything else is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from reference_impl.domain.problems import Problem
from reference_impl.http.api import Api, Target
from reference_impl.http.exchange import App, Receive, Scope, Send, find_target


class Paths:
    """Lets through what names an operation exactly: no slash added or dropped, no case folded (HTTP-01), a
    concrete path before a template (HTTP-03); the query plays no part (HTTP-05).

    Raises ``not_found`` and ``method_not_allowed`` with `Allow` (HTTP-02), for which no credentials are
    needed (HTTP-04). HEAD goes on as GET; the boundary leaves the content out (HTTP-06).
    """

    def __init__(self, app: App, *, apis: Sequence[Api]) -> None:
        self._app = app
        self._apis = apis

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        target = self._find(scope["raw_path"].decode("latin-1"), scope["method"])
        find_target(scope, target)
        # What Connexion routes by: one segment for each parameter, so that an encoded slash stays inside it.
        path = target.operation.path
        for name, value in target.path_parameters.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        await self._app({**scope, "method": target.operation.method, "path": path}, receive, send)

    def _find(self, raw_path: str, method: str) -> Target:
        for api in self._apis:
            match = api.contract.match(raw_path)
            if match is None:
                continue
            operation = match.operations.get("GET" if method == "HEAD" else method)
            if operation is None:
                raise Problem(
                    "method_not_allowed", f"This path takes {match.allow}.", headers={"allow": match.allow}
                )
            return Target(api, operation, match.path_parameters)
        raise Problem(
            "not_found", "There is nothing at this path. Paths are exact: check slashes and letter case."
        )
