"""JSON that ends too early: what is shown of it, wherever it was cut."""

from __future__ import annotations

import json

import pytest

from reference_impl.domain.cut_json import mask_cut
from reference_impl.domain.privacy import MASK, Privacy

EVENT = {
    "eventId": "3f2504e0",
    "data": {
        "customerFullName": 'Zoë "Z" Quill\\ 🙂',
        "customerEmail": "zoe@mail.example",
        "customerCitizenshipCountryCode": "SE",
        "customerResidenceAddress": None,
        "amount": 5.25,
        "customFields": {"for": 'dear Zoë "Z" Quill\\ 🙂!', "paid": "true"},
        "country": "SE",
    },
}


def cut(text: bytes, *known: bytes) -> str:
    return mask_cut(text, privacy=Privacy(*known))


@pytest.mark.parametrize("ascii_only", [True, False])
def test_wherever_it_is_cut_no_part_of_a_private_value_is_shown(ascii_only: bool) -> None:
    """Not even three letters of one: a value that is cut is not shown at all."""
    whole = json.dumps(EVENT, ensure_ascii=ascii_only).encode()
    private = ("Zo", "\\u00eb", "Qui", "zoe", "mail.e", '"SE"')
    for length in range(len(whole)):
        shown = cut(whole[:length], whole)
        before_country = shown.partition('"country": ')[0]
        assert not [part for part in private if part in before_country], length


def test_what_is_whole_and_not_private_is_shown_as_it_was_sent() -> None:
    text = b'{ "eventId" : "\\u0041\xc3\xa9", "data": {"amount": 5.250, "ok": true, "list": [1, null], "b'
    assert cut(text) == text.decode()[:-2] + MASK


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"fullName": {"first": "A', f'{{"fullName"{MASK}'),
        ('{"userKyc": [1, 2], "a": 1', f'{{"userKyc"{MASK}'),
        ('{"FULLNAME": 17, "a": ', f'{{"FULLNAME": "{MASK}", "a": '),
        ('{"fullName": null, "a": "b"', '{"fullName": null, "a": "b"'),
        ('{"fullName": "A", "a": "b"', f'{{"fullName": "{MASK}", "a": "b"'),
        ('{"full\\u004eame": "A"', f'{{"full\\u004eame": "{MASK}"'),
        ('{"a": 4', f'{{"a": {MASK}'),
        ('{"a": tru', f'{{"a": {MASK}'),
        ('{"a": "b\\', f'{{"a": {MASK}'),
        ("name=Ada", MASK),
        ('{"a": "\\q"}', f'{{"a": {MASK}'),
        ("", ""),
    ],
)
def test_each_kind_of_piece_is_shown_or_masked(text: str, shown: str) -> None:
    assert cut(text.encode()) == shown


def test_what_repeats_an_identity_that_another_text_told_is_masked() -> None:
    known = b'{"userKyc": {"fullName": "Ada Lovelace", "personalIdentificationNumber": 4711}}'
    assert cut(b'{"for": "Ada Lovelace", "n": 4711, "x', known) == f'{{"for": "{MASK}", "n": "{MASK}", {MASK}'


def test_nothing_is_shown_where_nobody_knows_what_is_private() -> None:
    assert cut(b'{"a": "b"}', b"no JSON") == MASK
