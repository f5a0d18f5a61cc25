"""The command line of `stablemint verify-receiver`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest

from contract_tests.receivers import keys
from contract_tests.receivers import suite as receivers
from mockserver import MockServer
from stablemint.program import main
from tests.certificates import LOOPBACK, Authority, serving_context
from tests.contract_tests.receivers.faulty import FAULTS
from tests.contract_tests.receivers.served import PARTNER, SESSIONS, Shop, serving
from tests.stablemint.reports import assert_not_tested, every_form

NOBODY = "http://127.0.0.1:9/hook"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a signing key."""
    keys.keep(tmp_path)
    return tmp_path


def shop(home: Path, name: str = "") -> Shop:
    trusted = (keys.read(home / keys.PRIVATE_KEY).public_key(),)
    return FAULTS[name].shop(trusted) if name else Shop(trusted)


def words(url: str, home: Path, *more: str) -> list[str]:
    return ["verify-receiver", url, "--home", str(home), "--partner-name", PARTNER, *more]


def test_the_list_names_every_requirement_on_receivers(capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its tests, or with the reason why there is none."""
    assert main(["verify-receiver", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = {line.split()[0]: line for line in lines if not line.startswith(" ")}
    assert list(heads) == list(receivers.known_requirements())
    assert "receivers.stale_deliveries" in heads["RECV-03"]
    assert "(to be inspected: no answer can show it)" in heads["RECV-14"]


def test_init_makes_a_key_and_says_what_to_do_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The public key, to be copied, and the next command."""
    assert main(["verify-receiver", "--init", "--home", str(tmp_path / "home")]) == 0
    told = capsys.readouterr().out
    assert str(tmp_path / "home" / "webhook_public_key.pem") in told
    assert "-----BEGIN PUBLIC KEY-----" in told
    assert "PRIVATE" not in told
    assert "stablemint verify-receiver URL" in told


def test_a_correct_receiver_passes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0, by one session that it knows."""
    with serving(shop(home)) as url:
        assert main(words(url, home, "--session-id", SESSIONS[0])) == 0
    assert "conformant: 12 passed, 2 not verified" in capsys.readouterr().out


def test_a_faulty_receiver_fails_and_the_command_to_see_it_again_shows_it(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, and the same from the command that the report gives."""
    report = tmp_path / "report.json"
    with serving(shop(home, "takes-unknown-sessions")) as url:
        assert main(words(url, home, "--session-id", SESSIONS[0], "--json", str(report))) == 1
        failed = [e for e in json.loads(report.read_text())["requirements"] if e["verdict"] == "failed"]
        assert [entry["id"] for entry in failed] == ["RECV-04"]
        program, *again = shlex.split(failed[0]["replay"])
        assert program == "stablemint"
        assert main(again) == 1
    assert "1 failed" in capsys.readouterr().out


def test_verdicts_are_written_in_every_form(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """JSON, JUnit XML and a page, of a receiver and by this command's name; no seed, as there is none."""
    files = {form: tmp_path / f"report.{form}" for form in ("json", "junit", "html")}
    options = [word for form, file in files.items() for word in (f"--{form}", str(file))]
    with serving(shop(home, "takes-unknown-sessions")) as url:
        assert main(words(url, home, "--session-id", SESSIONS[0], *options)) == 1
    suites = ElementTree.parse(files["junit"]).getroot()  # noqa: S314 - our own
    assert (suites.get("name"), suites.get("failures")) == ("stablemint verify-receiver", "1")
    assert [case.get("name") for case in suites.iter("testcase")] == list(receivers.known_requirements())
    page = files["html"].read_text()
    assert f"<dt>Webhook receiver</dt><dd><code>{url}</code></dd>" in page
    assert "seed" not in page.partition("</header>")[0]
    assert "failure-RECV-04" in page
    assert len(json.loads(files["json"].read_text())["requirements"]) == len(receivers.known_requirements())
    capsys.readouterr()
    with serving(shop(home)) as url:
        nowhere = ["--html", str(tmp_path / "no" / "such.html"), "--session-id", SESSIONS[0]]
        assert main(words(url, home, *nowhere)) == 2
    assert "such.html cannot be written: no such folder as " in capsys.readouterr().err


def test_without_a_known_session_nothing_is_verified(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 4, and what is missing."""
    with serving(shop(home)) as url:
        assert main(words(url, home)) == 4
    told = capsys.readouterr().out
    assert "--sessions-from URL makes some, --session-id ID names one" in told
    assert "passed" not in told


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "no URL given, such as http://localhost:3000/webhooks"),
        (["localhost:3000"], "'localhost:3000' is no URL of an endpoint"),
        (["http://localhost:99999/"], "is no URL of an endpoint: Port out of range"),
        (["http://a b/"], "it takes ASCII without spaces"),
        ([NOBODY, "--select", "AUTH-01"], "'AUTH-01' is no requirement and no area; areas are RECV"),
        ([NOBODY, "--signing-key", "nowhere.pem"], "nowhere.pem cannot be read: No such file or directory"),
        ([NOBODY, "--credentials", "nowhere"], "nowhere is no folder; expected one with api_key"),
        ([NOBODY, "--partner-name", "x" * 201], "--partner-name takes 1 to 200 characters"),
    ],
)
def test_wrong_usage(
    options: list[str], message: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is missing or wrong, and exit code 2."""
    assert main(["verify-receiver", *options, "--home", str(home)]) == 2
    assert message in capsys.readouterr().err


def test_without_a_key_the_next_step_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There are three ways to have one."""
    assert main(["verify-receiver", NOBODY, "--home", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "there is no signing key" in told
    assert "verify-receiver --init" in told


def test_nobody_there(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 3, and no verdicts."""
    assert main(words(NOBODY, home, "--session-id", SESSIONS[0])) == 3
    output = capsys.readouterr()
    assert f"{NOBODY} cannot be reached" in output.err
    assert output.out == ""


def test_reports_say_that_nobody_is_there(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every form is written and says so."""
    options, read = every_form(tmp_path)
    assert main(words(NOBODY, home, "--session-id", SESSIONS[0], *options)) == 3
    capsys.readouterr()
    assert_not_tested(read(), f"{NOBODY} cannot be reached: ", verdicts={"not verified"})


def test_sessions_are_made_and_paid_at_the_mock_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One for each end that a session can have, told as the API shows it."""

    class Asking(Shop):
        """Believes no event that the API contradicts."""

        def check_addressee(self, event: object) -> None:
            """Left to `check_event`."""

        def check_event(self, event: Mapping[str, Mapping[str, object]]) -> None:
            told.append(event["data"])

    told: list[Mapping[str, object]] = []
    home = tmp_path / "home"
    with MockServer(home=home) as mock:
        asking = Asking((keys.read(home / keys.PRIVATE_KEY).public_key(),))
        with serving(asking) as url:
            options = ["--home", str(home), "--sessions-from", mock.url, "--select", "RECV-01"]
            assert main(["verify-receiver", url, *options]) == 0
        shown = {s["sessionId"]: s for s in mock.control("GET", "sessions")["sessions"]}
    assert {data["partnerName"] for data in told} == {"demo"}
    assert {shown[str(data["sessionId"])]["status"] for data in told} == {
        "completed",
        "failed",
        "cancelled",
        "open",  # the one that is told to expire
    }


def test_a_session_is_looked_up_where_both_are_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that is not there is no session of this partner: exit code 3."""
    home = tmp_path / "home"
    with MockServer(home=home) as mock, serving(Shop(())) as url:
        options = ["--home", str(home), "--sessions-from", mock.url, "--session-id", "x" * 22]
        forms, read = every_form(tmp_path)
        assert main(["verify-receiver", url, *options, *forms]) == 3
        reason = f"{mock.url} does not show the session xxx"
    assert reason in capsys.readouterr().err
    assert_not_tested(read(), reason, verdicts={"not verified"})


def test_a_private_authority_is_trusted_where_it_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By --ca-file, for the API that makes the sessions and for the endpoint."""
    home = tmp_path / "home"
    authority = Authority(tmp_path)
    context = serving_context(*authority.issue(*LOOPBACK))
    with MockServer(home=home, tls=True) as mock:
        trusted = tmp_path / "trusted.pem"
        trusted.write_bytes((home / "tls_certificate.pem").read_bytes() + authority.path.read_bytes())
        every = Shop((keys.read(home / keys.PRIVATE_KEY).public_key(),))
        every.check_addressee = lambda event: None  # type: ignore[method-assign]
        with serving(every, tls=context) as url:
            command = ["verify-receiver", url, "--home", str(home), "--sessions-from", mock.url]
            assert main([*command, "--select", "RECV-01"]) == 3
            assert f"{mock.url} makes no session for demo: no readable answer" in capsys.readouterr().err
            own = ["--ca-file", str(home / "tls_certificate.pem")]
            assert main([*command, "--select", "RECV-01", *own]) == 3
            assert f"{url} cannot be reached: " in capsys.readouterr().err
            assert main([*command, "--select", "RECV-01", "--ca-file", str(trusted)]) == 0
            report = tmp_path / "report.json"
            every.check_age = lambda timestamp: None  # type: ignore[method-assign]
            both = ["--ca-file", str(trusted), "--json", str(report)]
            assert main([*command, "--select", "RECV-03", *both]) == 1
            (failed,) = json.loads(report.read_text())["requirements"]
            assert main(shlex.split(failed["replay"])[1:]) == 1
            assert main([*command, "--ca-file", "nowhere.pem"]) == 2
    assert "the CA file nowhere.pem cannot be used" in capsys.readouterr().err
