"""Reading the sources of a document: YAML without surprises, and prose from Markdown.

YAML 1.1 turns an unquoted ``2026-01-31`` into a date and ``no`` into a boolean. The document is about JSON,
so only what JSON has is resolved here: null, true, false and numbers. Everything else is text.
"""

import re
from pathlib import Path
from typing import Any

import yaml


class SourceError(ValueError):
    """A source file cannot become part of a document; the message says which one and why."""


class _Loader(yaml.SafeLoader):
    """YAML 1.2's JSON schema (YAML 1.2.2 §10.2), and no duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value):
            raise SourceError(f"{node.start_mark}: a key occurs twice in this mapping")
        return mapping


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"null$"), ["n"])
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)$"), ["t", "f"])
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"-?(?:0|[1-9][0-9]*)$"), list("-0123456789")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:e[-+]?[0-9]+)?$"),
    list("-0123456789"),
)


def read_source(path: Path) -> Any:
    """What one source file holds: the value of a YAML file, or the text of a Markdown file.

    Raises SourceError for a file that is absent, of another kind, or no YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror})") from error
    if path.suffix == ".md":
        return text
    if path.suffix != ".yaml":
        raise SourceError(f"{path}: only .yaml and .md files can be included")
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - derived from SafeLoader
    except yaml.YAMLError as error:
        raise SourceError(f"{path}: {error}") from error


class _Dumper(yaml.SafeDumper):
    """Keeps the order of keys, writes long text as blocks, and never uses anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)


def write_yaml(value: Any) -> str:
    """``value`` as YAML that a person can read and that YAML 1.1 and 1.2 readers take alike."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
