"""A secret is compared in constant time, or not at all: how long a refusal takes would tell how far it fits.

API secrets are signed and never compared, session identifiers and API keys are found by an index: what is
left is the control token.
"""

from __future__ import annotations

import ast
import hmac
import re

import pytest

from reference_impl.domain.problems import Problem
from reference_impl.http.loopback_fence import LoopbackFence
from tests.project.tree import ROOT, list_files

SERVING = ("reference_impl", "mockserver")
SECRET = re.compile(r"(^|_)(secret|token|password|passphrase|authorization|encryption_key)$", re.IGNORECASE)
EQUALS = ast.Eq | ast.NotEq | ast.In | ast.NotIn

ALLOWED = {
    # The diagnosis of a refused signature, for the developer on loopback alone: was the secret sent?
    ("mockserver/diagnosis/headers.py", "partner.api_secret in sent"),
}


def names_in(node: ast.expr) -> set[str]:
    """The names that an expression is made of, its own attributes and constants among them."""
    found = set[str]()
    for part in ast.walk(node):
        match part:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                found.add(name)
    return found


def comparisons_of_secrets(source: str) -> list[str]:
    """Each question whether things are equal, or one in the other, with a secret's name on one of its sides.

    A string alone is no secret, whatever it says: it names a field.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Compare) or not any(isinstance(op, EQUALS) for op in node.ops):
            continue
        sides = [side for side in (node.left, *node.comparators) if not isinstance(side, ast.Constant)]
        if any(SECRET.search(name) for side in sides for name in names_in(side)):
            found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize(
    "source",
    [
        "given == self._token",
        "self._token.decode() != given.strip()",
        "settings.control_token in header",
        "fields['authorization'] == expected",
        "fields.get('authorization', '') != expected",
        "partner.api_secret == given",
        "given in (first, api_secret)",
    ],
)
def test_the_law_sees_a_comparison_of_a_secret(source: str) -> None:
    assert comparisons_of_secrets(source) == [ast.unparse(ast.parse(source))]


@pytest.mark.parametrize(
    "source",
    [
        "token is None",
        "name == 'token'",
        "hmac.compare_digest(given, token)",
        "tokens == ['a']",
        "offset < token.end",
    ],
)
def test_the_law_lets_be_what_compares_none(source: str) -> None:
    assert comparisons_of_secrets(source) == []


def test_no_server_compares_a_secret_but_in_constant_time() -> None:
    found = {
        (str(file.relative_to(ROOT)), comparison)
        for room in SERVING
        for file in list_files(room)
        if file.suffix == ".py"
        for comparison in comparisons_of_secrets(file.read_text("utf-8"))
    }
    assert found == ALLOWED


def test_the_control_token_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    original = hmac.compare_digest

    def compare(given: bytes, token: bytes) -> bool:
        compared.append((given, token))
        return original(given, token)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    fence = LoopbackFence(public_url="https://sandbox.example", token="a-token")
    fields = {"host": "sandbox.example"}
    with pytest.raises(Problem, match="token"):
        fence({**fields, "authorization": "Bearer a-tokem"}, method="GET", peer="192.0.2.9")
    fence({**fields, "authorization": "Bearer a-token"}, method="GET", peer="192.0.2.9")
    assert compared == [(b"a-tokem", b"a-token"), (b"a-token", b"a-token")]
