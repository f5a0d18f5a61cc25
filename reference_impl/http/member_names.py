"""The keywords that hold for members whatever their names, with the name of each member at fault:
`additionalProperties` and `propertyNames`.

The validator's own do not tell: a path leaves out a name that is empty, and makes a number of one that looks
like an index, so that ``"00"`` is ``"0"``. And they make a copy of the whole object for each name at fault,
which takes minutes where there are thousands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import jsonschema_rs

Compile = Callable[[Any], jsonschema_rs.Draft202012Validator]


class MembersAtFault(ValueError):
    """The cause of an error of either keyword: what is wrong, by name, its paths counted from the member."""

    def __init__(self, errors: Sequence[tuple[str, jsonschema_rs.ValidationError]]) -> None:
        super().__init__("members are at fault")
        self.errors = errors


class _EachMember:
    def __init__(
        self, keyword: str, compile_schema: Compile, parent: Mapping[str, Any], schema: Any, _path: object
    ) -> None:
        if "patternProperties" in parent:
            raise ValueError("patternProperties beside additionalProperties is not implemented")
        self._is_about_names = keyword == "propertyNames"
        self._excepted = frozenset() if self._is_about_names else frozenset(parent.get("properties", ()))
        self._schema = schema
        self._compile_schema = compile_schema

    @cached_property
    def _validator(self) -> jsonschema_rs.Draft202012Validator:
        return self._compile_schema(self._schema)  # not before it is needed: it may refer to what it is in

    def validate(self, instance: object) -> None:
        """Raise :class:`MembersAtFault`."""
        if not isinstance(instance, dict):
            return
        errors = [
            (name, error)
            for name, value in instance.items()
            if name not in self._excepted
            for error in self._validator.iter_errors(name if self._is_about_names else value)
        ]
        if errors:
            raise MembersAtFault(errors)


def naming_keywords(compile_schema: Compile) -> dict[str, Any]:
    """Both keywords, for a validator to be compiled with; ``compile_schema`` compiles what they hold."""
    return {
        keyword: partial(_EachMember, keyword, compile_schema)
        for keyword in ("additionalProperties", "propertyNames")
    }
