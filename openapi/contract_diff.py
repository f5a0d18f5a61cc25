"""What changed in the contract since its latest release: ``python -m openapi.contract_diff``.

Which changes break callers is decided by Redocly's ``diff``, which needs Node; where it is not installed,
that is said, and the exit code is 3. The requirements, which that tool does not look at, are compared here.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from openapi import bundle, releases

UNDECIDED = 3
"""The exit code where the document changed and nothing was there to judge it."""


class ToolError(RuntimeError):
    """Redocly ran and gave no report; the message is what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference, by its place in the document; ``impact`` is the version number that it moves."""

    impact: str
    pointer: str
    message: str


def find_redocly(command: str) -> str | None:
    """Redocly's command line; None where it is not installed, or Node, which it runs on, is not."""
    return shutil.which(command) if shutil.which("node") else None


def compare(base: Path, revision: Path, redocly: str) -> list[Change]:
    """Every change as Redocly rates it, the breaking ones first. Raises ToolError."""
    with tempfile.TemporaryDirectory(prefix="contract-diff-") as folder:
        report = Path(folder, "report.json")
        words = [redocly, "diff", str(base), str(revision), "--format=json", "--fail-on=none"]
        done = subprocess.run(
            [*words, f"--output={report}"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
        )
        if done.returncode != 0 or not report.exists():
            raise ToolError(done.stdout + done.stderr)
        found: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))["changes"]
    changes = dict.fromkeys(change for one in found for change in _changes(one))
    return sorted(changes, key=lambda change: ("major", "minor", "patch").index(change.impact))


def _changes(found: dict[str, Any]) -> Iterator[Change]:
    """An entry of the report, once for each of the rules that rated it."""
    side = found.get("revision") or found.get("base") or {}
    for verdict in found["verdicts"]:
        yield Change(
            impact=verdict["impact"], pointer=verdict["location"]["pointer"], message=verdict["message"]
        )
    if not found["verdicts"]:
        what = " ".join(filter(None, (found["kind"], found.get("property"))))
        yield Change(
            impact=found["impact"],
            pointer=side.get("pointer", found["path"]),
            message=f"{what.capitalize()}.",
        )


def compare_requirements(base: dict[str, Any], revision: dict[str, Any]) -> list[str]:
    """Which requirements came, went, or say something else: a sentence for each."""
    before, after = ({one["id"]: one for one in document["x-requirements"]} for document in (base, revision))
    told = [f"{name} is new ({after[name]['level']})" for name in after.keys() - before.keys()]
    told += [f"{name} is gone (it was {before[name]['level']})" for name in before.keys() - after.keys()]
    told += [
        f"{name} has another {member}"
        for name in before.keys() & after.keys()
        for member in ("level", "statement", "capability", "verification")
        if before[name][member] != after[name][member]
    ]
    return sorted(told)


def next_version(version: str, impact: str) -> str:
    """The first version that may have changes of such an impact; before 1.0.0 a number less is moved."""
    major, minor, patch = releases.parse(version)
    if major == 0:
        return f"0.{minor + 1}.0" if impact == "major" else f"0.{minor}.{patch + 1}"
    return {
        "major": f"{major + 1}.0.0",
        "minor": f"{major}.{minor + 1}.0",
        "patch": f"{major}.{minor}.{patch + 1}",
    }[impact]


def unnamed(changes: Sequence[Change], told: str) -> list[Change]:
    """The breaking changes whose place the changelog does not name, in backticks."""
    return [change for change in changes if change.impact == "major" and f"`{change.pointer}`" not in told]


def report(base: Path, revision: Path, *, told: str, redocly: str | None) -> int:
    """Print the changes from one file to another, and return the exit code.

    0: none, or none that breaks callers and is not named in ``told``. 1: one that is not. 3: undecided.
    Raises ToolError.
    """
    say = sys.stdout.write
    if base.read_bytes() == revision.read_bytes():
        say(f"The contract is that of release {base.stem}: nothing changed.\n")
        return 0
    before, after = _read(base), _read(revision)
    for sentence in compare_requirements(before, after):
        say(f"requirement  {sentence}\n")
    if redocly is None:
        say(
            f"The contract is not that of release {base.stem}. NOT DECIDED: whether a change breaks callers. "
            "That takes Redocly's diff: install Node with npm, and run `make contract-diff` again.\n"
        )
        return UNDECIDED
    changes = compare(base, revision, redocly)
    for change in changes:
        say(f"{change.impact:11}  {change.pointer}\n             {change.message}\n")
    if changes:
        _advise(base.stem, str(after["info"]["version"]), changes[0].impact)
    missing = unnamed(changes, told)
    if missing:
        lines = "".join(f"- `{change.pointer}`: {change.message}\n" for change in missing)
        say(f"\nBreaking changes that openapi/CHANGELOG.md does not name under Unreleased:\n\n{lines}")
    return int(bool(missing))


def _read(file: Path) -> dict[str, Any]:
    """A bundle, which any reader of YAML takes alike: by the one in C where there is one, which is faster."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, Any] = yaml.load(file.read_bytes(), Loader=loader)  # noqa: S506 - both are safe
    return document


def _advise(released: str, version: str, impact: str) -> None:
    wanted = next_version(released, impact)
    if releases.parse(version) < releases.parse(wanted):
        sys.stdout.write(
            f"info.version is {version}; what changed since {released} makes the next release {wanted}.\n"
        )


def main(arguments: list[str] | None = None) -> int:
    """Compares the bundle with the latest release; see ``report`` for the exit codes, 2 is a failed tool."""
    parser = argparse.ArgumentParser(
        prog="python -m openapi.contract_diff", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--redocly",
        default="redocly",
        metavar="COMMAND",
        help="Redocly's command line (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    try:
        releases.verify()
        latest = releases.versions()[-1]
        return report(
            releases.FOLDER / f"{latest}.yaml",
            bundle.FOLDER / "dist" / "openapi.yaml",
            told=releases.unreleased(latest),
            redocly=find_redocly(options.redocly),
        )
    except releases.ReleaseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except ToolError as error:
        sys.stderr.write(f"Redocly's diff failed:\n{error}")
        return 2


if __name__ == "__main__":
    sys.exit(main())
