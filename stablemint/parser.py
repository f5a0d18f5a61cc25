"""The parser of every command: options stand anywhere, and a mistake is a Failure that says what to do."""

from __future__ import annotations

import argparse
import difflib
import itertools
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from stablemint.failure import OF_A_SERVER, WRONG_USAGE, Failure, manual

_NUMBER = re.compile(r"-\.?\d")


class _Help(argparse.RawDescriptionHelpFormatter):
    """Prose is filled, and what stands beside a name or a number hangs there; examples are as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n\n".join(self._fill(paragraph, width) for paragraph in text.strip("\n").split("\n\n"))

    def _fill(self, paragraph: str, width: int) -> str:
        lines = paragraph.split("\n")
        if not any(line.startswith("  ") for line in lines):
            return textwrap.fill(paragraph, width, break_on_hyphens=False)
        return "\n".join(self._hang(line, width) for line in lines)

    def _hang(self, line: str, width: int) -> str:
        beside = re.match(r"  [\w.-]+ {2,}(?=\S)", line)
        if not line.startswith(" "):
            return textwrap.fill(line, width, break_on_hyphens=False)
        if beside is None or len(line) <= width:
            return line
        hanging = " " * len(beside[0])
        return textwrap.fill(line, width, subsequent_indent=hanging, break_on_hyphens=False)


class Parser(argparse.ArgumentParser):
    """Reads words alike on every version of Python, however options and arguments are mixed.

    argparse by itself gives an optional argument away at the first option that follows (up to Python 3.11
    at least), takes a word such as ``-5m`` for an option, and knows no option of a subcommand before its
    name. So the words are put in order first: subcommand, options joined with their values, arguments.
    """

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", _Help)
        settings.setdefault("allow_abbrev", False)
        super().__init__(**settings)

    def parse_known_args(  # type: ignore[override] # of its overloads one is used
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As argparse does, with the words in order. Raises Failure for an option that there is not."""
        words = list(sys.argv[1:] if args is None else args)
        verbs = self.verbs()
        ordered = list(self._in_order(words)) if verbs is None else self._verb_first(words, verbs)
        return super().parse_known_args(ordered, namespace)

    def error(self, message: str) -> NoReturn:
        """Raises Failure, with where to read on."""
        known = re.fullmatch(
            r"argument (\S+): invalid choice: (?P<given>.*?),? ?(?:maybe .*)?\(choose from (?P<choices>.*)\)",
            message,
            re.DOTALL,
        )
        if known:
            given = known["given"].strip().strip("'")
            nearest = _nearest(given, re.findall(r"[\w-]+", known["choices"]))
            place = f"{known[1]}: " if known[1].startswith("-") else ""
            message = f"{place}there is no {given!r}; {nearest}"
        message = re.sub(r"^argument (?=-)", "", message)
        verbs = self.verbs()
        if verbs and re.fullmatch(r"the following arguments are required: (SUB)?COMMAND", message):
            message = f"say what to do: {', '.join(verbs)}"
        raise Failure(f"{message}\n`{self.prog} --help` tells what it takes.", WRONG_USAGE, command=self.prog)

    def add_verbs(self) -> argparse._SubParsersAction[Parser]:
        """Where to add subcommands with ``add_verb``, of which one has to be given, as ``verb``."""
        return self.add_subparsers(dest="verb", metavar="SUBCOMMAND", title="subcommands", required=True)

    def verbs(self) -> Mapping[str, Parser] | None:
        """The subcommands by name; None for a parser that has none."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                return action.choices
        return None

    def options(self) -> dict[str, argparse.Action]:
        """Every option of this parser and of its subcommands, by the word that names it."""
        found = dict(self._option_string_actions)
        for below in (self.verbs() or {}).values():
            found |= below.options()
        return found

    def _verb_first(self, words: list[str], verbs: Mapping[str, Parser]) -> list[str]:
        """The subcommand before the options that stand before it, unless those are this parser's own."""
        own, known = self._option_string_actions, self.options()
        place, moved = 0, False
        while place < len(words) and words[place].startswith("-") and words[place] != "--":
            name, equals, _ = words[place].partition("=")
            moved = moved or name not in own or name in ("-h", "--help")
            place += 1 if equals or name not in known or known[name].nargs == 0 else 2
        if not moved or place >= len(words) or words[place] not in verbs:
            return words
        return [words[place], *words[:place], *words[place + 1 :]]

    def _in_order(self, words: Sequence[str]) -> Iterator[str]:
        arguments: list[str] = []
        known, coming = self._option_string_actions, iter(range(len(words)))
        for place in coming:
            word = words[place]
            name, equals, _ = word.partition("=")
            if word == "--":
                arguments += words[place + 1 :]
                break
            if not word.startswith("-") or word == "-" or _NUMBER.match(word):
                arguments.append(word)
            elif name not in known:
                self.error(f"there is no option {name}; {_nearest(name, known)}")
            elif known[name].nargs == 0 or equals:
                yield word
            elif place + 1 < len(words) and words[place + 1].partition("=")[0] not in {*known, "--"}:
                yield f"{name}={words[next(coming)]}"
            else:
                yield word  # and argparse says that its value is missing
        if arguments:
            yield from ("--", *arguments)


def add_verb(
    verbs: argparse._SubParsersAction[Parser],
    name: str,
    summary: str,
    *examples: str,
    note: str = "",
    codes: Mapping[int, str] = OF_A_SERVER,
) -> Parser:
    """A subcommand, with its help."""
    return verbs.add_parser(
        name,
        help=summary,
        description=f"{summary[:1].upper()}{summary[1:]}.",
        epilog=manual(*examples, note=note, codes=codes),
    )


def speaks_json(words: Sequence[str]) -> bool:
    """Whether a command line asks for JSON, be it right or wrong otherwise."""
    options = itertools.takewhile(lambda word: word != "--", words)
    return any(word.partition("=")[0] == "--json" for word in options)


def require_text(words: Sequence[str]) -> None:
    """Raises Failure for a word that is no text, which neither a request nor an answer could hold."""
    for place, word in enumerate(words, 1):
        if "\0" in word:
            raise Failure(f"word {place} of the command line holds a NUL character", WRONG_USAGE)
        try:
            word.encode()
        except UnicodeEncodeError:
            shown = word.encode("utf-8", "backslashreplace").decode()
            raise Failure(f"word {place} of the command line is no UTF-8: {shown}", WRONG_USAGE) from None


def _nearest(word: str, known: Sequence[str] | Mapping[str, object]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"there are {', '.join(name for name in known if name != '-h')}."
