"""DATA-06 to DATA-29: the members of a request, one by one, at the edges of what is accepted."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from ..document import country_codes
from ..operations import URLS, Creation
from ..trial import Obstacle, Trial, encode, judges

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
        exchange = trial.post({"customFields": {"a": "1", "b": None, "c/d": 3}}, creation=creation)
        trial.check(
            "DATA-07", exchange.answer is not None and exchange.answer.status == 400, exchange, "400 for null"
        )
        trial.expect_pointers(
            "DATA-09", exchange, {"/customFields/b", "/customFields/c~1d"}, "values that are no text"
        )


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


@judges("DATA-12", "DATA-13")
def amounts(trial: Trial) -> None:
    """Two decimals as binary64 has them.

    No valid amount is refused for a rounding error, and none is changed.
    """
    creation, limit = trial.creation, trial.known.target.max_amount
    plain = encode(creation.members())

    def post(number: str) -> Any:
        return trial.post(body=plain.replace(b":\t5", b":\t" + number.encode()))

    hundredths = ["0.1", "0.10", "0.11", "0.29", "0.57", "0.58", "1.1", "1.13", "2.2", "4.35", "8.41", "9.95"]
    hundredths += ["10", "19.99", "1001.13", "65535.85", f"{limit:.2f}"]
    hundredths += [f"{trial.random.randint(10, int(limit * 100)) / 100:.2f}" for _ in range(10)]
    # More digits than binary64 tells apart name the double that is nearest to 0.29.
    for number in (*hundredths, "0.2900000000000000000001", "2.9e-1"):
        if float(number) > limit:
            continue
        exchange = post(number)
        trial.expect("DATA-12", exchange, 201, case=f"an amount of {number}")
        session = exchange.answer.json() if exchange.answer else None
        value = session.get("amount") if isinstance(session, dict) else None
        truth = (
            isinstance(value, int | float) and not isinstance(value, bool) and float(value) == float(number)
        )
        trial.check("DATA-13", truth, exchange, f"an amount equal to {number}")
    refused = (
        "0.105",
        "0.1000001",
        "1.005",
        "5.001",
        "0.09",
        "0.0999",
        "0",
        "-0",
        "-5",
        "0.01",
        "1e-5",
        "1000000.01",
    )
    for number in (*refused, "1000001", "0.29000000000000004"):
        trial.expect_pointers("DATA-12", post(number), {"/amount"}, f"an amount of {number}")
    for number in ("5", "5.0", "5.00", "5e0", "50e-1", "5E+0", "0.5e1"):
        exchange = post(number)
        session = exchange.answer.json() if exchange.answer else None
        trial.check(
            "DATA-12", isinstance(session, dict) and session.get("amount") == 5, exchange, f"5 for {number}"
        )


@judges("DATA-14")
def the_limit_of_the_environment(trial: Trial) -> None:
    """Above the environment's maximum there is a code of its own, unless something else is wrong as well."""
    limit = trial.known.target.max_amount
    if limit >= 1_000_000:
        raise Obstacle("the environment's limit is that of the schema")
    above = round(limit + 0.01, 2)
    for amount in (above, 1_000_000):
        exchange = trial.post({"amount": amount})
        trial.expect("DATA-14", exchange, 400, "amount_out_of_range", f"an amount of {amount}")
        problem = exchange.answer.json() if exchange.answer else None
        bounds = (problem.get("minimum"), problem.get("maximum")) if isinstance(problem, dict) else None
        trial.check("DATA-14", bounds == (0.1, limit), exchange, f"minimum 0.1 and maximum {limit:g}")
    exchange = trial.post({"amount": above, "currency": "EURO", "unknown": 1})
    expected = {"/amount", "/currency", "/unknown"}
    trial.expect_pointers("DATA-14", exchange, expected, "an amount above the limit beside other faults")
    exchange = trial.post({"amount": 1_000_000.01})
    trial.expect_pointers("DATA-14", exchange, {"/amount"}, "an amount above the schema's maximum")


@judges("DATA-15", "DATA-16", "DATA-17")
def urls(trial: Trial) -> None:
    """URLs are judged as RFC 3986 writes them, not as a browser would repair them."""
    long = "https://shop.example/" + "a" * (2048 - len("https://shop.example/"))
    tables: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
        (
            "DATA-15",
            (
                "https://shop.example",
                "HTTPS://Shop.Example/Path?a=1&b=%20#top",
                "https://xn--bcher-kva.example/",
                "https://192.0.2.1/",
                "https://[2001:db8::1]:8443/x",
                "https://shop.example?q",
                "https://shop.example/a//b/../c;d=e",
                "https://shop.example/?next=user@host",
                long,
            ),
            (
                "",
                "shop.example",
                "/path",
                "//shop.example/",
                "https:/shop.example",
                "https:///path",
                "https://",
                "https://?q",
                "ftp://shop.example/",
                "javascript:alert(1)",
                long + "a",
            ),
        ),
        (
            "DATA-16",
            (
                "http://localhost/x",
                "HTTP://LocalHost:3000",
                "http://127.0.0.1:8080/x",
                "http://127.255.0.3/",
                "http://[::1]:80/",
            ),
            (
                "http://shop.example/",
                "http://localhost.example/",
                "http://127.0.0.1.example/",
                "http://128.0.0.1/",
                "http://127.1/",
                "http://[::2]/",
                "http://0.0.0.0/",
            ),
        ),
        (
            "DATA-17",
            ("https://shop.example/%C3%BC?q=%2F",),
            (
                "https://user@shop.example/",
                "https://user:password@shop.example/",
                "https://@shop.example/",
                "https://shop.example@evil.example/",
                "https://shop.example/a b",
                " https://shop.example/",
                "https://shop.example/\n",
                "https://shop.example/\t",
                "https://shop.example/\u0000",
                "https://shop.example\\evil",
                "https://shop.example/ü",
                "https://bücher.example/",
                "https://shop.example/%",
                "https://shop.example/%2",
                "https://shop.example/%zz",
                "https://shop.example/<script>",
                'https://shop.example/"',
            ),
        ),
        (
            "DATA-15",
            ("https://shop.example:1/", "https://shop.example:65535/", "https://shop.example:443"),
            (
                "https://shop.example:0/",
                "https://shop.example:65536/",
                "https://shop.example:99999/",
                "https://shop.example:-1/",
                "https://shop.example:8o/",
            ),
        ),
    )
    for requirement, accepted, refused in tables:
        names = [trial.random.choice(URLS) for _ in (*accepted, *refused)]
        fields = [
            *(
                Field(requirement=requirement, name=name, accepted=(url,), refused=(), fits=is_hosted)
                for name, url in zip(names, accepted, strict=False)
            ),
            *(
                Field(requirement=requirement, name=name, accepted=(), refused=(url,), fits=is_hosted)
                for name, url in zip(names[len(accepted) :], refused, strict=True)
            ),
        ]
        try_fields(trial, fields)


@judges("DATA-18", "DATA-19")
def who_the_payer_is(trial: Trial) -> None:
    """``userId`` and ``userEmail`` at the edges of their rules."""
    label = "a" * 63
    long = "a" * (254 - len(f"@{label}.{label}.example")) + f"@{label}.{label}.example"
    try_fields(
        trial,
        (
            Field(
                requirement="DATA-18",
                name="userId",
                accepted=("a", " a ", "x" * 128, "🌍" * 128, "ü\u0301", "\u200f\u05d0", "<b>", "'; --"),
                refused=("", "x" * 129, "🌍" * 129, "a\n", "\n", "\u0000", "a\u007fb", "\u0085", "\u001f"),
                fits=is_partner_managed,
            ),
            Field(
                requirement="DATA-19",
                name="userEmail",
                accepted=(
                    "a@b.c",
                    "First.Last+tag@shop.example",
                    "a..b@shop.example",
                    "!#$%&'*/=?^_`{|}~-@a.b",
                    long,
                ),
                refused=(
                    "",
                    "shop.example",
                    "a@localhost",
                    "a@",
                    "@shop.example",
                    "a@b@shop.example",
                    '"a b"@shop.example',
                    "a@[127.0.0.1]",
                    "a@-shop.example",
                    "a@shop-.example",
                    "a@shop..example",
                    "a@" + "b" * 64 + ".example",
                    "ü@shop.example",
                    "a@bücher.example",
                    " a@shop.example",
                    "a@shop.example\n",
                    "a" + long,
                ),
                fits=is_partner_managed,
            ),
        ),
    )


@judges("DATA-20", "DATA-21")
def what_is_known_of_the_payer(trial: Trial) -> None:
    """``userKyc`` is closed, everything in it is optional, and every member has its rule."""
    today = datetime.datetime.now(datetime.UTC).date()
    # One day either side of today belongs to the clocks of both sides.
    past, future = (str(today + datetime.timedelta(days=days)) for days in (-2, 2))
    text = {"fullName": 200, "residenceAddress": 500, "placeOfBirth": 200, "gender": 40}
    texts = [
        Field(
            requirement="DATA-20",
            name=name,
            inside="userKyc",
            accepted=("x", "🌍" * limit),
            refused=("", "🌍" * (limit + 1), "a\u0000"),
            fits=is_partner_managed,
        )
        for name, limit in {**text, "personalIdentificationNumber": 200}.items()
    ]
    try_fields(
        trial,
        (
            Field(
                requirement="DATA-20",
                name="userKyc",
                accepted=({}, {"gender": "x"}, {"fullName": "A", "dateOfBirth": "1980-02-29"}),
                refused=("", [], 1, True),
                fits=is_partner_managed,
            ),
            Field(
                requirement="DATA-20",
                name="unknown",
                inside="userKyc",
                accepted=(),
                refused=("x",),
                fits=is_partner_managed,
            ),
            *texts,
            Field(
                requirement="DATA-20",
                name="citizenshipCountryCode",
                inside="userKyc",
                accepted=("FR", "ZW"),
                refused=("fr", "XX", "FRA", ""),
                fits=is_partner_managed,
            ),
            Field(
                requirement="DATA-20",
                name="mobilePhone",
                inside="userKyc",
                accepted=("+4915112", "+4915112345678", "+123456789012345"),
                refused=(
                    "",
                    "+123456",
                    "+1234567890123456",
                    "004915112345",
                    "+0491511234",
                    "+49 1511234567",
                    "+4915112\n",
                ),
                fits=is_partner_managed,
            ),
            Field(
                requirement="DATA-21",
                name="dateOfBirth",
                inside="userKyc",
                accepted=("1900-01-01", "2000-02-29", "1999-12-31", past),
                refused=(
                    "1899-12-31",
                    "1900-02-29",
                    "2001-02-29",
                    "2001-04-31",
                    "2001-13-01",
                    "2001-00-10",
                    "2001-1-1",
                    "01-01-2001",
                    "2001-01-01T00:00:00Z",
                    "20010101",
                    "2001-01-01\n",
                    "",
                    future,
                    "9999-12-31",
                ),
                fits=is_partner_managed,
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


@judges("DATA-25", "DATA-28")
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
    )
    cases: list[tuple[str, dict[str, Any]]] = [("DATA-25", {"customFields": hostile})]
    cases += [("DATA-28", {"websiteReference": text, "customFields": {text: text}}) for text in texts]
    for requirement, sent in cases:
        exchange = trial.post(sent)
        session = exchange.answer.json() if exchange.answer and exchange.answer.status == 201 else None
        back = {name: session.get(name) for name in sent} if isinstance(session, dict) else None
        trial.check(requirement, back == sent, exchange, f"201 with {', '.join(sent)} as sent")


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
