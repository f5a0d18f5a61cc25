"""DATA-18 to DATA-21: who the payer is, as the partner says."""

import datetime
from collections.abc import Callable
from functools import partial
from operator import eq

from ..operations import Creation
from ..trial import Trial, judges
from .fields import Field, is_partner_managed, try_fields

LATE_CODES = ("AX", "BL", "BQ", "CW", "MF", "SS", "SX", "PS", "TW", "UM")
"""Of ISO 3166-1: those that lists of countries lack most often."""


@judges("DATA-18", "DATA-19")
def who_the_payer_is(trial: Trial) -> None:
    """``userId`` and ``userEmail`` at the edges of their rules."""
    label = "a" * 63
    long = "a" * (254 - len(f"@{label}.{label}.example")) + f"@{label}.{label}.example"
    managed = [creation for creation in trial.creations() if is_partner_managed(creation)]
    # Each operation has a request of its own, and a rule may be left out of one.
    each: list[Callable[[Creation], bool]] = [partial(eq, creation) for creation in managed]
    for fits in each or [is_partner_managed]:
        try_fields(
            trial,
            (
                Field(
                    requirement="DATA-18",
                    name="userId",
                    accepted=(
                        "a",
                        " a ",
                        "x" * 128,
                        "🌍" * 128,
                        "ü\u0301",
                        "\u200f\u05d0",
                        "<b>",
                        "'; --",
                        " ",
                    ),
                    refused=(
                        "",
                        "x" * 129,
                        "🌍" * 129,
                        "a\n",
                        "\n",
                        "\u0000",
                        "a\u007fb",
                        "\u0085",
                        "\u001f",
                    ),
                    fits=fits,
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
                    fits=fits,
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
            accepted=("x", " ", "🌍" * limit),
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
                accepted=("FR", "ZW", *LATE_CODES),
                refused=("fr", "XX", "XK", "FRA", ""),
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
