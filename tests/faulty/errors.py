"""ERR: servers whose errors nobody can work with, or which say too much."""

from __future__ import annotations

import dataclasses
import html
import json
import traceback
from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from mockserver.connections import break_off
from reference_impl.domain.problems import Problem
from reference_impl.http import admission, json_text, validation
from reference_impl.http.exchange import App, Message, Receive, Scope, Send
from reference_impl.http.messages import Answer
from tests.faulty.alterations import (
    Document,
    alter_heads,
    alter_problems,
    alter_refusals,
    field_of,
)
from tests.faulty.catalogue import EVERYTHING
from tests.faulty.idempotency import refusing_concurrent_requests
from tests.faulty.patches import Patches, faulty


def _altering_faults(patches: Patches, change: Callable[[list[Document]], list[Document]]) -> None:
    """Change the list of faults of a 400."""

    def alter(document: Document) -> None:
        if document.get("errors"):
            document["errors"] = change(document["errors"])

    alter_problems(patches, alter)


@faulty(breaks="ERR-01", collateral=(EVERYTHING,))
def problems_without_code(patches: Patches) -> None:
    """Errors carry no code, so that programs have to read English."""
    alter_problems(patches, lambda document: document.pop("code"))


@faulty(breaks="ERR-01", on="reference")
def problems_as_plain_json(patches: Patches) -> None:
    """Errors are of the type application/json, like everything else."""
    alter_refusals(patches, lambda answer, _: dataclasses.replace(answer, content_type="application/json"))


@faulty(breaks="ERR-01", collateral=("HTTP-12",))
def pages_for_browsers(patches: Patches) -> None:
    """Who accepts HTML is shown errors as a page."""

    def wrap(app: App) -> App:
        async def shown(scope: Scope, receive: Receive, send: Send) -> None:
            browser = scope["type"] == "http" and b"text/html" in (field_of(scope, b"accept") or b"")
            page = b""

            async def show(message: Message) -> None:
                nonlocal page
                if message["type"] == "http.response.start" and message["status"] >= 400 and browser:
                    page = b"<!doctype html><h1>%d</h1>" % message["status"]
                    fields = dict(message["headers"])
                    fields |= {b"content-type": b"text/html", b"content-length": b"%d" % len(page)}
                    message = {**message, "headers": list(fields.items())}
                elif page:
                    message = {**message, "body": page}
                await send(message)

            await app(scope, receive, show)

        return shown

    patches.wrap(wrap)


@faulty(breaks="ERR-01", collateral=("HTTP",), on="reference")
def the_page_of_the_framework(patches: Patches) -> None:
    """Where there is no route, the framework answers with its own page."""

    def page(answer: Answer, problem: Problem) -> Answer:
        if problem.code not in ("not_found", "method_not_allowed"):
            return answer
        text = f"<!doctype html><title>{html.escape(problem.detail)}</title>".encode()
        return Answer(answer.status, text, answer.headers, "text/html; charset=utf-8")

    alter_refusals(patches, page)


@faulty(breaks="ERR-02")
def two_statuses(patches: Patches) -> None:
    """The status within an invalid request's document is another than that of the answer."""

    def alter(document: Document) -> None:
        if document["code"] == "invalid_request":
            document["status"] = 422

    alter_problems(patches, alter)


@faulty(breaks="ERR-03", on="reference")
def instance_of_another_request(patches: Patches) -> None:
    """The instance of a problem is a number of its own, which nobody finds in any log."""
    alter_problems(patches, lambda document: document.update(instance="urn:stablemint:request:1"))


@faulty(breaks="ERR-04")
def types_relative_to_the_server(patches: Patches) -> None:
    """The type of a problem is a path, which nobody can follow who finds it in a log."""

    def shorten(document: Document) -> None:
        document["type"] = urlsplit(document["type"]).path

    alter_problems(patches, shorten)


@faulty(
    breaks="ERR-05",
    collateral=(
        "DATA-06",
        "DATA-07",
        "DATA-08",
        "DATA-09",
        "DATA-14",
    ),
    on="reference",
)
def one_fault_at_a_time(patches: Patches) -> None:
    """Only the first fault of a request is reported."""
    _altering_faults(patches, lambda faults: faults[:1])


@faulty(breaks="ERR-05", collateral=("DATA-14",))
def validation_in_two_steps(patches: Patches) -> None:
    """Values are looked at once nothing is missing, unknown or of a wrong type: faults come in two steps."""

    def first_step(faults: list[Document]) -> list[Document]:
        shape = [fault for fault in faults if fault["code"] in ("required", "unknown_field", "wrong_type")]
        return shape or faults

    _altering_faults(patches, first_step)


@faulty(breaks="ERR-05", collateral=("DATA", "IDEM-07"), on="reference")
def faults_of_the_parent(patches: Patches) -> None:
    """What is missing or unknown is reported at the object that it is missing from or unknown to."""

    def lift(faults: list[Document]) -> list[Document]:
        for fault in faults:
            if fault["code"] in ("required", "unknown_field"):
                fault["pointer"] = fault["pointer"].rpartition("/")[0]
        return faults

    _altering_faults(patches, lift)


@faulty(breaks="ERR-06", collateral=("DATA-06", "DATA-09", "ERR-05"))
def pointers_not_escaped(patches: Patches) -> None:
    """Tildes and slashes within a name stand in pointers as they are."""

    def unescape(faults: list[Document]) -> list[Document]:
        for fault in faults:
            fault["pointer"] = fault["pointer"].replace("~1", "/").replace("~0", "~")
        return faults

    _altering_faults(patches, unescape)


@faulty(breaks="ERR-06", collateral=(EVERYTHING,), on="reference")
def places_with_dots(patches: Patches) -> None:
    """Places are written as in a program, with dots, and are no JSON pointers."""

    def write(faults: list[Document]) -> list[Document]:
        for fault in faults:
            fault["pointer"] = fault["pointer"].removeprefix("/").replace("/", ".")
        return faults

    _altering_faults(patches, write)


@faulty(breaks="ERR-06")
def codes_of_the_validator(patches: Patches) -> None:
    """The code of a fault is the keyword of the schema that was broken, whatever the document lists."""
    keywords = {
        "required": "required",
        "unknown_field": "additionalProperties",
        "wrong_type": "type",
        "not_in_list": "enum",
        "out_of_range": "minimum",
        "too_short": "minLength",
        "too_long": "maxLength",
        "too_many": "maxProperties",
        "bad_format": "pattern",
    }

    def rename(faults: list[Document]) -> list[Document]:
        return [{**fault, "code": keywords[fault["code"]]} for fault in faults]

    _altering_faults(patches, rename)


@faulty(breaks="ERR-07", collateral=("ERR-10",))
def errors_quote_what_was_sent(patches: Patches) -> None:
    """Every error says which value it is about, and so puts it into logs."""

    def cause(original: Callable[..., tuple[str, str]], kind: Any, instance: object) -> tuple[str, str]:
        code, detail = original(kind, instance)
        return code, f"{detail}, not {instance!r}"

    patches.around(validation, "_cause", cause)


@faulty(breaks="ERR-08", on="reference")
def a_place_in_what_is_no_json(patches: Patches) -> None:
    """Malformed JSON is reported as a fault of the root, as if there were one."""

    def add(document: Document) -> None:
        if document["code"] == "malformed_json":
            document["errors"] = [{"pointer": "", "code": "bad_format", "detail": document["detail"]}]

    alter_problems(patches, add)


@faulty(breaks="ERR-09", on="reference")
def waiting_without_an_end(patches: Patches) -> None:
    """Who has to wait for another request with the same key is not told how long."""
    refusing_concurrent_requests(
        patches, lambda: Problem("idempotency_in_progress", "Another request with this key is handled.")
    )


@faulty(breaks="ERR-10", on="reference")
def stack_traces_in_details(patches: Patches) -> None:
    """Malformed JSON is answered with the stack of the parser, for whoever has to mend it."""

    def read(original: Callable[[bytes], Any], body: bytes) -> Any:
        try:
            return original(body)
        except Problem as problem:
            raise dataclasses.replace(problem, detail=traceback.format_exc()) from None

    patches.around(admission, "read_json", read)


@faulty(breaks="ERR-10")
def stack_traces_in_headers(patches: Patches) -> None:
    """A header for debugging, left on in production, tells where in the code an error was raised."""

    def tell(_: Scope, status: int, fields: MutableMapping[bytes, bytes]) -> None:
        if status >= 400:
            fields[b"x-debug-exception"] = b'File "/srv/api/admission.py", line 56, in __call__'

    alter_heads(patches, tell)


@faulty(
    breaks="ERR-10",
    collateral=(
        "DATA-05",
        "ERR-07",
    ),
)
def requests_shown_for_debugging(patches: Patches) -> None:
    """An error about a request carries the whole request, identity data included."""
    last: list[Any] = [None]

    def read(original: Callable[[bytes], Any], body: bytes) -> Any:
        last[0] = original(body)
        return last[0]

    patches.around(admission, "read_json", read)

    def show(document: Document) -> None:
        if document.get("errors"):
            document["request"] = json.loads(json.dumps(last[0], default=str))

    alter_problems(patches, show)


def _reading(patches: Patches, look: Callable[[Any], object]) -> None:
    """Look at every parsed body before it is validated."""

    def read(original: Callable[[bytes], Any], body: bytes) -> Any:
        value = original(body)
        look(value)
        return value

    patches.around(admission, "read_json", read)


@faulty(
    breaks="ERR-11",
    collateral=(
        "AUTH-03",
        "DATA-01",
        "ERR-08",
    ),
)
def invalid_utf8_breaks_the_server(patches: Patches) -> None:
    """A body that is not UTF-8 raises what nobody catches."""

    def read(original: Callable[[bytes], Any], body: bytes) -> Any:
        body.decode()
        return original(body)

    patches.around(admission, "read_json", read)


@faulty(breaks="ERR-11", collateral=("DATA-03",), on="reference")
def nesting_breaks_the_server(patches: Patches) -> None:
    """A deeply nested body exhausts the stack of the parser, which nobody catches."""

    def read(original: Callable[[bytes], Any], body: bytes) -> Any:
        if body.count(b"[") + body.count(b"{") > 500:
            raise RecursionError
        return original(body)

    patches.around(admission, "read_json", read)


@faulty(breaks="ERR-11", collateral=("DATA-04",))
def a_root_of_another_type_breaks_the_server(patches: Patches) -> None:
    """The body is used as an object before anybody has looked whether it is one."""
    _reading(patches, lambda value: value.get("idempotencyKey"))


@faulty(
    breaks="ERR-11",
    collateral=(
        "DATA-07",
        "DATA-09",
        "ERR-05",
    ),
    on="reference",
)
def a_member_of_another_type_breaks_the_server(patches: Patches) -> None:
    """The amount is compared with the limit before anybody has looked whether it is a number."""
    _reading(patches, lambda value: isinstance(value, dict) and value.get("amount", 0) > 10**6)


@faulty(breaks="ERR-11", collateral=("DATA-05",), on="reference")
def half_a_character_breaks_the_server(patches: Patches) -> None:
    """The request is written to a log, which cannot hold half a surrogate pair."""
    _reading(patches, lambda value: json.dumps(value, ensure_ascii=False, default=str).encode())


@faulty(breaks="ERR-11", collateral=("DATA-05",))
def long_numbers_break_the_server(patches: Patches) -> None:
    """A number of thousands of digits is more than the language reads, which nobody catches."""
    patches.replace(json_text, "_integer", int)


@faulty(breaks="ERR-11")
def parameters_of_types_break_the_server(patches: Patches) -> None:
    """The parameters of Content-Type are split at an equals sign that need not be there."""

    def require(original: Callable[..., None], content_type: str | None, encoding: str | None) -> None:
        for parameter in (content_type or "").split(";")[1:]:
            _name, _value = parameter.split("=")
        original(content_type, encoding)

    patches.around(admission, "require_json", require)


@faulty(
    breaks="ERR-11",
    collateral=(
        "AUTH-03",
        "DATA",
        "ERR",
        "HTTP",
    ),
    on="reference",
)
def the_connection_is_its_answer(patches: Patches) -> None:
    """Whoever sends what is no JSON gets no answer at all: the worker dies."""

    def wrap(app: App) -> App:
        async def dying(scope: Scope, receive: Receive, send: Send) -> None:
            start: Message = {}

            async def send_or_die(message: Message) -> None:
                nonlocal start
                if message["type"] == "http.response.start":
                    start = message
                elif b"malformed_json" in message.get("body", b""):
                    break_off(scope)
                else:
                    await send(start)
                    await send(message)

            await app(scope, receive, send_or_die if scope["type"] == "http" else send)

        return dying

    patches.wrap(wrap)
