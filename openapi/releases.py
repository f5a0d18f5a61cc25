"""The frozen releases of the contract: ``python -m openapi.releases [--freeze]``.

``released/<version>.yaml`` is the bundle as it was released, and ``released/SHA256SUMS`` says which bytes
that were, in the form that ``sha256sum --check`` reads. A release is never changed; the next one is another.
"""

import argparse
import hashlib
import re
import sys
from pathlib import Path

from openapi import bundle
from openapi.document import load

FOLDER = bundle.FOLDER / "released"
CHANGELOG = bundle.FOLDER / "CHANGELOG.md"
SUMS = "SHA256SUMS"
_HEADING = re.compile(r"^## (\d+\.\d+\.\d+)\b", re.MULTILINE)


class ReleaseError(ValueError):
    """A release cannot be made, or one that was made is not what it was; the message says which and why."""


def parse(version: str) -> tuple[int, int, int]:
    """A version's three numbers, by which releases are ordered. Raises ReleaseError for anything else."""
    if not re.fullmatch(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}", version):
        raise ReleaseError(f"{version!r} is no version such as 1.2.3")
    major, minor, patch = map(int, version.split("."))
    return major, minor, patch


def versions(folder: Path = FOLDER) -> list[str]:
    """The versions that were released, the oldest first."""
    return sorted((file.stem for file in folder.glob("*.yaml")), key=parse)


def verify(folder: Path = FOLDER) -> None:
    """Raises ReleaseError for a file that is absent, unlisted, or not of the bytes that were released."""
    listed = read_sums(folder)
    present = {f"{version}.yaml" for version in versions(folder)}
    for name in sorted(listed.keys() ^ present):
        raise ReleaseError(f"{name} is {'not in the folder' if name in listed else f'not in {SUMS}'}")
    for name, digest in listed.items():
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            raise ReleaseError(f"{name} was changed after its release: restore it, and make a new release")


def read_sums(folder: Path = FOLDER) -> dict[str, str]:
    """The recorded SHA-256 of each release, by its file's name."""
    file = folder / SUMS
    lines = file.read_text(encoding="ascii").splitlines() if file.exists() else []
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def freeze(folder: Path = FOLDER, changelog: Path = CHANGELOG) -> Path:
    """Release the bundled document under its ``info.version``; the new file.

    Raises ReleaseError where that version is not later than every other, or the changelog does not tell of
    it.
    """
    version = str(load()["info"]["version"])
    before = versions(folder)
    if before and parse(version) <= parse(before[-1]):
        raise ReleaseError(
            f"info.version is {version}, and {before[-1]} is released: move info.version in openapi.yaml"
        )
    if version not in _HEADING.findall(changelog.read_text(encoding="utf-8")):
        raise ReleaseError(f"{changelog.name} has no section `## {version}`")
    file = folder / f"{version}.yaml"
    content = (bundle.FOLDER / "dist" / "openapi.yaml").read_bytes()
    folder.mkdir(exist_ok=True)
    file.write_bytes(content)
    with (folder / SUMS).open("a", encoding="ascii") as sums:
        sums.write(f"{hashlib.sha256(content).hexdigest()}  {file.name}\n")
    return file


def unreleased(version: str, changelog: Path = CHANGELOG) -> str:
    """What the changelog says of the time since the release of ``version``: all above its section.

    Raises ReleaseError where it has no such section.
    """
    text = changelog.read_text(encoding="utf-8")
    for heading in _HEADING.finditer(text):
        if heading[1] == version:
            return text[: heading.start()]
    raise ReleaseError(f"{changelog.name} has no section `## {version}`")


def main(arguments: list[str] | None = None) -> int:
    """Checks the releases, or with ``--freeze`` makes one; exit code 1 where that cannot be."""
    parser = argparse.ArgumentParser(
        prog="python -m openapi.releases", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--freeze", action="store_true", help="release the bundle under its info.version")
    options = parser.parse_args(arguments)
    try:
        verify()
        if options.freeze:
            sys.stdout.write(f"{freeze()} written\n")
    except ReleaseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
