"""Wrong clients in Node, and in a shell with openssl and curl."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.mockserver.diagnosis.bench import ORDER, Bench
from tests.tools import need_tools

HERE = Path(__file__).parent


def variables(bench: Bench, folder: Path) -> dict[str, str]:
    """What the programs find in their environment."""
    key = folder / "private_key.pem"
    key.write_bytes(bench.partner.private_key_pem)
    return {
        **os.environ,
        "URL_OF_CREATION": f"{bench.server.url}{bench.target}",
        "URL_OF_SESSION": f"{bench.server.url}{bench.look_up().target}",
        "API_KEY": bench.partner.api_key,
        "API_SECRET": bench.secret,
        "PRIVATE_KEY": str(key),
        "ORDER": json.dumps(ORDER),
        "FOLDER": str(folder),
        "no_proxy": "127.0.0.1",
    }


def test_mistakes_made_in_node_are_named(bench: Bench, tmp_path: Path, node: str) -> None:
    finished = subprocess.run(
        [node, str(HERE / "wrong_clients.mjs")],
        env=variables(bench, tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    answers = json.loads(finished.stdout)
    assert len(answers) == 18
    assert answers == {
        name: {"status": 401, "code": name.partition(" ")[0], "further": []} for name in answers
    }


def test_mistakes_made_in_a_shell_are_named(bench: Bench, tmp_path: Path) -> None:
    """The file has no final line break, which `$(cat …)` would drop."""
    need_tools("openssl", "curl")
    (tmp_path / "body.json").write_text(json.dumps(ORDER, indent=2, ensure_ascii=False), encoding="utf-8")
    finished = subprocess.run(
        ["sh", str(HERE / "wrong_clients.sh")],
        env=variables(bench, tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    answers = [line.split(" ", 1) for line in finished.stdout.splitlines()]
    assert len(answers) == 13
    named = {cause: json.loads(answer)["diagnosis"]["code"] for cause, answer in answers}
    assert named == {cause: cause for cause in named}
