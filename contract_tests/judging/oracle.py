"""What a generated request deserves: worked out from the document and the request as sent, not from how it
was made.

Only what the schema cannot say is written here: decimals of amounts, the calendar, the environment's limit,
and the order in which faults decide.
"""

import datetime
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeGuard

from ..document import request_validator
from ..json_text import TooDeep, strict_json
from ..operations import Creation, creation_at
from ..schema_errors import Place
from ..wire import Request

FIELDS: Final[Mapping[str, str]] = {
    "userCountryCode": "DATA-10",
    "currency": "DATA-11",
    "amount": "DATA-12",
    "successUrl": "DATA-15",
    "supportUrl": "DATA-15",
    "exitUrl": "DATA-15",
    "errorUrl": "DATA-15",
    "userId": "DATA-18",
    "userEmail": "DATA-19",
    "userKyc": "DATA-20",
    "idempotencyKey": "DATA-22",
    "websiteReference": "DATA-23",
    "customFields": "DATA-24",
    "blockchainDestinationType": "DATA-27",
    "blockchainDestinationAddress": "DATA-27",
}
DEEPEST: Final = 32
"""Objects and arrays within each other that are read (DATA-03)."""
FREE_TEXT: Final = frozenset({"websiteReference", "customFields", "userKyc"})
JUDGED: Final = (
    *sorted({*FIELDS.values(), "DATA-04", "DATA-06", "DATA-07", "DATA-08", "DATA-09", "DATA-14", "DATA-16"}),
    *("DATA-17", "DATA-21", "DATA-26", "DATA-29", "ERR-05", "HTTP-02", "HTTP-10", "SESS-10", "SESS-12"),
)


@dataclass(frozen=True, kw_only=True)
class Deserved:
    """The answer that a request deserves.

    `faults` maps the pointer of each fault to the requirement that makes it one; `members` are those of a
    valid request. `code` is None where the contract leaves a choice.
    """

    status: int
    code: str | None = None
    faults: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, Any] | None = None


def deserve(request: Request, *, max_amount: float, known: frozenset[str]) -> Deserved | None:
    """What a correctly signed request deserves, given the identifiers of the partner's sessions.

    None where the contract does not decide it from outside.
    """
    path = request.path.partition("?")[0]
    creation = creation_at(path)
    if creation is not None:
        return _deserve_creation(request, creation, max_amount)
    segment = path.removeprefix("/session/")
    if not path.startswith("/session/") or not segment or "/" in segment:
        return Deserved(status=404, code="not_found")
    if "%2F" in segment.upper() or segment in (".", ".."):
        return None  # whether this is one segment is decided before any application sees it
    if request.method not in ("GET", "HEAD"):
        return Deserved(status=405, code="method_not_allowed")
    return Deserved(status=200) if segment in known else Deserved(status=404, code="session_not_found")


def _deserve_creation(request: Request, creation: Creation, max_amount: float) -> Deserved | None:
    if request.method != "POST":
        return Deserved(status=405, code="method_not_allowed")
    if is_coded(request):
        return Deserved(status=415, code="unsupported_media_type")
    if (supported := _is_json(request.header("Content-Type"))) is not True:
        return None if supported is None else Deserved(status=415, code="unsupported_media_type")
    try:
        value = _read(request.body or b"")
    except ValueError:
        return Deserved(status=400, code="malformed_json")
    if _is_beyond_schemas(value):
        return None
    return deserve_body(value, creation=creation, max_amount=max_amount)


def _read(body: bytes) -> Any:
    """The body as DATA-01 to DATA-03 have it read. Raises ValueError."""
    value = strict_json(body)
    if _is_deeper(value, DEEPEST):
        raise TooDeep("nested too deeply")
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether more than so many objects and arrays are within each other: looks no deeper than that."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return inner is not None and (levels == 0 or any(_is_deeper(each, levels - 1) for each in inner))


def _is_beyond_schemas(value: Any) -> bool:
    """Whether it holds what no validator of schemas can be given: unpaired surrogates, infinite numbers."""
    if isinstance(value, dict):
        return any(map(_is_beyond_schemas, (*value, *value.values())))
    if isinstance(value, list):
        return any(map(_is_beyond_schemas, value))
    if isinstance(value, str):
        return not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value)
    return isinstance(value, float) and math.isinf(value)


def is_coded(request: Request) -> bool:
    """Whether the content has a coding other than ``identity`` (HTTP-11)."""
    codings = (request.header("Content-Encoding") or "").split(",")
    return any(coding.strip().lower() not in ("", "identity") for coding in codings)


def _is_json(content_type: str | None) -> bool | None:
    media_type, _, parameters = (content_type or "").partition(";")
    if media_type.strip().lower() != "application/json":
        return False
    return True if not parameters.strip() or parameters.strip().lower() == "charset=utf-8" else None


def deserve_body(value: Any, *, creation: Creation, max_amount: float) -> Deserved | None:
    """What a body deserves that is well-formed JSON, already parsed."""
    faults = dict(_faults(value, creation))
    if isinstance(value, dict):
        amount = value.get("amount")
        unsure = _unsure_birthday(value)
        if unsure and not faults:
            return None
        if _is_number(amount) and "/amount" not in faults and amount > max_amount:
            code = "invalid_request" if faults else "amount_out_of_range"
            return Deserved(status=400, code=code, faults={**faults, "/amount": "DATA-14"})
    if faults:
        return Deserved(status=400, code="invalid_request", faults=faults)
    return Deserved(status=201, members=value)


def _faults(value: Any, creation: Creation) -> Iterator[tuple[str, str]]:
    for error in request_validator(creation.path).errors(value):
        kind: Any = error.cause.kind
        if error.is_name:
            yield _pointer(error.place), "DATA-29" if "\0" in str(error.cause.instance) else "DATA-24"
        elif kind.name == "falseSchema":
            yield _pointer(error.place), "DATA-06"
        elif kind.name == "required":
            dependent = "dependentRequired" in map(str, error.cause.schema_path)
            yield _pointer((*error.place, kind.property)), "DATA-26" if dependent else "DATA-08"
        else:
            yield _pointer(error.place), _requirement(error.place, error.cause.instance, kind.name)
    if isinstance(value, dict):
        yield from _beyond_the_schema(value)


def _requirement(place: Place, instance: Any, kind: str) -> str:
    if not place:
        return "DATA-04"
    top = str(place[0])
    if instance is None:
        return "DATA-07"
    if kind == "type" or (kind in ("enum", "not") and not isinstance(instance, str)):
        return "DATA-09"
    if isinstance(instance, str):
        if top in FREE_TEXT and "\0" in instance:
            return "DATA-29"
        if top.endswith("Url"):
            return _url_requirement(instance)
    return "DATA-21" if place[-1] == "dateOfBirth" else FIELDS[top]


def _url_requirement(url: str) -> str:
    rest = url.partition("://")[2]
    authority = rest.replace("?", "/").replace("#", "/").partition("/")[0]
    if (
        not url.isascii()
        or not url.isprintable()
        or "@" in authority
        or " " in url
        or "\\" in url
        or "%" in url
    ):
        return "DATA-17"
    return "DATA-16" if url.lower().startswith("http:") else "DATA-15"


def _beyond_the_schema(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    amount = value.get("amount")
    if _is_number(amount) and not _has_two_decimals(amount):
        yield "/amount", "DATA-12"
    kyc = value.get("userKyc")
    birthday = kyc.get("dateOfBirth") if isinstance(kyc, dict) else None
    if isinstance(birthday, str) and not _is_birthday(birthday):
        yield "/userKyc/dateOfBirth", "DATA-21"


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _has_two_decimals(amount: float) -> bool:
    try:
        double = float(amount)
    except OverflowError:
        return False
    # n/100 is correctly rounded, so that this compares doubles with the double nearest to n hundredths.
    return math.isfinite(double) and (abs(double) > 1e13 or round(double * 100) / 100 == double)


def _is_birthday(text: str) -> bool:
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        return False
    today = datetime.datetime.now(datetime.UTC).date()
    return len(text) == 10 and day.year >= 1900 and day <= today + datetime.timedelta(days=1)


def _unsure_birthday(value: Mapping[str, Any]) -> bool:
    """Whether two clocks may differ on whether this day has come."""
    kyc = value.get("userKyc")
    birthday = kyc.get("dateOfBirth") if isinstance(kyc, dict) else None
    today = datetime.datetime.now(datetime.UTC).date()
    return birthday in [str(today + datetime.timedelta(days=days)) for days in (0, 1)]


def _pointer(place: Place) -> str:
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in place)
