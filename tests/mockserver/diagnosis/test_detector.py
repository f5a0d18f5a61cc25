"""The detector on requests that no table lists: garbage, mistakes in combination, clocks that were moved."""

from __future__ import annotations

import base64
import json
import random
import time
from collections.abc import Callable, Mapping
from itertools import count, product

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from mockserver.diagnosis import CAUSES, Diagnosis, Refusal, diagnose
from mockserver.diagnosis.effort import (
    LARGEST_REWRITTEN,
    MAXIMUM_BYTES,
    MAXIMUM_OPENINGS,
    MAXIMUM_STRINGS,
    Effort,
)
from mockserver.diagnosis.json_styles import rewritten
from reference_impl.credentials import PartnerCredentials
from reference_impl.http.exchange import MAXIMUM_BODY
from tests.mockserver.diagnosis.bench import BODY, ORDER, PKCS1, SHA256, as_base64, load_key
from tests.session_api.calls import encode

NOW = 1_772_366_400
REFUSALS = (
    "missing_credentials",
    "unknown_api_key",
    "malformed_timestamp",
    "timestamp_out_of_window",
    "invalid_signature",
)

Partners = Mapping[str, PartnerCredentials]


def refuse(
    partners: Partners,
    signature: str,
    *,
    body: bytes = BODY,
    code: str = "invalid_signature",
    timestamp: str = str(NOW),
    api_key: str | None = None,
    session_now: float = NOW,
) -> Refusal:
    """A refusal of the partner `demo`, as the gatekeeper would tell it."""
    key = partners["demo"].api_key if api_key is None else api_key
    others = {name: partner.partner() for name, partner in partners.items() if partner.api_key != key}
    found = next((partner.partner() for partner in partners.values() if partner.api_key == key), None)
    return Refusal(
        code=code,
        fields={"apikey": key, "timestamp": timestamp, "signature": signature},
        body=body,
        partner=found,
        others=others,
        now=NOW,
        session_now=session_now,
    )


def sign(partners: Partners, string: bytes) -> str:
    return as_base64(load_key(partners["demo"].private_key_pem).sign(string, PKCS1, SHA256))


def head(partners: Partners) -> bytes:
    return f"{NOW},{partners['demo'].api_secret},".encode()


def codes(diagnosis: Diagnosis) -> list[str]:
    return [diagnosis.cause.code, *(cause.code for cause in diagnosis.further)]


def garbage(source: random.Random) -> str:
    """A header value of some kind, with nothing behind it."""
    raw = source.randbytes(source.choice([0, 1, 20, 32, 64, 71, 96, 128, 255, 256, 256, 256, 257, 384, 512]))
    text = source.choice(
        [
            as_base64(raw),
            as_base64(raw).rstrip("="),
            base64.urlsafe_b64encode(raw).decode(),
            raw.hex(),
            raw.decode("latin-1"),
            repr(raw),
            ",".join(map(str, raw)),
            as_base64(raw.hex().encode()),
            "".join(source.choices("ABCabc019+/=-_ ,'\"%\\\u00e9", k=source.randrange(400))),
        ]
    )
    return (
        source.choice(["{}", '"{}"', "sha256={}", "{0}, {0}", " {}"]).replace("{0}", text).replace("{}", text)
    )


@pytest.mark.parametrize("seed", range(20))
def test_garbage_is_never_diagnosed_with_a_certainty_that_it_cannot_give(
    partners: Partners, seed: int
) -> None:
    """Only what can be read off the header is called certain: that it is no base64, or too short."""
    source = random.Random(seed)
    for _ in range(20):
        check_garbage(partners, source)


def check_garbage(partners: Partners, source: random.Random) -> None:
    body = source.choice([BODY, b"", source.randbytes(50), b'{"a": 1e999}', b"[" * 4000, b'{"a": "\\ud800"}'])
    effort = Effort()
    diagnosis = diagnose(refuse(partners, garbage(source), body=body), effort=effort)
    if diagnosis.certain:
        assert diagnosis.cause.code in {"not_base64", "signature_length", "signature_placeholder"}
    assert json.loads(json.dumps(diagnosis.document()))["code"] in CAUSES
    assert_bounded(effort)


@pytest.mark.parametrize("code", REFUSALS[1:4])
@pytest.mark.parametrize("seed", range(10))
def test_no_header_is_too_odd_to_be_diagnosed(partners: Partners, code: str, seed: int) -> None:
    source = random.Random(seed)
    odd = "".join(source.choices("0123456789abc,.:-+eE \"'${}%\u00e9\u00a0", k=source.randrange(1, 40)))
    timestamp = f"{source.randrange(10**10):010}" if code == "timestamp_out_of_window" else odd
    diagnosis = diagnose(refuse(partners, "AAAA", code=code, timestamp=timestamp, api_key=odd))
    assert diagnosis.cause.refusal == code


def test_a_code_that_is_no_refusal_of_credentials_is_not_diagnosed(partners: Partners) -> None:
    with pytest.raises(ValueError, match="not_found"):
        diagnose(refuse(partners, "AAAA", code="not_found"))


def test_a_right_signature_is_not_called_wrong(partners: Partners) -> None:
    """Should it ever be asked: unknown, and not certain."""
    diagnosis = diagnose(refuse(partners, sign(partners, head(partners) + BODY)))
    assert (codes(diagnosis), diagnosis.certain) == (["unknown"], False)


STRINGS: Mapping[str, Callable[[bytes, bytes], bytes]] = {
    "": lambda head, body: head + body,
    "newline_signed": lambda head, body: head + body + b"\n",
    "body_omitted": lambda head, body: head,
    "secret_missing": lambda head, body: head.split(b",")[0] + b"," + body,
    "unknown_string": lambda head, body: b"anything" + head[:10],
}
OPERATIONS = {
    "": (PKCS1, SHA256),
    "sha1": (PKCS1, hashes.SHA1()),  # noqa: S303 - somebody's mistake
    "sha512": (PKCS1, hashes.SHA512()),
    "pss": (padding.PSS(padding.MGF1(SHA256), padding.PSS.DIGEST_LENGTH), SHA256),
}
SPELLINGS: Mapping[str, Callable[[bytes], str]] = {
    "": as_base64,
    "base64url": lambda raw: base64.urlsafe_b64encode(raw).decode(),
    "hexadecimal": lambda raw: raw.hex(),
    "signature_quoted": lambda raw: f'"{as_base64(raw)}"',
}
KEYS = {"": "demo", "other_partners_key": "other"}
COMBINATIONS = [
    combination for combination in product(KEYS, OPERATIONS, SPELLINGS, STRINGS) if any(combination)
]


@pytest.mark.parametrize("combination", COMBINATIONS, ids=lambda made: "+".join(filter(None, made)))
def test_mistakes_in_combination_are_named_in_the_order_of_their_cure(
    partners: Partners, combination: tuple[str, str, str, str]
) -> None:
    key_code, operation, spelling, string = combination
    scheme, function = OPERATIONS[operation]
    key = load_key(partners[KEYS[key_code]].private_key_pem)
    secret = partners["demo"].api_secret
    for timestamp in count(NOW):
        string_signed = STRINGS[string](f"{timestamp},{secret},".encode(), BODY)
        raw = key.sign(string_signed, scheme, function)
        if {"+", "/"} & set(as_base64(raw)):  # base64url writes it differently
            break
    diagnosis = diagnose(refuse(partners, SPELLINGS[spelling](raw), timestamp=str(timestamp)))
    assert codes(diagnosis) == [code for code in combination if code]
    assert diagnosis.certain is (codes(diagnosis)[0] != "unknown_string")


def test_credentials_of_another_partner_are_recognised_as_such(partners: Partners) -> None:
    other = partners["other"]
    credentials = other.sign(BODY, timestamp=NOW)
    diagnosis = diagnose(refuse(partners, credentials["Signature"]))
    assert codes(diagnosis) == ["other_partners_key", "other_partners_secret"]
    assert "other" in diagnosis.evidence


def test_a_body_in_any_other_style_is_recognised(partners: Partners) -> None:
    """Signed in one style, sent in the odd one of these tests, which is a style too."""
    styles = list(rewritten(BODY))
    assert len(styles) > 100
    assert BODY in {written.text for written in styles}
    for written in random.Random(1).sample(styles, 40):
        diagnosis = diagnose(refuse(partners, sign(partners, head(partners) + written.text)))
        if written.text != BODY:
            assert codes(diagnosis) == ["body_reserialised"]
            assert written.style in diagnosis.evidence


def test_every_style_is_the_same_data() -> None:
    """But for the one that removes white space from values too, and those that make text of numbers."""
    for written in rewritten(BODY):
        if "numbers as text" in written.style:
            assert {**json.loads(written.text), "amount": 9.5} == ORDER
            continue
        assert json.loads(written.text) == ORDER or written.style.startswith("without any white space")


def test_the_first_byte_that_differs_is_told_and_nothing_private_around_it(partners: Partners) -> None:
    sent = encode({"userCountryCode": "DE", "amount": 9.5, "userKyc": {"fullName": "Erika"}, "shoe": 47})
    signed = json.dumps(json.loads(sent)).encode()
    diagnosis = diagnose(refuse(partners, sign(partners, head(partners) + signed), body=sent))
    offset = next(index for index in range(len(sent)) if sent[index] != signed[index])
    assert f"number {offset} of the body" in diagnosis.evidence
    assert 'sent `{\\n "userCountryCode": "…"…`' in diagnosis.evidence
    assert 'signed `{"userCountryCode": "…",…`' in diagnosis.evidence
    assert not [private for private in ("Erika", "DE", "47", "shoe") if private in diagnosis.evidence]


def test_a_secret_inside_the_body_is_not_shown_either(partners: Partners) -> None:
    secret = partners["demo"].api_secret
    sent = encode({secret: secret, "amount": secret, "userKyc": {secret: 1}, "websiteReference": [secret]})
    signed = json.dumps(json.loads(sent)).encode()
    diagnosis = diagnose(refuse(partners, sign(partners, head(partners) + signed), body=sent))
    assert codes(diagnosis) == ["body_reserialised"]
    assert secret not in json.dumps(diagnosis.document()) + diagnosis.sentences()


def test_a_time_stamp_by_the_session_clock_is_recognised(partners: Partners) -> None:
    """The sandbox's own trap: its session clock was moved by a month and a bit."""
    moved = NOW + 2_700_123
    refusal = refuse(
        partners, "AAAA", code="timestamp_out_of_window", timestamp=str(moved), session_now=moved + 1
    )
    diagnosis = diagnose(refusal)
    assert codes(diagnosis) == ["timestamp_session_clock"]
    assert "2700123 seconds ahead" in diagnosis.evidence


@pytest.mark.parametrize(
    ("drift", "code", "words"),
    [
        (301, "clock_ahead", "301 seconds ahead of"),
        (-301, "clock_behind", "301 seconds behind"),
        (3600, "timestamp_local_time", "UTC+01:00"),
        (-3 * 3600 - 1800 + 20, "timestamp_local_time", "UTC-03:30"),
        (19_800, "timestamp_local_time", "UTC+05:30"),
        (3600 + 200, "clock_ahead", "3800 seconds"),
        (-86_400, "clock_behind", "86400 seconds"),
    ],
)
def test_the_drift_is_told_in_seconds(partners: Partners, drift: int, code: str, words: str) -> None:
    refusal = refuse(partners, "AAAA", code="timestamp_out_of_window", timestamp=str(NOW + drift))
    diagnosis = diagnose(refusal)
    assert codes(diagnosis) == [code]
    assert words in diagnosis.evidence


def test_an_unknown_string_says_what_was_ruled_out(partners: Partners) -> None:
    """All that was tried, and nothing that was not."""
    diagnosis = diagnose(refuse(partners, sign(partners, b"anything")))
    strings = [code for code, cause in CAUSES.items() if cause.refusal == "invalid_signature"]
    assert codes(diagnosis) == ["unknown_string"]
    assert not diagnosis.certain
    assert "probably" not in diagnosis.sentences()
    assert {"separator", "body_reserialised", "timestamp_signed_milliseconds"} <= set(diagnosis.ruled_out)
    assert set(diagnosis.ruled_out) <= set(strings)
    assert f"{len(diagnosis.ruled_out)} kinds of mistakes" in diagnosis.evidence
    assert "not every known mistake" not in diagnosis.evidence


def assert_bounded(effort: Effort) -> None:
    assert effort.openings <= MAXIMUM_OPENINGS
    assert effort.strings <= MAXIMUM_STRINGS
    assert effort.bytes <= MAXIMUM_BYTES


def large_body(size: int) -> bytes:
    start, end = b'{"websiteReference": "', b'"}'
    return start + b"a" * (size - len(start) - len(end)) + end


@pytest.mark.parametrize("size", [0, 4_000, LARGEST_REWRITTEN + 1, MAXIMUM_BODY])
@pytest.mark.parametrize("made", ["signature", "hash"])
def test_the_work_is_bounded_whatever_is_sent(partners: Partners, size: int, made: str) -> None:
    """The dearest refusals: a right signature, or what may be an HMAC, over a string that nobody knows."""
    body = large_body(size) if size else b""
    effort = Effort()
    signature = sign(partners, b"anything") if made == "signature" else as_base64(bytes(range(32)))
    diagnosis = diagnose(refuse(partners, signature, body=body), effort=effort)
    assert_bounded(effort)
    assert effort.strings > 50
    assert effort.exhausted == (size > LARGEST_REWRITTEN)
    if made == "signature":
        assert codes(diagnosis) == ["unknown_string"]
        assert ("not every known mistake" in diagnosis.evidence) == effort.exhausted
    else:
        assert (codes(diagnosis), diagnosis.certain) == (["hmac"], False)


def test_a_refusal_without_the_partners_key_is_cheap(partners: Partners) -> None:
    """Strings are tried where the padding proves the key, so that garbage costs no search."""
    effort = Effort()
    diagnose(refuse(partners, as_base64(bytes(range(256)))), effort=effort)
    assert effort.strings == 0


@pytest.mark.parametrize("members", [14, 250, 4_000])
def test_the_dearest_diagnosis_takes_less_than_a_second_of_cpu(partners: Partners, members: int) -> None:
    """Some 0.1 s where nothing else runs: an unknown string, around JSON of very many members."""
    body = json.dumps({f"m{number}": number for number in range(members)}).encode()[: MAXIMUM_BODY - 1]
    effort, started = Effort(), time.process_time()
    diagnosis = diagnose(refuse(partners, sign(partners, b"anything"), body=body), effort=effort)
    assert time.process_time() - started < 1
    assert codes(diagnosis) == ["unknown_string"]
    assert_bounded(effort)


def test_common_mistakes_are_found_around_the_largest_body(partners: Partners) -> None:
    body = large_body(MAXIMUM_BODY)
    for code in ("newline_signed", "body_omitted", "secret_missing"):
        string = STRINGS[code](head(partners), body)
        assert codes(diagnose(refuse(partners, sign(partners, string), body=body))) == [code]


def test_no_more_keys_are_tried_than_allowed(partners: Partners) -> None:
    """However many partners there are."""
    refusal = refuse(partners, as_base64(bytes(range(256))))
    crowd = {f"partner {number}": partners["other"].partner() for number in range(500)}
    effort = Effort()
    diagnosis = diagnose(
        Refusal(
            code=refusal.code,
            fields=refusal.fields,
            body=BODY,
            partner=refusal.partner,
            others=crowd,
            now=NOW,
            session_now=NOW,
        ),
        effort=effort,
    )
    assert effort.openings == MAXIMUM_OPENINGS
    assert effort.exhausted
    assert codes(diagnosis) == ["unregistered_key"]
