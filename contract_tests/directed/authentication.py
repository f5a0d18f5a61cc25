"""AUTH: who may call, and what exactly is signed."""

import base64
import dataclasses

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ..operations import ANOTHER_AMOUNT, session_path
from ..signing import CREDENTIAL_HEADERS, signature, signed_string
from ..trial import Trial, encode, judges, with_amount
from ..unrouted import is_unrouted
from ..wire import Exchange, Request

CHALLENGE = 'StableMint realm="api"'
UNKNOWN_SESSION = "unknown-session-0000000000"
WITHIN_SECONDS, BEYOND_SECONDS = 290, 310
"""Ten seconds either side of the window's 300: what black-box tests may ask of two clocks (AUTH-09)."""


def with_header(request: Request, name: str, value: str | None) -> Request:
    """The request with the header set to `value`, or without it where that is None."""
    kept = tuple((key, old) for key, old in request.headers if key != name)
    return dataclasses.replace(request, headers=kept if value is None else (*kept, (name, value)))


def is_refused(trial: Trial, requirement: str, exchange: Exchange, code: str, case: str) -> None:
    """Record whether credentials outside ASCII are refused as what they are.

    An HTTP library that knows no such fields says so before anybody could.
    """
    if not is_unrouted(exchange, trial.client):
        trial.expect(requirement, exchange, 401, code, case)


def every_operation(trial: Trial) -> list[Request]:
    """An unsigned request for each creation that may be used, and a look-up."""
    requests = [trial.creating(creation=creation) for creation in trial.creations()]
    return [*requests, Request(method="GET", path=session_path(UNKNOWN_SESSION))]


@judges("AUTH-01", "AUTH-06", "AUTH-07")
def no_operation_without_credentials(trial: Trial) -> None:
    """Every operation asks for credentials, and says with a challenge that it does."""
    for request in every_operation(trial):
        signed = trial.sign(request)
        for name in CREDENTIAL_HEADERS:
            for value in (None, ""):
                exchange = trial.send(with_header(signed, name, value))
                case = f"{'no' if value is None else 'an empty'} {name}"
                trial.expect("AUTH-06", exchange, 401, "missing_credentials", case)
                given = exchange.answer.header("WWW-Authenticate") if exchange.answer else None
                trial.check(
                    "AUTH-01", given == CHALLENGE, exchange, f"401 with WWW-Authenticate: {CHALLENGE}"
                )
        exchange = trial.send(with_header(signed, "ApiKey", "nobody-has-this-key"))
        trial.expect("AUTH-07", exchange, 401, "unknown_api_key", "a key that was never issued")
        api_key = trial.partner().api_key
        others = {
            "a key with a character more": api_key + "x",
            "a key with a character less": api_key[:-1],
            "a key in another case": api_key.swapcase(),
            "a key that is not in ASCII": "\xe9" + api_key,
        }
        others |= {f"the key {name}": name for name in ("constructor", "__proto__", "__class__", "%")}
        for case, other in others.items():
            if other != api_key:
                exchange = trial.send(with_header(signed, "ApiKey", other))
                is_refused(trial, "AUTH-07", exchange, "unknown_api_key", case)


@judges("AUTH-01")
def every_refusal_is_a_challenge(trial: Trial) -> None:
    """Whatever is wrong with the credentials, for creations as for look-ups of sessions that there are."""
    session, _ = trial.create()
    far = str(trial.known.now() - BEYOND_SECONDS)
    found = Request(method="GET", path=trial.path_of(session))
    for request in (trial.creating(), found):
        signed = trial.sign(request)
        for name, value in (
            *((name, None) for name in CREDENTIAL_HEADERS),
            ("ApiKey", "nobody-has-this-key"),
            ("Timestamp", "1"),
            ("Timestamp", far),
            ("Signature", "AAAA"),
        ):
            exchange = trial.send(with_header(signed, name, value))
            refused = exchange.answer is not None and exchange.answer.status == 401
            given = exchange.answer.header("WWW-Authenticate") if exchange.answer else None
            case = f"401 with WWW-Authenticate: {CHALLENGE} for {name}: {value or '(absent)'}"
            trial.check("AUTH-01", refused and given == CHALLENGE, exchange, case)
    head = trial.sign(dataclasses.replace(found, method="HEAD"))
    answer = trial.send(head).answer
    if answer is None or answer.status != 200:
        return  # HEAD is no more than a SHOULD (HTTP-06)
    for name, value in (("ApiKey", None), ("Signature", None), ("Signature", "AAAA")):
        exchange = trial.send(with_header(head, name, value))
        trial.expect("AUTH-01", exchange, 401, case=f"HEAD with {name}: {value or '(absent)'}")


@judges("AUTH-01", "AUTH-02")
def signatures_of_another_make(trial: Trial) -> None:
    """Only RSA-SHA256 with PKCS#1 v1.5 over the three parts, by the registered key, is a signature."""
    partner, request, stamp = trial.partner(), trial.creating(), str(trial.known.now())
    body = request.body or b""
    right = signed_string(timestamp=stamp, secret=partner.api_secret, body=body)
    secret = partner.api_secret.encode()
    other_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)

    def raw(message: bytes, scheme: padding.AsymmetricPadding, digest: hashes.HashAlgorithm) -> str:
        return base64.b64encode(partner.private_key.sign(message, scheme, digest)).decode()

    wrong = {
        "a signature by another key": signature(other_key, right),
        "an RSA-PSS signature": raw(right, pss, hashes.SHA256()),
        "an RSA-SHA1 signature": raw(right, padding.PKCS1v15(), hashes.SHA1()),  # noqa: S303 - must be refused
        "an RSA-SHA512 signature": raw(right, padding.PKCS1v15(), hashes.SHA512()),
        "a signature without the secret": signature(partner.private_key, f"{stamp},".encode() + body),
        "a signature without the timestamp": signature(partner.private_key, secret + b"," + body),
        "a signature without the body": signature(partner.private_key, f"{stamp},".encode() + secret + b","),
        "a signature with dots for commas": signature(partner.private_key, right.replace(b",", b".", 2)),
        "a signature over another timestamp": signature(
            partner.private_key,
            signed_string(timestamp=str(int(stamp) - 1), secret=partner.api_secret, body=body),
        ),
    }
    signed = trial.sign(request)
    trial.expect("AUTH-02", trial.send(signed), 201, case="the right signature")
    for case, write in {"small letters": str.lower, "capitals": str.upper}.items():
        named = tuple((write(name), value) for name, value in signed.headers)
        exchange = trial.send(dataclasses.replace(signed, headers=named))
        trial.expect("AUTH-02", exchange, 201, case=f"the right signature, names of header fields in {case}")
    for case, value in wrong.items():
        exchange = trial.send(with_header(trial.sign(request, timestamp=stamp), "Signature", value))
        trial.expect("AUTH-02", exchange, 401, "invalid_signature", case)
        given = exchange.answer.header("WWW-Authenticate") if exchange.answer else None
        trial.check("AUTH-01", given == CHALLENGE, exchange, f"401 with WWW-Authenticate: {CHALLENGE}")
    accepted = trial.sign(request, timestamp=stamp)
    trial.expect("AUTH-02", trial.send(accepted), 201, case="the right signature")
    other = dataclasses.replace(accepted, body=encode(trial.creation.members(amount=ANOTHER_AMOUNT)))
    exchange = trial.send(other)
    trial.expect("AUTH-02", exchange, 401, "invalid_signature", "a signature that was good for another body")


@judges("AUTH-02")
def signatures_of_another_partner(trial: Trial) -> None:
    """Key and secret are those of the partner that ``ApiKey`` names, and of no other."""
    _, mine, theirs = trial.two_partners()
    for request in every_operation(trial):
        signed = with_header(trial.sign(request, partner=theirs), "ApiKey", mine.api_key)
        exchange = trial.send(signed)
        trial.expect("AUTH-02", exchange, 401, "invalid_signature", "another partner's signature")
        message = signed_string(
            timestamp=signed.header("Timestamp") or "", secret=mine.api_secret, body=request.body or b""
        )
        exchange = trial.send(with_header(signed, "Signature", signature(theirs.private_key, message)))
        trial.expect("AUTH-02", exchange, 401, "invalid_signature", "a signature by another partner's key")
        message = signed_string(
            timestamp=signed.header("Timestamp") or "", secret=theirs.api_secret, body=request.body or b""
        )
        exchange = trial.send(with_header(signed, "Signature", signature(mine.private_key, message)))
        trial.expect("AUTH-02", exchange, 401, "invalid_signature", "a signature over another's secret")


@judges("AUTH-03")
def the_exact_bytes_are_signed(trial: Trial) -> None:
    """White space, escapes and order in the body are signed as sent, not as written again."""
    creation = trial.creation
    members = creation.members(websiteReference="Grüße, 世界 🌍")
    plain = encode(members)
    forms = {
        "odd white space": plain,
        "a final newline": plain + b"\n",
        "leading white space": b" \r\n\t" + plain,
        "needless escapes": plain.replace(b'"EUR"', b'"\\u0045\\u0055R"'),
        "escaped solidus": plain.replace(b"/", b"\\/"),
        "reversed members": encode(dict(reversed(members.items()))),
        "a number with an exponent": with_amount(members, f"{members['amount']}e0"),
    }
    forms["100,000 bytes"] = plain + b" " * (100_000 - len(plain))
    for case, body in forms.items():
        trial.expect("AUTH-03", trial.post(body=body), 201, case=f"a signed body with {case}")
    for case, body in (
        ("bytes that are not UTF-8", plain.replace(b'"EUR"', b'"\xff\xfe"')),
        ("a byte order mark", b"\xef\xbb\xbf" + plain),
    ):
        trial.expect("AUTH-03", trial.post(body=body), 400, "malformed_json", f"a signed body with {case}")
    stamp, partner = str(trial.known.now()), trial.partner()
    compact = plain.replace(b" ,  ", b",").replace(b":\t", b":")
    for case, sent, signed in (
        ("a body with white space that was signed without it", plain, compact),
        ("a compact body that was signed with white space", compact, plain),
        ("a body with a newline that was signed without it", plain + b"\n", plain),
    ):
        headers = (*partner.headers(signed, timestamp=stamp), ("Content-Type", "application/json"))
        exchange = trial.send(Request(method="POST", path=creation.path, headers=headers, body=sent))
        trial.expect("AUTH-03", exchange, 401, "invalid_signature", case)


@judges("AUTH-04", "AUTH-05")
def look_ups_are_signed_with_their_body(trial: Trial) -> None:
    """Without a body the string ends with the second comma; a body sent with GET is part of it."""
    session, _ = trial.create()
    path, partner, stamp = trial.path_of(session), trial.partner(), str(trial.known.now())
    trial.expect("AUTH-04", trial.get(path), 200, case="a string that ends with the second comma")
    for case, message in (
        ("a string without the second comma", f"{stamp},{partner.api_secret}"),
        ("a string that ends with {}", f"{stamp},{partner.api_secret},{{}}"),
    ):
        headers = (
            ("ApiKey", partner.api_key),
            ("Timestamp", stamp),
            ("Signature", signature(partner.private_key, message.encode())),
        )
        exchange = trial.send(Request(method="GET", path=path, headers=headers))
        trial.expect("AUTH-04", exchange, 401, "invalid_signature", case)
    body = b'{"note": "signed"}'
    with_body = Request(method="GET", path=path, body=body)
    trial.expect("AUTH-05", trial.send(trial.sign(with_body)), 200, case="a GET whose body is signed")
    in_chunks = trial.sign(dataclasses.replace(with_body, chunked=True))
    trial.expect("AUTH-05", trial.send(in_chunks), 200, case="a GET whose body in chunks is signed")
    unsigned_body = partner.headers(b"", timestamp=stamp)
    exchange = trial.send(dataclasses.replace(with_body, headers=unsigned_body))
    trial.expect("AUTH-05", exchange, 401, "invalid_signature", "a GET whose body is not signed")


@judges("AUTH-08")
def timestamps_are_ten_digits(trial: Trial) -> None:
    """Anything but ten ASCII digits is malformed, even when it is signed as sent."""
    now = str(trial.known.now())
    wrong = (
        now + "000",
        now[:9],
        "0" + now,
        "+" + now[1:],
        "-" + now[1:],
        now + ".0",
        now[:5] + " " + now[5:],
        now[:9] + "\xb2",  # a digit of Unicode, which is none of ASCII
    )
    for stamp in (*wrong, now[:5] + "_" + now[5:], "0x" + now[2:], "1e9", "now", "2026-01-01T00:00:00Z"):
        for request in (trial.creating(), Request(method="GET", path=session_path(UNKNOWN_SESSION))):
            exchange = trial.send(trial.sign(request, timestamp=stamp))
            is_refused(trial, "AUTH-08", exchange, "malformed_timestamp", f"Timestamp: {stamp}")


@judges("AUTH-09")
def the_window_of_timestamps(trial: Trial) -> None:
    """A timestamp nearer than 300 seconds is accepted and a farther one is not, before as after."""
    for sign in (-1, 1):
        near, far = (str(trial.known.now() + sign * seconds) for seconds in (WITHIN_SECONDS, BEYOND_SECONDS))
        exchange = trial.send(trial.sign(trial.creating(), timestamp=near))
        trial.expect("AUTH-09", exchange, 201, case=f"a Timestamp {sign * WITHIN_SECONDS:+} s from now")
        exchange = trial.send(trial.sign(trial.creating(), timestamp=far))
        case = f"a Timestamp {sign * BEYOND_SECONDS:+} s from now"
        trial.expect("AUTH-09", exchange, 401, "timestamp_out_of_window", case)
        look_up = Request(method="GET", path=session_path(UNKNOWN_SESSION))
        exchange = trial.send(trial.sign(look_up, timestamp=near))
        trial.expect("AUTH-09", exchange, 404, case=f"a look-up {sign * WITHIN_SECONDS:+} s from now")
        exchange = trial.send(trial.sign(look_up, timestamp=far))
        case = f"a look-up {sign * BEYOND_SECONDS:+} s from now"
        trial.expect("AUTH-09", exchange, 401, "timestamp_out_of_window", case)
    for stamp in ("0000000000", "9999999999"):
        exchange = trial.send(trial.sign(trial.creating(), timestamp=stamp))
        trial.expect("AUTH-09", exchange, 401, "timestamp_out_of_window", f"Timestamp: {stamp}")


@judges("AUTH-11")
def signatures_are_padded_base64(trial: Trial) -> None:
    """The right signature in any other writing than RFC 4648 section 4 is none."""
    for request in (trial.creating(), Request(method="GET", path=session_path(UNKNOWN_SESSION))):
        stamp = trial.known.now()
        signed = trial.sign(request)
        while not {"+", "/"} <= set(signed.header("Signature") or ""):  # base64url differs in these alone
            stamp -= 1
            signed = trial.sign(request, timestamp=str(stamp))
        _judge_writings(trial, signed)


def _judge_writings(trial: Trial, signed: Request) -> None:
    right = signed.header("Signature") or ""
    decoded = base64.b64decode(right)
    wrong = {
        "base64url": base64.urlsafe_b64encode(decoded).decode(),
        "no padding": right.rstrip("="),
        "a space inside": right[:76] + " " + right[76:],
        "hexadecimal": decoded.hex(),
        "one byte less": base64.b64encode(decoded[:-1]).decode(),
        "one byte more": base64.b64encode(decoded + b"\0").decode(),
        "one bit changed": base64.b64encode(bytes([decoded[0] ^ 1]) + decoded[1:]).decode(),
        "a character outside the alphabet": right[:8] + "*" + right[8:],
        "a character outside ASCII": right[:8] + "\xe9" + right[8:],
        "no base64 at all": "signature",
        "nothing but padding": "====",
    }
    for case, value in wrong.items():
        exchange = trial.send(with_header(signed, "Signature", value))
        is_refused(trial, "AUTH-11", exchange, "invalid_signature", f"a signature with {case}")


@judges("AUTH-12")
def the_first_cause_is_named(trial: Trial) -> None:
    """Of several causes the earliest in the order is named, for creations as for look-ups."""
    far = str(trial.known.now() + BEYOND_SECONDS)
    absent, unknown, malformed, window, invalid = (
        ("Signature", None),
        ("ApiKey", "nobody-has-this-key"),
        ("Timestamp", "1"),
        ("Timestamp", far),
        ("Signature", "AAAA"),
    )
    combinations = (
        ("missing_credentials", (absent, unknown)),
        ("missing_credentials", (absent, malformed)),
        ("missing_credentials", (absent, window)),
        ("missing_credentials", (unknown, ("Timestamp", ""))),
        ("missing_credentials", (("ApiKey", None), malformed, invalid)),
        ("unknown_api_key", (unknown, malformed)),
        ("unknown_api_key", (unknown, window, invalid)),
        ("malformed_timestamp", (malformed, invalid)),
        ("timestamp_out_of_window", (window, invalid)),
    )
    for request in every_operation(trial):
        for code, faults in combinations:
            faulty = trial.sign(request)
            for name, value in faults:
                faulty = with_header(faulty, name, value)
            case = " and ".join(f"{name}: {'(absent)' if value is None else value}" for name, value in faults)
            trial.expect("AUTH-12", trial.send(faulty), 401, code, case)


@judges("AUTH-13")
def repeated_headers_are_joined(trial: Trial) -> None:
    """A credential header sent twice is one value with a comma in it, and fails as such."""
    codes = {
        "ApiKey": "unknown_api_key",
        "Timestamp": "malformed_timestamp",
        "Signature": "invalid_signature",
    }
    for name, code in codes.items():
        signed = trial.sign(trial.creating())
        doubled = dataclasses.replace(signed, headers=(*signed.headers, (name, signed.header(name) or "")))
        trial.expect("AUTH-13", trial.send(doubled), 401, code, f"{name} twice, with the same value")
        with_none = dataclasses.replace(signed, headers=(*signed.headers, (name, "")))
        trial.expect("AUTH-13", trial.send(with_none), 401, code, f"{name} twice, the second one empty")
        garbage_first = dataclasses.replace(signed, headers=((name, "x"), *signed.headers))
        trial.expect("AUTH-13", trial.send(garbage_first), 401, code, f"{name} twice, the right value last")


@judges("AUTH-14")
def secrets_stay_secret(trial: Trial) -> None:
    """No answer shows the secret, the string that was to be signed or the signature that was expected."""
    partner = trial.partner()
    for request in every_operation(trial):
        right = trial.sign(request)
        expected = right.header("Signature") or ""
        refused = [
            with_header(right, "Signature", "AAAA"),
            with_header(right, "Timestamp", "1"),
            with_header(right, "Timestamp", str(trial.known.now() + BEYOND_SECONDS)),
            with_header(right, "Signature", None),
        ]
        for sent in (right, *refused):
            exchange = trial.send(sent)
            answer = exchange.answer
            seen = b"" if answer is None else answer.body + repr(answer.headers).encode()
            leaked = [word for word in (partner.api_secret, expected) if word.encode() in seen]
            trial.check(
                "AUTH-14",
                answer is not None and not leaked,
                exchange,
                "an answer without the API secret or the expected signature",
            )


@judges("AUTH-15")
def equal_requests_in_one_second(trial: Trial) -> None:
    """Two equal requests with one signature are both accepted.

    The scheme cannot tell them from two honest ones.
    """
    signed = trial.sign(trial.creating())
    for case in ("the first of two equal requests", "the second of two equal requests"):
        trial.expect("AUTH-15", trial.send(signed), 201, case=case)
