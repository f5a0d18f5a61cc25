"""What commands print, whole: each story of command lines against its record in `snapshots/`.

What differs from run to run stands there as what it is. ``python -m tests.stablemint.test_snapshots`` writes
the records anew; read the difference before committing it.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from mockserver import MockServer
from stablemint.parser import Parser
from stablemint.program import COMMANDS, parser_of, whole_parser
from tests.project.tree import ROOT, plain_environment
from tests.stablemint.processes import PATIENCE
from tests.stablemint.sandboxed import CommandLine, Outcome
from tests.stablemint.test_help import exit_codes

RECORDS = Path(__file__).parent / "snapshots"
SESSION, DELIVERY = "SESSION", "DELIVERY"
AS_PARTNER: Final = {"request", "sign", "verify-signature", "trigger"}
BODY = b'{"currency":"EUR","amount":9.5}'

STORIES: Final[Mapping[str, Sequence[str]]] = {
    "request": [
        "request hosted --set websiteReference=order-7",
        "request partner-hosted --explain-signature",
        "request embedded --curl",
        f"request get {SESSION}",
        "request get none",
        "request hosted --set currency=XXX",
        "request get",
        "request hosted --url http://127.0.0.1:1",
        "request hosted --credentials nowhere",
    ],
    "sign": [
        "sign -",
        "sign - --webhook --timestamp 2026-03-01T12:00:00Z",
        "sign - --timestamp 1790000000000",
        "sign nowhere.json",
    ],
    "verify-signature": [
        "verify-signature - --timestamp 1790000000 --signature undefined --at 1790000000",
        "verify-signature - --timestamp 1790000000000 --signature undefined",
        "verify-signature - --webhook --timestamp yesterday --signature AAAA",
    ],
    "sessions": [
        "sessions list",
        "request hosted",
        "trigger insufficient_funds --override amount=5 --flow embedded",
        "sessions list",
        f"sessions show {SESSION}",
        "sessions show none",
    ],
    "trigger": [
        "trigger success",
        "trigger submitted --override userId=customer-7 --flow partner-hosted",
        f"trigger failed --session {SESSION}",
        "trigger deposit.paid",
        "trigger success --override amount",
    ],
    "deliveries": [
        "deliveries list",
        "trigger created",
        "deliveries list --status not_configured",
        f"deliveries show {DELIVERY}",
        f"deliveries resend {DELIVERY}",
        "deliveries resend --failed",
        "deliveries resend",
        "deliveries show none",
    ],
    "clock": [
        "clock show",
        "clock freeze",
        "request hosted",
        "clock advance 31m",
        "clock advance soon",
        "clock set 2020-01-01T00:00:00Z",
        "clock set tomorrow",
        "clock resume",
    ],
    "faults": [
        "faults list",
        "faults add --code service_unavailable --times 2 --path /session/*",
        "faults add --delay 0.5 --drop --partner demo",
        "faults list",
        "faults add --code nope",
        "faults add",
        "faults clear fault-0",
        "faults clear",
    ],
    "reset": ["reset", "reset --namespace nowhere"],
    "listen": ["listen --partner nobody", "listen --events nope"],
    "mock": [
        "mock --port 0 --home HOME/mock",
        "mock --port 0 --home HOME/mock --json",
        "mock --port 0 --home HOME/mock --host 0.0.0.0 --json",
        "mock --port 65536",
        "mock --port 0 --home HOME/webhook_public_key.pem",
    ],
    "reference": [
        "reference --home HOME/reference --port 0 --operations-port 0 --log-level error",
        "reference --home HOME/reference --port 0 --operations-port 0 --log-level error --json",
        "reference --port abc",
        "reference partners",
        "reference partners list --home HOME/empty",
        "reference partners add --name shop --public-key HOME/webhook_public_key.pem --home HOME/empty",
        "reference partners add --name shop --public-key HOME/webhook_public_key.pem --home HOME/empty",
        "reference partners list --home HOME/empty",
        "reference partners rotate-key shop --home HOME/empty --json",
        "reference partners rotate-key nobody --home HOME/empty",
        "reference endpoints list shop --home HOME/empty",
        "reference endpoints set shop https://shop.example/hooks --home HOME/empty",
        "reference endpoints remove shop --event-type transaction.status.changed --home HOME/empty --json",
        "reference endpoints set shop http://shop.example/hooks --home HOME/empty",
        "reference webhook-key show --home HOME/empty",
        "reference webhook-key retire none --home HOME/empty",
        "reference customers forget shop --user-id user-7 --home HOME/empty",
        "reference encryption-key generate",
        "reference encryption-key rotate --home HOME/empty",
        "reference migrate --home HOME/empty",
    ],
    "verify": [
        "verify --list --select AUTH-02,AUTH-16",
        "verify --list --select AUTH-02,AUTH-16 --json",
        "verify SERVER --credentials HOME/partners/demo --select AUTH-01,HOOK-01",
        "verify http://127.0.0.1:1 --credentials HOME/partners/demo",
        "verify SERVER --select AUTH-99",
        "verify SERVER --max-time soon",
    ],
    "verify-receiver": [
        "verify-receiver --init --home HOME",
        "verify-receiver --list --select RECV-03,RECV-14",
        "verify-receiver http://127.0.0.1:1 --home HOME --session-id one",
        "verify-receiver http://127.0.0.1:1 --home nowhere",
        "verify-receiver",
    ],
    "proxy": [
        "proxy --target SERVER --port 0",
        "proxy --target SERVER --port 0 --json",
        "proxy --target SERVER --port 0 --webhooks-to http://localhost:1/hooks",
        "proxy --target SERVER/path",
        "proxy --target nowhere --json",
    ],
    "docs": [
        "docs --port 0",
        "docs --port 0 --json",
        "docs --folder",
        "docs --folder --json",
        "docs --port -1",
    ],
    "completion": ["completion", "completion powershell", "completion powershell --json"],
    "mistakes": ["clok", "deliver", "--version", "--version --json", "--url x clock show"],
}
SERVING: Final = tuple(line for name in ("mock", "reference", "proxy", "docs") for line in STORIES[name][:3])
"""Those of them that run until they are interrupted, if nothing is wrong with them."""
UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}"
MASKS: Final = (
    (r"^  the target's clock is .*\n", ""),  # which a machine at its limits may be told
    (r"[A-Za-z0-9+/]{342}==", "(signature)"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z(?!-)", "(time)"),
    (UUID, "(uuid)"),
    (r"(?<![A-Za-z0-9_-])(?!partner-managed-customer)[A-Za-z0-9_-]{24}(?![A-Za-z0-9_-])", "(session)"),
    (r"SM-[0-9A-Z]{10}", "(reference)"),
    (r"E2E[0-9A-F]{32}", "(end-to-end)"),
    (r"(Request-Id: |urn:stablemint:request:)[A-Za-z0-9_-]+", r"\1(id)"),
    (r"\b[0-9a-f]{64}\b", "(sha-256)"),
    (r"key_demo_[0-9a-f]+", "(key)"),
    (r"Timestamp: \d{10}", "Timestamp: (seconds)"),
    (r"^  \d{10},", "  (seconds),"),
    (r"\d+m\d+s ahead|\d+m ahead", "(span) ahead"),
    (r"in step with real time|\ds ahead of real time", "(span) ahead of real time"),
    (r"stablemint \d+\.\d+\.\d+", "stablemint (version)"),
    (r'"version": "\d+\.\d+\.\d+"', '"version": "(version)"'),
    (r"(localhost|127\.0\.0\.1|0\.0\.0\.0):\d{2,5}\b", r"\1:(port)"),
    (r'"port": \d+', '"port": (port)'),
    (r"\d+ requests, [\d.]+ s\b", "(n) requests, (n) s"),
    (r"key_shop_[0-9a-f]+", "(key)"),
    (r'"apiSecret": "[A-Za-z0-9_-]+"', '"apiSecret": "(secret)"'),
    (r"(-----BEGIN PUBLIC KEY-----)[^-]+(-----END)", r"\1(key)\2"),
    (r"^[A-Za-z0-9_-]{43}=$", "(key)"),
    (r"# [A-Za-z0-9_-]+: signs", "# (key): signs"),
    (r"\d+-byte|\(\d+ bytes\)", "(n bytes)"),
)


@pytest.fixture(scope="module")
def command_line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """A mock server of its own: one story moves its clock."""
    home = tmp_path_factory.mktemp("home")
    with MockServer(home=home) as server:
        yield CommandLine(server, home)


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_told_as_it_is_recorded(command_line: CommandLine, name: str) -> None:
    recorded = (RECORDS / f"{name}.txt").read_text(encoding="utf-8")
    assert tell(command_line, STORIES[name]) == recorded, (
        "if meant: python -m tests.stablemint.test_snapshots"
    )


def test_every_record_has_its_story() -> None:
    assert {file.stem for file in RECORDS.iterdir()} == set(STORIES)


def test_every_command_is_told_of() -> None:
    """Of `completion` all but the scripts, which shells try in `test_completion.py`."""
    assert {line.split()[0] for story in STORIES.values() for line in story} >= set(COMMANDS)


def tell(command_line: CommandLine, story: Sequence[str]) -> str:
    """Each command line with its output, errors and exit code, by a sandbox that has seen nothing."""
    command_line("reset")
    command_line("faults", "clear")
    told, seen = [], {SESSION: "", DELIVERY: ""}
    for line in story:
        words = [seen.get(word, word) for word in line.split()]
        words = [
            word.replace("HOME", str(command_line.home)).replace("SERVER", command_line.server.url)
            for word in words
        ]
        speak = command_line.as_partner if words[0] in AS_PARTNER else partial(command_line, stdin=BODY)
        done = serve(words) if line in SERVING and "folder" not in line else speak(*words)
        assert done.code in exit_codes(find_parser(words)), line
        if found := re.search(r"(?:/session/|session )([A-Za-z0-9_-]{24})(?![A-Za-z0-9_-])", done.out):
            seen[SESSION] = found[1]
        if words[0] == "deliveries" and (found := re.search(UUID, done.out)):
            seen[DELIVERY] = found[0]
        line = line.replace("HOME", "(home)").replace("SERVER", "(server)")
        told.append(f"$ stablemint {line}\n{done.out}{done.err}[{done.code}]\n")
    text = (
        "\n".join(told)
        .replace(command_line.server.url, "(server)")
        .replace(str(ROOT), "(project)")
        .replace(str(command_line.home), "(home)")
    )
    for pattern, mask in MASKS:
        text = re.sub(pattern, partial(_mask, mask), text, flags=re.MULTILINE)
    return re.sub(r" +$", "", text, flags=re.MULTILINE)


def serve(words: Sequence[str]) -> Outcome:
    """A command that runs until it is interrupted, as it was until it was ready, and then at its end."""
    line = [sys.executable, "-m", "stablemint", *words]
    with subprocess.Popen(
        line,
        cwd=ROOT,
        env=plain_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        shown = ""
        for part in process.stdout:
            shown += part
            if part.startswith('{"event": "ready"') or "Ctrl-C" in part:
                break
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=PATIENCE)
    return Outcome(process.returncode, shown + rest, errors)


def find_parser(words: Sequence[str]) -> Parser:
    """The parser that a command line is for; that of all commands where it names none."""
    if words[0] not in COMMANDS:
        return whole_parser()
    found, rest = parser_of(words[0]), words[1:]
    while (below := found.verbs()) and (name := next((word for word in rest if word in below), None)):
        found, rest = below[name], rest[rest.index(name) + 1 :]
    return found


def _mask(mask: str, found: re.Match[str]) -> str:
    """What stands for a text; in a column as wide as the text, so that the columns stay."""
    shown = found.expand(mask)
    return shown.ljust(len(found[0])) if found.string[found.end() :].startswith("  ") else shown


def main() -> None:
    """Write every record anew."""
    RECORDS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home, MockServer(home=Path(home)) as server:
        for name, story in STORIES.items():
            text = tell(CommandLine(server, Path(home)), story)
            (RECORDS / f"{name}.txt").write_text(text, encoding="utf-8")
            sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()
