"""The errors of a value by its schema, each with its place.

The validator alone does not give that: its paths leave out names that are empty, and make numbers of those
that look like an index. So members that may have any name are looked at one by one.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jsonschema_rs

Place = tuple[str | int, ...]
"""Names and indices from the whole to a part of it: the tokens of a JSON Pointer (RFC 6901)."""


@dataclass(frozen=True, kw_only=True)
class SchemaError:
    """What is wrong, and where; `is_name` where it is the name of that member."""

    place: Place
    cause: jsonschema_rs.ValidationError
    is_name: bool = False


class _Found(ValueError):
    def __init__(self, errors: list[SchemaError]) -> None:
        super().__init__()
        self.errors = errors


class PlacingValidator:
    """A validator of `schema`, whose references lead into the `components` of a document."""

    def __init__(self, schema: Any, *, components: Mapping[str, Any]) -> None:
        self._components = components
        self._validator = jsonschema_rs.Draft202012Validator(
            schema if isinstance(schema, bool) else {**schema, "components": components},
            keywords=dict[str, Any](
                additionalProperties=partial(_Members, self._of_members, is_name=False),
                propertyNames=partial(_Members, self._of_members, is_name=True),
            ),
        )

    def errors(self, value: Any) -> Iterator[SchemaError]:
        """All errors of `value`. Raises ValueError where it is nested too deeply, or no text of Unicode."""
        for error in self._validator.iter_errors(value):
            place = tuple(error.instance_path)
            if isinstance(error.__cause__, _Found):
                for inner in error.__cause__.errors:
                    yield SchemaError(place=place + inner.place, cause=inner.cause, is_name=inner.is_name)
            else:
                yield SchemaError(place=place, cause=error)

    def _of_members(self, schema: Any) -> "PlacingValidator":
        return PlacingValidator(schema, components=self._components)


class _Members:
    """Either keyword, as the validator has those that are new to it."""

    def __init__(
        self,
        make: Callable[[Any], PlacingValidator],
        parent: Mapping[str, Any],
        schema: Any,
        _path: object,
        *,
        is_name: bool,
    ) -> None:
        self._is_name = is_name
        self._declared = set() if is_name else {*parent.get("properties", {})}
        self._validator = make(schema)

    def validate(self, instance: Any) -> None:
        """Raise :class:`_Found`."""
        found = [
            SchemaError(place=(name, *error.place), cause=error.cause, is_name=self._is_name or error.is_name)
            for name, value in (instance.items() if isinstance(instance, dict) else ())
            if name not in self._declared
            for error in self._validator.errors(name if self._is_name else value)
        ]
        if found:
            raise _Found(found)
