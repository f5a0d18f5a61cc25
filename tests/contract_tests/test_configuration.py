"""``target.toml`` is read whole, and every mistake in it is named with its key and its cure."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

import openapi
from contract_tests import configuration, template
from contract_tests.configuration import Configuration, read
from contract_tests.credentials import CredentialsError
from contract_tests.driver import Command, ControlApi, Restart
from contract_tests.equipment import ReceiverAddress
from contract_tests.expectations import ExpectedFailure
from contract_tests.table import ConfigurationError
from contract_tests.target import TargetError
from reference_impl.credentials import PartnerCredentials
from tests.by_hand import write_credentials

MINIMAL = """
url = "http://localhost:8080/"
[[partners]]
name = "demo"
credentials = "partners/demo"
"""


@pytest.fixture
def folder(partners: Mapping[str, PartnerCredentials], tmp_path: Path) -> Path:
    """A folder with the credentials of one partner in it."""
    write_credentials({"demo": partners["demo"]}, tmp_path)
    return tmp_path


def load(folder: Path, text: str, **environment: str) -> Configuration:
    """What a file of this text says."""
    path = folder / "target.toml"
    path.write_text(text, encoding="utf-8")
    return read(path, environment=environment)


def test_the_smallest_file(folder: Path, partners: Mapping[str, PartnerCredentials]) -> None:
    """A URL and a partner are enough; the rest has defaults, and there is no driver."""
    found = load(folder, MINIMAL)
    assert found.target.url == "http://localhost:8080"
    assert [partner.api_key for partner in found.target.partners] == [partners["demo"].api_key]
    assert (found.target.limit, found.target.timeout, found.receiver) == (10, 10, None)
    with found.equip() as equipment:
        assert equipment.driver is None


def test_everything(folder: Path, partners: Mapping[str, PartnerCredentials]) -> None:
    """Every key there is, and what becomes of it."""
    (folder / "hooks.pem").write_bytes(b"a key")
    text = f"""
    url = "http://localhost:8080"
    capabilities = ["core", "webhooks"]
    max_amount = 25.5
    [[partners]]
    name = "shop"
    api_key_env = "SHOP_KEY"
    api_secret_file = "partners/demo/api_secret"
    private_key_env = "SHOP_PRIVATE_KEY"
    [[partners]]
    name = "open"
    api_key = "key_in_the_open"
    api_secret_env = "SHOP_SECRET"
    private_key_file = "{folder}/partners/demo/private_key.pem"
    [receiver]
    listen = "[::1]:8100"
    public_url = "https://tunnel.example/hooks/"
    public_key_file = "hooks.pem"
    [driver]
    kind = "http"
    url = "http://localhost:9000/control/"
    token_env = "TOKEN"
    restart = ["./restart", "hard"]
    [timeouts]
    answer = 2
    driver = 3.5
    [[expected_failures]]
    requirement = "IDEM-02"
    reason = "a ticket"
    until = 2027-01-31
    """
    pem = partners["demo"].private_key_pem.decode()
    found = load(folder, text, SHOP_KEY="key_shop", SHOP_PRIVATE_KEY=pem, SHOP_SECRET="secret", TOKEN="t")
    assert found.target.claims == {"core", "webhooks"}
    assert (found.target.max_amount, found.target.timeout) == (25.5, 2)
    assert [(partner.name, partner.api_key) for partner in found.target.partners] == [
        ("shop", "key_shop"),
        ("open", "key_in_the_open"),
    ]
    assert found.target.partners[0].api_secret == partners["demo"].api_secret
    assert found.receiver == ReceiverAddress(host="::1", port=8100, public_url="https://tunnel.example/hooks")
    assert found.webhook_key_pem == b"a key"
    assert found.driver == configuration.DriverSettings(
        url="http://localhost:9000/control",
        token="t",
        restart=("./restart", "hard"),
        folder=folder,
        timeout=3.5,
    )
    assert found.expected == (
        ExpectedFailure(requirement="IDEM-02", reason="a ticket", until=date(2027, 1, 31)),
    )
    with found.equip() as equipment:
        assert isinstance(equipment.driver, ControlApi)
        assert isinstance(equipment.restart, Restart)


def test_a_command_runs_where_the_file_is(folder: Path) -> None:
    """So that its words may be relative, too."""
    found = load(
        folder, MINIMAL + '[driver]\nkind = "command"\ncommand = ["./driver", "x"]\noptional_verbs = ["exit"]'
    )
    assert found.driver == configuration.DriverSettings(words=("./driver", "x"), exits=True, folder=folder)
    with found.equip() as equipment:
        assert isinstance(equipment.driver, Command)


DRIVER = MINIMAL + "[driver]\n"
EXPECTED = MINIMAL + "[[expected_failures]]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("url = ", "target.toml is no TOML: Invalid value"),
        ("", "target.toml: url: missing; give the base URL of the implementation, such as http://"),
        ("url = 8080", "target.toml: url: expected text in quotes"),
        ("max_amout = 5\n" + MINIMAL, "target.toml: max_amout: unknown; did you mean max_amount?"),
        ("max_amount = -5\n" + MINIMAL, "target.toml: max_amount: expected a number above 0"),
        ("max_amount = true\n" + MINIMAL, "target.toml: max_amount: expected a number above 0"),
        ('capabilities = "core"\n' + MINIMAL, "capabilities: expected a list of texts"),
        ('capabilities = ["tls"]\n' + MINIMAL, "capabilities: 'tls' is none; there are core, hosted,"),
        ('capabilities = ["receiver"]\n' + MINIMAL, "capabilities: 'receiver' is what a partner's own"),
        ('partners = "demo"\nurl = "http://a"', "partners: expected tables, each below a line [[partners]]"),
        ("driver = 5\n" + MINIMAL, "target.toml: driver: expected a table: [driver]"),
        (MINIMAL + 'api_secret = "x"', "partners[0].api_secret: secrets do not belong in this file: name a"),
        (MINIMAL + 'api_key_env = "X"', "partners[0].api_key_env: give either api_key_env or `credentials`"),
        (MINIMAL + "port = 1", "target.toml: partners[0].port: unknown; known are api_"),
        (MINIMAL.replace('credentials = "partners/demo"', ""), "partners[0].api_key_file: give either api_"),
        (MINIMAL.replace('name = "demo"', ""), "partners[0].name: missing; give the partner's name at the"),
        (DRIVER + 'kind = "grpc"', "driver.kind: 'grpc' is none; there are http, command, none"),
        (DRIVER + 'optional_verbs = ["exit"]', "driver.optional_verbs: only a command has verbs"),
        (DRIVER + 'optional_verbs = ["leave"]', "driver.optional_verbs: 'leave' is none; there is 'exit'"),
        (DRIVER + 'kind = "command"', "driver.command: give the command as a list of words"),
        (DRIVER + 'kind = "http"\ntoken_env = "NO"', "driver.token_env: the environment variable NO is not"),
        (DRIVER + 'kind = "http"\ntoken_file = "no"', "driver.token_file: "),
        (MINIMAL + '[receiver]\nlisten = "8080"', "receiver.listen: '8080' is no address and port"),
        (MINIMAL + '[receiver]\npublic_key_file = "no.pem"', "no.pem cannot be read: No such file"),
        (MINIMAL + "[timeouts]\nanswer = 0", "target.toml: timeouts.answer: expected a number above 0"),
        (EXPECTED + 'requirement = "IDEM-99"', "expected_failures[0].requirement: 'IDEM-99' is none"),
        (EXPECTED + 'requirement = "IDEM-02"', "expected_failures[0].reason: missing; give why it fails"),
        (
            EXPECTED + 'requirement = "IDEM-02"\nreason = "x"\nuntil = "soon"',
            "expected_failures[0].until: give the last day on which the failure is accepted: until = 2027-",
        ),
    ],
)
def test_mistakes_are_named(folder: Path, text: str, message: str) -> None:
    """File, key, what is wrong, and what to do."""
    with pytest.raises(ConfigurationError) as caught:
        load(folder, text)
    assert message in str(caught.value)


def test_other_mistakes_keep_their_words(folder: Path) -> None:
    """Of credentials, of the target, and of a file that is not there."""
    with pytest.raises(CredentialsError, match="nowhere is no folder"):
        load(folder, MINIMAL.replace("partners/demo", "nowhere"))
    with pytest.raises(TargetError, match=r"no credentials: .* \[\[partners\]\] in target\.toml"):
        load(folder, 'url = "http://localhost"')
    (folder / "ca.pem").write_text("no certificate")
    with pytest.raises(TargetError, match=r"the CA file .*ca\.pem cannot be used"):
        load(folder, 'ca_file = "ca.pem"\n' + MINIMAL)
    with pytest.raises(ConfigurationError, match="cannot be read: No such file or directory; `stablemint"):
        read(folder / "absent.toml")


def test_the_template_is_filled_from_a_mock_servers_folder(folder: Path) -> None:
    """Its URL, its partners, its certificate; nothing secret."""
    home = folder / ".stablemint"
    (folder / "partners").rename(folder / "moved")
    home.mkdir()
    (folder / "moved").rename(home / "partners")
    (home / "partners" / "demo" / "credentials.env").write_text("STABLEMINT_URL=https://localhost:9443\n")
    (home / "tls_certificate.pem").write_text("stands here")
    text = template.render(home, folder=folder)
    values = tomllib.loads(text)
    assert values["url"] == "https://localhost:9443"
    assert values["ca_file"] == ".stablemint/tls_certificate.pem"
    assert values["partners"] == [{"name": "demo", "credentials": ".stablemint/partners/demo"}]
    assert set(values["capabilities"]) <= set(openapi.load()["x-capabilities"])
    assert (home / "partners" / "demo" / "api_secret").read_text() not in text


def test_the_template_without_a_folder_can_be_filled_in(folder: Path) -> None:
    """What it says is right but for the credentials, and each line that is commented out is right as well."""
    text = template.render(folder / ".stablemint", folder=folder)
    with pytest.raises(CredentialsError, match="demo is no folder"):
        load(folder, text)
    text = text.replace(".stablemint/partners", "partners")
    assert load(folder, text).driver.url == "http://localhost:8080/_sandbox/namespaces/default"
    commented = re.sub(r"^(?:  )?# (?=\S+ = |\[\[|\"\w+\",)", "", text, flags=re.MULTILINE)
    (folder / "certificates.pem").write_bytes(b"")
    keys = set(re.findall(r"^(\w+) = ", commented, re.MULTILINE))
    assert {"ca_file", "public_url", "public_key_file", "token_env", "requirement", "until"} <= keys
    tomllib.loads(commented)


def test_what_is_given_twice_is_replaced_as_a_whole(folder: Path) -> None:
    """A target can be changed in parts, as the command line does."""
    found = load(folder, MINIMAL)
    changed = dataclasses.replace(found.target, url="http://localhost:1")
    assert (changed.url, changed.partners) == ("http://localhost:1", found.target.partners)
