"""What is left of a faulty server's patch without its values: what is the same then is one fault."""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
import textwrap
from functools import cache, partial
from typing import Any, Final

from tests.faulty.catalogue import Fault
from tests.faulty.node.source import Change

_LITERAL: Final = re.compile(
    r"""
    (?P<code>/(?![/*\s])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*)  # a regular expression
    | '(?:\\.|[^'\\\n])*' | "(?:\\.|[^"\\\n])*" | `(?:\\.|[^`\\])*` | \b[0-9][0-9_.]*\b
    """,
    re.VERBOSE,
)


def shape(fault: Fault) -> str:
    """The patch with every number and every text in it blanked, and its own names numbered.

    A regular expression stays: it is code in another language, not a value.
    """
    made = _patch(fault)
    if isinstance(made, list):
        return "\n".join(map(_shape_of_change, made))
    function = _function(inspect.getsource(made))
    return ast.dump(_Blank(_own_names(function)).visit(function))


@cache
def digest(fault: Fault) -> str:
    """A digest of the patch as it is written, by which it is known to be the one that was tried."""
    made = _patch(fault)
    if isinstance(made, list):
        text = repr(made)
    else:
        function = _function(inspect.getsource(made))
        text = ast.unparse(function)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _patch(fault: Fault) -> Any:
    if not isinstance(fault.start, partial):
        raise TypeError(f"{fault.name} is not made by a patch")
    return fault.start.args[0]


def _shape_of_change(change: Change) -> str:
    old, new = (_LITERAL.sub(lambda match: match["code"] or "_", text) for text in (change.old, change.new))
    return f"{change.module}: {old} -> {new}"


def _function(source: str) -> ast.FunctionDef:
    """A patch's function without its decorator and its docstring, which say what it breaks and how."""
    (function,) = ast.parse(textwrap.dedent(source)).body
    if not isinstance(function, ast.FunctionDef):
        raise TypeError(f"a patch that is no function: {source}")
    function.decorator_list = []
    del function.body[0]
    return function


def _own_names(function: ast.FunctionDef) -> dict[str, str]:
    """The names that the patch gives by itself, numbered: what they are called makes no difference."""
    given: list[str] = []
    for node in ast.walk(function):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given.append(node.name)
        elif isinstance(node, ast.arg):
            given.append(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            given.append(node.id)
    return {name: f"_{number}" for number, name in enumerate(dict.fromkeys(given))}


class _Blank(ast.NodeTransformer):
    """Blanks literals, but for those that are regular expressions by where they stand, and own names."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant(value="_")

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(id=self._names.get(node.id, node.id))

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(arg=self._names[node.arg])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name, node.returns = self._names[node.name], None
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        function = node.func
        is_pattern = isinstance(function, ast.Attribute) and ast.unparse(function.value) == "re"
        return self._keeping(node, node.args[0]) if is_pattern and node.args else self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        is_pattern = ast.unparse(node.targets[0]).endswith("['pattern']")
        return self._keeping(node, node.value) if is_pattern else self.generic_visit(node)

    def _keeping(self, node: ast.AST, pattern: ast.expr) -> ast.AST:
        kept = ast.unparse(pattern)
        blank = self.generic_visit(node)
        return ast.Tuple(elts=[blank, ast.Name(id=kept)])  # type: ignore[list-item]  # no program: never run
