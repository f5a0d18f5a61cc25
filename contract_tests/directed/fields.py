"""DATA-06 to DATA-29: the members of a request, one by one, at the edges of what is accepted."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from ..document import country_codes
from ..judging.creation import is_representation
from ..operations import Creation
from ..trial import Trial, encode, judges

ADDRESS: Final = "0x" + "52908400098527886E0F7030069857D2E4169EE7"


def any_creation(_: Creation) -> bool:
    """Every creation has the field."""
    return True


def is_hosted(creation: Creation) -> bool:
    """Only hosted sessions have the field."""
    return creation.type == "hosted"


def is_partner_managed(creation: Creation) -> bool:
    """Only creations for an identified payer have the field."""
    return creation.management == "partner"


@dataclass(frozen=True, kw_only=True)
class Field:
    """A member with values that are accepted and values that are refused at its own pointer."""

    requirement: str
    name: str
    accepted: tuple[Any, ...]
    refused: tuple[Any, ...]
    fits: Callable[[Creation], bool] = any_creation
    inside: str = ""

    def members(self, value: Any) -> dict[str, Any]:
        """What to put into a request so that the field has this value."""
        return {self.inside: {self.name: value}} if self.inside else {self.name: value}

    @property
    def pointer(self) -> str:
        """Where a fault of the field is reported."""
        return f"/{self.inside}/{self.name}" if self.inside else f"/{self.name}"


def try_fields(trial: Trial, fields: Iterable[Field]) -> None:
    """Send every value of every field by itself in a request that is valid otherwise."""
    for field in fields:
        creation = trial.pick(field.fits, f"a session with {field.name}")
        for value in field.accepted:
            exchange = trial.post(field.members(value), creation=creation)
            trial.expect(field.requirement, exchange, 201, case=f"{field.pointer} {value!r:.80}")
        for value in field.refused:
            exchange = trial.post(field.members(value), creation=creation)
            trial.expect_pointers(
                field.requirement, exchange, {field.pointer}, f"{field.pointer} {value!r:.80}"
            )


@judges("DATA-06")
def unknown_members(trial: Trial) -> None:
    """Requests are closed, at the top as inside, and a member of another operation is unknown too."""
    for creation in trial.creations():
        foreign = (
            "userId"
            if creation.management == "stablemint"
            else ("successUrl" if creation.type == "embedded" else "")
        )
        for name in filter(
            None, ("unknown", "Currency", "__proto__", "usercountrycode", "session_id", foreign)
        ):
            exchange = trial.post({name: "x"}, creation=creation)
            trial.expect_pointers("DATA-06", exchange, {f"/{name}"}, f"an unknown member {name}")
        exchange = trial.post({"a/b~c": 1, "": 2}, creation=creation)
        trial.expect_pointers("DATA-06", exchange, {"/a~1b~0c", "/"}, "names that a pointer has to escape")
    managed = next(filter(is_partner_managed, trial.creations()), None)
    if managed is not None:
        exchange = trial.post({"userKyc": {"age": 7}}, creation=managed)
        trial.expect_pointers("DATA-06", exchange, {"/userKyc/age"}, "an unknown member inside")


@judges("DATA-07", "DATA-08", "DATA-09")
def null_absence_and_types(trial: Trial) -> None:
    """Null is no value, a required member cannot be left out, and every member has its type."""
    for creation in trial.creations():
        smallest = creation.members()
        optional = {"idempotencyKey": "k", "websiteReference": "r", "customFields": {}}
        for name in (*smallest, *optional):
            body = encode({**smallest, name: None})
            exchange = trial.post(body=body, creation=creation)
            trial.expect_pointers("DATA-07", exchange, {f"/{name}"}, f"null for {name}")
            types = (True, [], 1, {}) if name != "amount" else (True, "5", [5], {"value": 5})
            for value in types if name != "customFields" else (True, [], 1, "x"):
                exchange = trial.post({name: value}, creation=creation)
                trial.expect_pointers("DATA-09", exchange, {f"/{name}"}, f"{value!r} for {name}")
        for name in smallest:
            if name == "amount" and creation.type == "embedded":
                continue
            exchange = trial.post({name: None}, creation=creation)
            trial.expect_pointers("DATA-08", exchange, {f"/{name}"}, f"a request without {name}")
        required = set(smallest) - ({"amount"} if creation.type == "embedded" else set())
        exchange = trial.post(body=b"{}", creation=creation)
        trial.expect_pointers("DATA-08", exchange, {f"/{name}" for name in required}, "an empty object")
        pair = {"blockchainDestinationType": None, "blockchainDestinationAddress": None}
        exchange = trial.post(body=encode({**smallest, **pair}), creation=creation)
        trial.expect_pointers("DATA-07", exchange, {f"/{name}" for name in pair}, "null for both of a pair")
        if is_partner_managed(creation):
            exchange = trial.post({"userKyc": {"fullName": None, "gender": "x"}}, creation=creation)
            trial.expect_pointers("DATA-07", exchange, {"/userKyc/fullName"}, "null inside userKyc")
        fields = {"a": "1", "b": None, "c/d": 3, "": {"e": ""}, "0": 4, "00": 4}
        exchange = trial.post({"customFields": fields}, creation=creation)
        trial.check(
            "DATA-07", exchange.answer is not None and exchange.answer.status == 400, exchange, "400 for null"
        )
        pointers = {f"/customFields/{name}" for name in ("b", "c~1d", "", "0", "00")}
        trial.expect_pointers("DATA-09", exchange, pointers, "values that are no text")


@judges("DATA-10", "DATA-11")
def codes_of_countries_and_currencies(trial: Trial) -> None:
    """The lists are closed and their codes are in upper case."""
    currencies = ("EUR", "GBP", "USD", "CHF", "PLN", "CZK", "DKK", "SEK", "NOK", "HUF", "RON")
    try_fields(
        trial,
        (
            Field(
                requirement="DATA-10",
                name="userCountryCode",
                accepted=country_codes(),
                refused=("de", "De", "XK", "UK", "EU", "AN", "ZZ", "DEU", "", "DE ", " DE", "DE\n", "276"),
            ),
            Field(
                requirement="DATA-11",
                name="currency",
                accepted=currencies,
                refused=("eur", "EURO", "JPY", "BTC", "XXX", "", "EUR ", "EUR\n", "978"),
            ),
        ),
    )


@judges("DATA-22", "DATA-23", "DATA-24", "DATA-28", "DATA-29")
def keys_references_and_fields_of_the_partner(trial: Trial) -> None:
    """Lengths count code points, and U+0000 is nowhere text."""
    fresh = trial.fresh()
    keys = (
        fresh,
        "!" + trial.fresh(),
        trial.fresh() + "~",
        trial.fresh() + "-" + "k" * (254 - len(trial.fresh())),
    )
    wrong_keys = ("", "k" * 256, "a b", "a\n", "\u0000", "é", "a\u007f", "🌍", " a")
    names = {str(number): "" for number in range(20)}
    emoji = "🌍" * 255
    try_fields(
        trial,
        (
            Field(requirement="DATA-22", name="idempotencyKey", accepted=keys, refused=wrong_keys),
            Field(
                requirement="DATA-23",
                name="websiteReference",
                accepted=("r", " ", "r" * 255, "line\nbreak", "</script>"),
                refused=("", "r" * 256),
            ),
            Field(requirement="DATA-28", name="websiteReference", accepted=(emoji,), refused=(emoji + "x",)),
            Field(
                requirement="DATA-29", name="websiteReference", accepted=(), refused=("\u0000", "a\u0000b")
            ),
            Field(
                requirement="DATA-24",
                name="customFields",
                accepted=({}, names, {"n" * 40: "v" * 500}, {" ": " "}, {"a": ""}),
                refused=({**names, "20": ""},),
            ),
            Field(
                requirement="DATA-28", name="customFields", accepted=({"🌍" * 40: "🌍" * 500},), refused=()
            ),
            *(
                Field(
                    requirement=requirement, name=name, inside="customFields", accepted=(), refused=(value,)
                )
                for requirement, name, value in (
                    ("DATA-24", "n" * 41, "v"),
                    ("DATA-24", "", "v"),
                    ("DATA-24", "a", "v" * 501),
                    ("DATA-28", "🌍" * 41, "v"),
                    ("DATA-28", "a", "🌍" * 501),
                    ("DATA-29", "a\u0000b", "v"),
                    ("DATA-29", "a", "\u0000"),
                )
            ),
        ),
    )


@judges("DATA-25", "DATA-28", besides=("SESS-10",))
def text_comes_back_as_sent(trial: Trial) -> None:
    """No name has a meaning, and no text is trimmed, normalised or folded."""
    names = (
        "__proto__",
        "constructor",
        "toString",
        "hasOwnProperty",
        "__class__",
        "length",
        "$ref",
        "a.b",
        "a[0]",
        "0",
    )
    hostile = {name: f"value of {name}" for name in names}
    texts = (
        "  spaces  ",
        "Ünïcödé",
        "cafe\u0301",
        "caf\u00e9",
        "\u05e9\u05dc\u05d5\u05dd",
        "👩\u200d👩\u200d👧",
        "\ufeffmark",
        "a\r\nb",
        "İı",
        "<b>&amp; \"quoted\" 'single'</b>",
    )
    cases: list[tuple[str, dict[str, Any]]] = [("DATA-25", {"customFields": hostile})]
    cases += [("DATA-28", {"websiteReference": text, "customFields": {text: text}}) for text in texts]
    cases += [("DATA-28", {"customFields": {name: name for name in ("ref", "Ref", "REF")}})]
    for requirement, sent in cases:
        exchange = trial.post(sent)
        session = exchange.answer.json() if exchange.answer and exchange.answer.status == 201 else None
        back = {name: session.get(name) for name in sent} if isinstance(session, dict) else None
        if trial.check(requirement, back == sent, exchange, f"201 with {', '.join(sent)} as sent"):
            found = trial.get(trial.path_of(session or {}))
            same = is_representation(found.answer, session)
            trial.check("SESS-10", same, found, "200 with the texts of the 201")


@judges("DATA-26", "DATA-27")
def destinations_on_the_blockchain(trial: Trial) -> None:
    """Type and address belong together, and the absent one of a broken pair is the fault."""
    kind, address = "blockchainDestinationType", "blockchainDestinationAddress"
    for creation in trial.creations():
        exchange = trial.post({kind: "Partner", address: ADDRESS}, creation=creation)
        trial.expect("DATA-26", exchange, 201, case="type and address together")
        exchange = trial.post({kind: "Partner"}, creation=creation)
        trial.expect_pointers("DATA-26", exchange, {f"/{address}"}, "a type without an address")
        exchange = trial.post({address: ADDRESS}, creation=creation)
        trial.expect_pointers("DATA-26", exchange, {f"/{kind}"}, "an address without a type")
    for value in ("Partner", "Customer"):
        exchange = trial.post({kind: value, address: ADDRESS.lower()})
        trial.expect("DATA-27", exchange, 201, case=f"the type {value}")
    for value in ("partner", "CUSTOMER", "", "Other"):
        exchange = trial.post({kind: value, address: ADDRESS})
        trial.expect_pointers("DATA-27", exchange, {f"/{kind}"}, f"the type {value!r}")
    for value in (
        "",
        "0x",
        ADDRESS[:-1],
        ADDRESS + "0",
        ADDRESS[2:],
        "0X" + ADDRESS[2:],
        ADDRESS[:-1] + "g",
        ADDRESS + "\n",
    ):
        exchange = trial.post({kind: "Customer", address: value})
        trial.expect_pointers("DATA-27", exchange, {f"/{address}"}, f"the address {value!r}")
