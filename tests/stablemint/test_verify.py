"""The command line of `stablemint verify`."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

import openapi
from reference_impl.credentials import PartnerCredentials
from stablemint.program import main
from tests.by_hand import write_credentials
from tests.certificates import LOOPBACK, Authority, serving_context
from tests.contract_tests.scripted import answer, scripted
from tests.serving import APPLICATIONS, make_environment, serve
from tests.stablemint.reports import assert_not_tested, every_form

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def credentials(partners: Mapping[str, PartnerCredentials], tmp_path: Path) -> str:
    """A folder with the credentials of one partner."""
    return str(write_credentials({"demo": partners["demo"]}, tmp_path)[0])


def test_the_list_names_every_requirement(capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its tests, or with the reason why there is none."""
    assert main(["verify", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = {line.split()[0]: line for line in lines if not line.startswith(" ")}
    assert list(heads) == list(openapi.requirements())
    assert "authentication.the_exact_bytes_are_signed" in heads["AUTH-03"]
    assert "(to be inspected: no request can show it)" in heads["AUTH-16"]


def test_the_list_can_be_narrowed(capsys: pytest.CaptureFixture[str]) -> None:
    """A selection holds for the list, too."""
    assert main(["verify", "--list", "--select", "IDEM-03,idem-04"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == ["IDEM-03", "IDEM-04"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no base URL given, such as http://localhost:8080"),
        (["--list", "--select", "AUTH-99"], "'AUTH-99' is no requirement and no area; AUTH has AUTH-01 to"),
        ([NOBODY], "no credentials: give --credentials DIR"),
        ([NOBODY, "--credentials", "nowhere"], "nowhere is no folder; expected one with api_key"),
        ([NOBODY, "--api-key-file", "key"], "--private-key-file belong together"),
    ],
)
def test_wrong_usage(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing or wrong, and exit code 2."""
    for name in ("API_KEY", "API_SECRET", "PRIVATE_KEY"):
        monkeypatch.delenv(f"STABLEMINT_{name}", raising=False)
    assert main(["verify", *words]) == 2
    assert message in capsys.readouterr().err


def test_an_unknown_capability_is_wrong_usage(credentials: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Claims are those of the document."""
    assert main(["verify", NOBODY, "--credentials", credentials, "--claim", "core,tls"]) == 2
    assert "tls: no such capability" in capsys.readouterr().err


def test_nobody_there(credentials: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A target that cannot be reached has not failed: exit code 3, and no verdicts."""
    assert main(["verify", NOBODY, "--credentials", credentials]) == 3
    output = capsys.readouterr()
    assert f"{NOBODY} cannot be reached" in output.err
    assert output.out == ""


def test_reports_say_that_nobody_is_there(
    credentials: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every form is written and says so; nothing in it has passed or failed, and JUnit counts an error."""
    options, read = every_form(tmp_path)
    assert main(["verify", NOBODY, "--credentials", credentials, "--select", "IDEM,PAY-01", *options]) == 3
    capsys.readouterr()
    assert_not_tested(read(), f"{NOBODY} cannot be reached: ", verdicts={"not verified", "not claimed"})


def test_reports_say_that_credentials_are_refused(
    partners: Mapping[str, PartnerCredentials], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As for a target that is not there, and without the key that was refused."""
    stranger = dataclasses.replace(partners["demo"], name="stranger", api_key="a-key-that-nobody-knows")
    folder = str(write_credentials({"stranger": stranger}, tmp_path)[0])
    options, read = every_form(tmp_path)
    environment = make_environment(partners)
    with serve(APPLICATIONS["mock"](environment), environment=environment, partners=partners) as server:
        assert main(["verify", server.url, "--credentials", folder, "--select", "IDEM-01", *options]) == 3
    capsys.readouterr()
    written = read()
    assert_not_tested(written, "the credentials of stranger are refused: ", verdicts={"not verified"})
    assert not any(stranger.api_key in text for text in written.values())


def test_a_private_authority_is_trusted_where_it_is_named(
    partners: Mapping[str, PartnerCredentials], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --ca-file it is a target that cannot be reached; the command to see it again names the file."""
    authority = Authority(tmp_path)
    folder = str(write_credentials({"demo": partners["demo"]}, tmp_path)[0])
    context = serving_context(*authority.issue(*LOOPBACK))
    refusing = answer("404 Not Found", b"{}")
    report = tmp_path / "report.json"
    with scripted(lambda _: refusing, tls=context) as server:
        words = ["verify", server.url, "--credentials", folder, "--select", "AUTH-01", "--json", str(report)]
        assert main(words) == 3
        assert "certificate verify failed" in capsys.readouterr().err
        assert main([*words, "--ca-file", str(authority.path)]) == 1
        (failed,) = json.loads(report.read_text())["requirements"]
        again = shlex.split(failed["replay"])
        assert again[again.index("--ca-file") + 1] == str(authority.path)
        assert main(again[1:]) == 1
    assert main([*words, "--ca-file", "nowhere.pem"]) == 2
    assert "the CA file nowhere.pem cannot be used" in capsys.readouterr().err


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without Schemathesis the command says what to install."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "schemathesis" else find(name, *rest)
    )
    assert main(["verify", "--list"]) == 2
    assert "pip install 'stablemint-sessions[verify]'" in capsys.readouterr().err


def test_init_writes_a_configuration_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is there already is never written over."""
    monkeypatch.chdir(tmp_path)
    assert main(["verify", "--init"]) == 0
    assert "target.toml written, there is no .stablemint/ here" in capsys.readouterr().out
    assert main(["verify", "--init"]) == 2
    assert "target.toml is there already; move it away, or name another" in capsys.readouterr().err
    assert main(["verify", "--init", "--config", "no/other.toml"]) == 2
    assert "no/other.toml cannot be written: No such file or directory" in capsys.readouterr().err


def test_the_configuration_here_is_used_without_a_word(
    credentials: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it says holds; options say otherwise; a URL without --config leaves it aside."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "target.toml").write_text(
        f'url = "{NOBODY}"\n[[partners]]\nname = "demo"\ncredentials = "{credentials}"\n'
    )
    for words, said in (
        ([], f"{NOBODY} cannot be reached"),
        (["--config", "target.toml", "http://127.0.0.1:7"], "http://127.0.0.1:7 cannot be reached"),
    ):
        assert main(["verify", *words]) == 3
        assert said in capsys.readouterr().err
    assert main(["verify", "--claim", "tls"]) == 2
    assert "tls: no such capability" in capsys.readouterr().err
    assert main(["verify", "http://127.0.0.1:7"]) == 2
    assert "no credentials" in capsys.readouterr().err
