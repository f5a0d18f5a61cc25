"""Who imports whom, read from the syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Import:
    """One import: the importing file, its line, the full name of what it imports, and where it stands."""

    file: Path
    line: int
    module: str
    in_function: bool
    for_types: bool

    @property
    def package(self) -> str:
        """The top-level package that is imported."""
        return self.module.partition(".")[0]


def read_imports(file: Path, *, package: str) -> list[Import]:
    """Every import in ``file``, a module of the dotted ``package``; by ``import_module`` too."""
    tree = ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
    return sorted(_walk(tree, file=file, package=package, in_function=False, for_types=False))


def _walk(node: ast.AST, *, file: Path, package: str, in_function: bool, for_types: bool) -> Iterator[Import]:
    for module in _named(node, package):
        yield Import(file, getattr(node, "lineno", 0), module, in_function, for_types)
    in_function = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    only_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    for child in ast.iter_child_nodes(node):
        yield from _walk(
            child, file=file, package=package, in_function=in_function, for_types=for_types or only_types
        )


def _named(node: ast.AST, package: str) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [name.name for name in names]
        case ast.ImportFrom(module=module, names=names, level=0):
            return [module or ""]
        case ast.ImportFrom(module=module, level=level):
            above = package.split(".")[: len(package.split(".")) - level + 1]
            return [".".join([*above, module] if module else above)]
        case ast.Call(
            func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__"),
            args=[ast.Constant(value=str(module)), *_],
        ):
            return [module]
    return []
