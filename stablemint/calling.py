"""One HTTP request with the standard library, its body exact and nothing followed."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stablemint.failure import UNREACHABLE, WRONG_USAGE, Failure

TIMEOUT = 120.0
"""Seconds; moving the clock takes as long as what falls due meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer."""

    status: int
    origin: str
    fields: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def document(self) -> Any:
        """The body as JSON; raises Failure where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise Failure(
                f"{self.origin} answers {self.status} and no JSON: that is no Stable Mint server. "
                "`stablemint mock` starts one; --url names another.",
                UNREACHABLE,
            ) from None


def call(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    certificate: Path | None = None,
    timeout: float = TIMEOUT,
) -> Reply:
    """Send a request; ``certificate`` is trusted beside the system's. Raises Failure where nobody answers."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Failure(f"{url} is no URL: {error}", WRONG_USAGE) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Failure(f"{url} is no http or https URL", WRONG_USAGE)
    origin = f"{parts.scheme}://{parts.netloc}"
    connection = _connect(parts.scheme, parts.hostname, port, certificate, timeout)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, body, dict(headers or {}))
        response = connection.getresponse()
        fields = {name.lower(): value for name, value in response.getheaders()}
        return Reply(status=response.status, origin=origin, fields=fields, body=response.read())
    except socket.gaierror:
        raise Failure(f"there is no host {parts.hostname}; --url names another.", UNREACHABLE) from None
    except TimeoutError:
        raise Failure(f"{origin} gave no answer within {timeout:g} seconds", UNREACHABLE) from None
    except ConnectionRefusedError:
        raise Failure(
            f"nothing listens at {origin}. `stablemint mock` starts the mock server; --url names another.",
            UNREACHABLE,
        ) from None
    except ssl.SSLCertVerificationError as error:
        raise Failure(
            f"the certificate of {parts.netloc} is not trusted ({error.verify_message}). --ca-file names the "
            "one to trust; `stablemint mock --tls` keeps its own in .stablemint/.",
            UNREACHABLE,
        ) from None
    except ssl.SSLError as error:
        raise Failure(
            f"{parts.netloc} does not speak https ({error.reason}): is it http://{parts.netloc}?", UNREACHABLE
        ) from None
    except (http.client.RemoteDisconnected, ConnectionResetError):
        secure = f": is it https://{parts.netloc}, with --tls?" if parts.scheme == "http" else ""
        raise Failure(
            f"{parts.netloc} closed the connection without an answer{secure}", UNREACHABLE
        ) from None
    except ValueError as error:
        raise Failure(f"the request to {parts.netloc} cannot be made: {error}", WRONG_USAGE) from None
    except (OSError, http.client.HTTPException) as error:
        raise Failure(
            f"{origin} does not answer as a server of HTTP does: {_words(error)}", UNREACHABLE
        ) from None
    finally:
        connection.close()


def _words(error: Exception) -> str:
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{said} ({type(error).__name__})" if said else type(error).__name__


def _connect(
    scheme: str, host: str, port: int | None, certificate: Path | None, timeout: float
) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        context = ssl.create_default_context()
        if certificate is not None:
            context.load_verify_locations(certificate)
    except OSError as error:
        raise Failure(f"{certificate}: {error.strerror or error}", WRONG_USAGE) from None
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
