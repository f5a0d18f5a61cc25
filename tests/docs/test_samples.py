"""Every command and every piece of code of the guides is run as it stands there, in each of its languages."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver import MockServer
from stablemint.program import parser_of
from tests.docs.steps import Step, followed, languages, read_steps
from tests.docs.terminal import Terminal
from tests.docs.walk import CLIENT, GUIDES, shows, walk_beside
from tests.project.tree import plain_environment
from tests.tools import need_tools

FROM_A_WHEEL = "quick-start"
"""The guide that begins with an empty folder: `test_quick_start.py` follows it."""

TOOLS = ("curl", "openssl", "node", "php")
"""What the samples need beside Python."""

WALKS = [
    pytest.param(page, language, id=f"{page.stem}-{language}" if language else page.stem)
    for page in sorted(GUIDES.glob("*.md"))
    if page.stem != FROM_A_WHEEL and read_steps(page)
    for language in languages(read_steps(page))
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The credentials of all walks, whose keys are made once."""
    return tmp_path_factory.mktemp("guides") / ".stablemint"


@pytest.fixture
def mock(home: Path) -> Iterator[MockServer]:
    with MockServer(home=home) as running:
        yield running


def need(steps: list[Step]) -> None:
    """Skip where a tool that the steps use is missing; in continuous integration, fail."""
    used = {tool for step in steps for tool in TOOLS if re.search(rf"\b{tool}\b", step.block.code)}
    need_tools(*used)


@pytest.mark.parametrize(("page", "language"), WALKS)
def test_a_guide_does_what_it_says(
    page: Path, language: str, mock: MockServer, home: Path, tmp_path: Path
) -> None:
    """Files saved, commands typed and outputs compared, in the order of the page, as one reader would."""
    steps = list(followed(read_steps(page), language))
    need(steps)
    walk_beside(mock, home, tmp_path, page).follow(steps)


def test_the_languages_are_those_that_are_promised() -> None:
    """Signing and paying are shown with curl, in Python, in Node and in PHP; receiving, by what can serve."""
    for name in ("signing", "hosted-sessions"):
        assert languages(read_steps(GUIDES / f"{name}.md")) == ["Python", "Node", "PHP", "curl"], name
    assert languages(read_steps(GUIDES / "webhooks.md")) == ["Python", "Node", "PHP"]


def test_only_the_tools_of_the_followed_language_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one of them that is missing is named."""
    monkeypatch.setattr(shutil, "which", lambda tool: None if tool == "php" else f"/usr/bin/{tool}")
    monkeypatch.delenv("REQUIRE_TOOLS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no php here"):
        need([step for step in read_steps(CLIENT) if step.tab == "PHP"])
    need([step for step in read_steps(CLIENT) if step.tab == "Python"])


def test_output_is_compared_line_by_line_in_order() -> None:
    """Without which the walks would prove little."""
    assert shows("one …\ntwo", "one 1\nbetween\n  two\n")
    assert not shows("two\none", "one\ntwo\n")
    assert shows("two\none", "one\ntwo\n", ordered=False)
    assert not shows("two\nthree", "one\ntwo\n", ordered=False)
    assert not shows("one", "one more\n")
    assert shows("one …\none …", "one 1\ntwo\none 2\n", ordered=False)
    assert not shows("one …\none …", "one 1\ntwo\n", ordered=False)
    assert not shows("one …\none …", "one 1\none 2\none 3\n", ordered=False)


def test_a_command_that_fails_is_noticed(tmp_path: Path) -> None:
    """The last one of a block, and one before it."""
    with Terminal(tmp_path, plain_environment()) as terminal:
        assert terminal.run("one=1\necho $one\n") == "1\n\n"
        assert terminal.run("echo $one\n") == "1\n\n"
    for script in ("true\nfalse\n", "false\ntrue\n"):
        with Terminal(tmp_path, plain_environment()) as terminal, pytest.raises(AssertionError):
            terminal.run(script)


COMMAND_LINES = sorted(
    {
        line
        for page in GUIDES.glob("*.md")
        for line in re.findall(r"`(stablemint [a-z-]+ [^`…]+)`", page.read_text(encoding="utf-8"))
    }
)


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_a_command_line_in_a_sentence_is_one_that_exists(line: str) -> None:
    """Those in blocks are run above; of these, command and options are held to the parsers."""
    _, command, *words = shlex.split(line)
    parser_of(command).parse_args(words)  # ends the test where it does not fit
