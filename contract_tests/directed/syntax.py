"""DATA-01 to DATA-05: what is JSON here, and what is not."""

from ..trial import Trial, encode, judges, with_amount


@judges("DATA-01", "ERR-08")
def bodies_that_are_no_json(trial: Trial) -> None:
    """Whatever RFC 8259 does not define is refused as a whole, with an empty list of errors."""
    good = encode(trial.creation.members())
    inner = good[:-1]
    bodies = {
        "an empty body": b"",
        "nothing but white space": b" \n",
        "a truncated object": good[: len(good) // 2],
        "an object without its last brace": inner,
        "a trailing comma": inner + b",}",
        "a second value": good + b"{}",
        "text after the object": good + b" x",
        "a NUL after the object": good + b"\0",
        "a byte order mark": b"\xef\xbb\xbf" + good,
        "a comment": b"/* */" + good,
        "single quotes": good.replace(b'"', b"'"),
        "a name without quotes": inner + b",websiteReference:1}",
        "a no-break space behind the object": good + "\u00a0".encode(),
        "a form feed in front of the object": b"\f" + good,
        "a raw tab in a string": inner + b',"websiteReference":"a\tb"}',
        "a raw newline in a string": inner + b',"websiteReference":"a\nb"}',
        "an unknown escape": inner + b',"websiteReference":"\\x41"}',
        "a half escape": inner + b',"websiteReference":"\\u12"}',
        "a number with a leading zero": with_amount(trial.creation.members(), "05"),
        "a number with a plus sign": with_amount(trial.creation.members(), "+5"),
        "a number with a bare point": with_amount(trial.creation.members(), "5."),
        "a number that begins with its point": with_amount(trial.creation.members(), ".5"),
        "a number with an empty exponent": with_amount(trial.creation.members(), "5e"),
        "a hexadecimal number": with_amount(trial.creation.members(), "0x5"),
        "invalid UTF-8 in a string": inner + b',"websiteReference":"\xff"}',
        "an overlong UTF-8 sequence": inner + b',"websiteReference":"\xc0\xaf"}',
        "a surrogate in UTF-8": inner + b',"websiteReference":"\xed\xa0\x80"}',
        "invalid UTF-8 in a name": inner + b',"\xfe":1}',
        "invalid UTF-8 outside a string": good + b"\xff",
        "UTF-16": good.decode().encode("utf-16-le"),
        "True in capitals": inner + b',"websiteReference":True}',
    }
    numbers = {word: with_amount(trial.creation.members(), word) for word in ("NaN", "Infinity", "-Infinity")}
    for case, body in (bodies | numbers).items():
        exchange = trial.post(body=body)
        trial.expect("DATA-01", exchange, 400, "malformed_json", case)
        problem = exchange.answer.json() if exchange.answer else None
        truth = isinstance(problem, dict) and problem.get("errors") == []
        trial.check("ERR-08", truth, exchange, 'a problem with "errors": []')


@judges("DATA-02")
def names_that_occur_twice(trial: Trial) -> None:
    """A name twice in one object is refused at any depth, equal values and escapes notwithstanding."""
    inner = encode(trial.creation.members())[:-1]
    for case, addition in {
        "a member twice": b',"currency":"USD"}',
        "a member twice with the same value": b',"currency":"EUR"}',
        "a member twice, once escaped": b',"\\u0063urrency":"EUR"}',
        "the name __proto__ twice": b',"customFields":{"__proto__":"1","__proto__":"2"}}',
        "a name twice in customFields": b',"customFields":{"a":"1","a":"1"}}',
        "an unknown name twice in an array": b',"unknown":[{"a":1,"a":1}]}',
    }.items():
        trial.expect("DATA-02", trial.post(body=inner + addition), 400, "malformed_json", case)


@judges("DATA-03")
def nesting(trial: Trial) -> None:
    """32 levels are read and judged; from the 33rd on the body is malformed, however deep it goes."""
    inner = encode(trial.creation.members())[:-1]

    def nested(levels: int, innermost: bytes = b"") -> bytes:
        inside = levels - 1
        return inner + b',"unknown":' + b"[" * inside + innermost + b"]" * inside + b"}"

    trial.expect_pointers("DATA-03", trial.post(body=nested(32)), {"/unknown"}, "32 levels")
    exchange = trial.post(body=nested(32, b"1"))
    trial.expect_pointers("DATA-03", exchange, {"/unknown"}, "32 levels around a number")
    for levels in (33, 200, 20_000):
        trial.expect("DATA-03", trial.post(body=nested(levels)), 400, "malformed_json", f"{levels:,} levels")
    objects = inner + b',"unknown":' + b'{"a":' * 40 + b"1" + b"}" * 41
    trial.expect("DATA-03", trial.post(body=objects), 400, "malformed_json", "41 nested objects")
    trial.expect("DATA-03", trial.post(body=b"[" * 60_000), 400, "malformed_json", "60,000 opening brackets")


@judges("DATA-04")
def roots_that_are_no_object(trial: Trial) -> None:
    """JSON that is no object is an invalid request at the pointer of the whole document."""
    for body in (b"[]", b"[{}]", b"null", b"true", b"5", b'"text"', b' "EUR" '):
        trial.expect_pointers("DATA-04", trial.post(body=body), {""}, f"the body {body.decode()}")


@judges("DATA-05")
def unpaired_surrogates(trial: Trial) -> None:
    """Half a surrogate pair is no character, in a value as in a name."""
    inner = encode(trial.creation.members())[:-1]
    for case, addition in {
        "a high surrogate": b',"websiteReference":"\\ud800"}',
        "a low surrogate": b',"websiteReference":"a\\udc00b"}',
        "a pair in the wrong order": b',"websiteReference":"\\udc00\\ud800"}',
        "a surrogate in a value of customFields": b',"customFields":{"a":"\\ud83d"}}',
        "a surrogate in a name of customFields": b',"customFields":{"\\ud83d":"a"}}',
        "a surrogate in the name of an unknown member": b',"\\ud83d":1}',
    }.items():
        trial.expect("DATA-05", trial.post(body=inner + addition), 400, "invalid_request", case)
    for creation in trial.creations():
        if creation.management == "partner":
            body = encode(creation.members())[:-1] + b',"userKyc":{"fullName":"\\ud83d"}}'
            exchange = trial.post(body=body, creation=creation)
            trial.expect("DATA-05", exchange, 400, "invalid_request", "a surrogate in a fullName")
    paired = inner + b',"websiteReference":"\\ud83c\\udf0d"}'
    trial.expect("DATA-05", trial.post(body=paired), 201, case="a surrogate pair")


@judges("DATA-05")
def numbers_beyond_binary64(trial: Trial) -> None:
    """A number that binary64 cannot hold is an invalid request, not a crash and not infinity."""
    for number in ("1e400", "-1e400", "1e999999999", "9" * 400, "9" * 5_000):
        exchange = trial.post(body=with_amount(trial.creation.members(), number))
        case = f"an amount of {number:.20}" + (f"… ({len(number)} digits)" if len(number) > 20 else "")
        trial.expect("DATA-05", exchange, 400, "invalid_request", case)
