"""Bundles the sources of a document into one file: ``python -m openapi.bundle [--check] [NAME ...]``.

Three rules, and no others:

- a ``$ref`` to a file under ``components/<kind>/``, of this document or of another, becomes
  ``#/components/<kind>/<file's name>``, and the file a component of the bundle, as does such a path among the
  values of a discriminator's ``mapping``, and every security scheme, which is referred to by its name alone;
- a ``$ref`` to any other file, with a JSON pointer behind ``#`` or without, is replaced by what it names;
- a list included as an item of a list is spliced into it.

A document's folder is ``openapi/`` itself for the document named ``openapi``, and ``openapi/<name>/`` for
any other.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from openapi.sources import SourceError, read_source, write_yaml

FOLDER = Path(__file__).parent
KINDS = (
    "schemas",
    "responses",
    "parameters",
    "examples",
    "requestBodies",
    "headers",
    "securitySchemes",
    "links",
)


def find_root(name: str) -> Path:
    """The root file of the document called ``name``."""
    folder = FOLDER if name == "openapi" else FOLDER / name
    return folder / "openapi.yaml"


class _Bundle:
    """One pass over the sources, from the root to all that it reaches."""

    def __init__(self, root: Path) -> None:
        self._folder = root.parent
        self._components: dict[tuple[str, str], Any] = {}
        self._files: dict[tuple[str, str], Path] = {}
        self._including: list[Path] = []
        self.reached: set[Path] = set()

    def include(self, file: Path, pointer: str = "") -> Any:
        if file in self._including:
            raise SourceError(f"{file}: includes itself")
        self._including.append(file)
        self.reached.add(file)
        value = self._resolve(_look_up(read_source(file), pointer, file), file)
        self._including.pop()
        return value

    def include_security_schemes(self) -> None:
        # Security requirements refer to their schemes by name, without a $ref (OpenAPI 3.1.1 §4.8.30).
        for file in sorted((self._folder / "components" / "securitySchemes").glob("*.yaml")):
            self._component(file, file.name, file)

    def components(self) -> dict[str, dict[str, Any]]:
        sections: dict[str, dict[str, Any]] = {}
        for kind in KINDS:
            found = {name: value for (of, name), value in sorted(self._components.items()) if of == kind}
            if found:
                sections[kind] = found
        return sections

    def _resolve(self, value: Any, file: Path) -> Any:
        if isinstance(value, list):
            items: list[Any] = []
            for item in value:
                resolved = self._resolve(item, file)
                spliced = isinstance(item, dict) and "$ref" in item and isinstance(resolved, list)
                items.extend(resolved if spliced else [resolved])
            return items
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str):
            return self._follow(value, reference, file)
        return {key: self._resolve(member, file) for key, member in self._with_mapping(value, file).items()}

    def _with_mapping(self, value: dict[str, Any], file: Path) -> dict[str, Any]:
        if "propertyName" not in value or not isinstance(value.get("mapping"), dict):
            return value
        mapping = {
            key: self._component(self._target(of, file)[0], of, file) for key, of in value["mapping"].items()
        }
        return {**value, "mapping": mapping}

    def _target(self, reference: str, file: Path) -> tuple[Path, str]:
        path, _, pointer = reference.partition("#")
        if not path:
            raise SourceError(f"{file}: {reference!r} names no file")
        return Path(os.path.normpath(file.parent / path)), pointer

    def _follow(self, value: dict[str, Any], reference: str, file: Path) -> Any:
        target, pointer = self._target(reference, file)
        siblings = {key: self._resolve(member, file) for key, member in value.items() if key != "$ref"}
        if not pointer and "components" in (target.parent.name, target.parent.parent.name):
            return {"$ref": self._component(target, reference, file), **siblings}
        if siblings:
            raise SourceError(
                f"{file}: nothing may stand beside {reference!r}, which is replaced by what it names"
            )
        return self.include(target, pointer)

    def _component(self, target: Path, reference: str, file: Path) -> str:
        kind, name = target.parent.name, target.stem
        if target.parent.parent.name != "components" or kind not in KINDS:
            raise SourceError(f"{file}: {reference!r} is no file under components/<kind>/")
        first = self._files.setdefault((kind, name), target)
        if first != target:
            raise SourceError(f"{file}: {reference!r} would be a second {name} beside {first}")
        if (kind, name) not in self._components:
            self._components[kind, name] = (
                None  # before descending: components may refer to each other in a ring
            )
            including, self._including = self._including, []
            self._components[kind, name] = self.include(target)
            self._including = including
        return f"#/components/{kind}/{name}"


def _look_up(value: Any, pointer: str, file: Path) -> Any:
    for token in unquote(pointer).split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (LookupError, TypeError, ValueError) as error:
            raise SourceError(f"{file}: has nothing at {pointer!r}") from error
    return value


def bundle(root: Path) -> dict[str, Any]:
    """The document whose root file is ``root``, as one value without references to files.

    Raises SourceError for a reference that leads nowhere, and for a component that nothing reaches.
    """
    work = _Bundle(root)
    document: dict[str, Any] = work.include(root)
    work.include_security_schemes()
    document["components"] = work.components()
    unreached = sorted(set((root.parent / "components").rglob("*.yaml")) - work.reached)
    if unreached:
        raise SourceError(f"{unreached[0]}: nothing refers to this component")
    return document


def render(root: Path) -> dict[Path, str]:
    """The texts of the bundle's files, YAML for people and JSON for run time, by their paths."""
    document = bundle(root)
    dist = root.parent / "dist"
    return {
        dist / "openapi.yaml": write_yaml(document),
        dist / "openapi.json": json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n",
    }


def find_names() -> list[str]:
    """The names of all documents, the contract's first."""
    return [
        "openapi",
        *sorted(root.parent.name for root in FOLDER.glob("*/openapi.yaml") if root.parent.name != "dist"),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Writes the bundles; with ``--check`` only says whether they are fresh (exit code 1 when one is not)."""
    parser = argparse.ArgumentParser(
        prog="python -m openapi.bundle", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="documents to bundle (default: all)")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when a bundle is stale")
    options = parser.parse_args(arguments)
    stale = False
    for name in options.names or find_names():
        try:
            texts = render(find_root(name))
        except SourceError as error:
            sys.stderr.write(f"{error}\n")
            return 2
        for path, text in texts.items():
            if path.exists() and path.read_text(encoding="utf-8") == text:
                continue
            stale = True
            if options.check:
                sys.stderr.write(f"{path} is stale: run python -m openapi.bundle\n")
            else:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
                sys.stdout.write(f"{path} written\n")
    return int(stale and options.check)


if __name__ == "__main__":
    sys.exit(main())
