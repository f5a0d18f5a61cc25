"""Assembles the sources of the site, and builds it: Sphinx's pages, the API reference, and ``llms.txt``."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from docs import accessible, citations, generated, links, llms, reference

ROOM: Final = Path(__file__).parent
SITE: Final = ROOM.parent / "mockserver" / "site"
"""Where the built site lies, and travels in the wheel."""

_NOT_PAGES = {"vendor", "generated", "reference"}
_LEFT_OVER = (".doctrees", ".buildinfo", "_sources", "objects.inv")


def sources() -> Mapping[str, bytes]:
    """Everything that the site is made of, by path: pages, Sphinx's configuration, bundle and documents."""
    found = {path: text.encode() for path, text in generated.pages().items()}
    for file in _handwritten():
        path = file.relative_to(ROOM).as_posix()
        if path in found:
            raise ValueError(f"docs/{path} is written by hand and generated too: remove one")
        found[path] = file.read_bytes()
    found |= reference.files()
    return dict(sorted(found.items()))


def differences(folder: Path, fresh: Path) -> list[str]:
    """What keeps a built site from being the one in ``fresh``, which was built now: a line for every file.

    What is built depends on nothing but the sources, the builder and its tools, whose versions are locked: a
    proof builds twice. So a change of any of them is seen, and one made to a built page by hand.
    """
    there, wanted = _read(folder), _read(fresh)
    said = [f"{path}: missing" for path in wanted.keys() - there.keys()]
    said += [f"{path}: would not be built" for path in there.keys() - wanted.keys()]
    said += [
        f"{path}: not as it would be built"
        for path in there.keys() & wanted.keys()
        if there[path] != wanted[path]
    ]
    return sorted(said)


def build(target: Path = SITE) -> None:
    """Build the site into ``target``, whose former content goes.

    Raises CalledProcessError where Sphinx warns of anything, such as a page that no other leads to, and
    ValueError for a link that leads nowhere.
    """
    files = sources()
    pages = {path: content for path, content in files.items() if not path.startswith(reference.FOLDER)}
    with tempfile.TemporaryDirectory(prefix="docs-") as folder:
        source, built = Path(folder, "source"), Path(folder, "built")
        _write(source, pages)
        words = [
            sys.executable,
            "-m",
            "sphinx",
            "--quiet",
            "--fail-on-warning",
            "--keep-going",
            "--builder",
            "html",
        ]
        subprocess.run([*words, str(source), str(built)], check=True)
        for name in _LEFT_OVER:
            left_over = built / name
            shutil.rmtree(left_over) if left_over.is_dir() else left_over.unlink(missing_ok=True)
        accessible.finish(built)
        citations.link(built)
        _write(built, reference.published(files))
        _write(built, _for_machines(pages))
        if broken := links.find_broken(built):
            raise ValueError("links that lead nowhere:\n" + "\n".join(broken))
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(built, target)


def _handwritten() -> Iterator[Path]:
    for file in sorted(ROOM.rglob("*")):
        parts = file.relative_to(ROOM).parts
        if parts[0] in _NOT_PAGES or "__pycache__" in parts or not file.is_file():
            continue
        if file.suffix != ".py" or file.name == "conf.py":
            yield file


def _for_machines(pages: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Every page as the Markdown it was made of, and ``llms.txt``, which lists them."""
    texts = {path: content for path, content in pages.items() if path.endswith(".md")}
    index = llms.write({path: content.decode() for path, content in texts.items()})
    return {**texts, "llms.txt": index.encode()}


def _read(folder: Path) -> Mapping[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()
    }


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
