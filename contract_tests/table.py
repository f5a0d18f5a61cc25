"""One table of a TOML file, read key by key, so that every mistake names its key and its cure."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any


class ConfigurationError(Exception):
    """A configuration that cannot be used; the message names the file, the key, and what to do."""


class Table:
    """The keys of one table; what was never asked for is refused in the end as unknown.

    Every method that reads raises :class:`ConfigurationError` for a value of the wrong type.
    """

    def __init__(self, file: str, name: str, values: Mapping[str, Any] | None) -> None:
        """`name` is the table's own, empty for the root; `values` is None where there is no such table."""
        self._file = file
        self._name = name
        self._values = dict(values or {})
        self._asked: list[str] = []
        self.is_absent = values is None

    def where(self, key: str) -> str:
        """File and key, for messages."""
        return f"{self._file}: {self._name + '.' if self._name else ''}{key}"

    def fault(self, key: str, message: str) -> ConfigurationError:
        """The error about `key`, to be raised."""
        return ConfigurationError(f"{self.where(key)}: {message}")

    def take(self, key: str) -> Any:
        """The value as it is; None where there is none."""
        self._asked.append(key)
        return self._values.get(key)

    def optional_text(self, key: str) -> str | None:
        """A string that is not empty; None where there is none."""
        value = self.take(key)
        if value is not None and (not isinstance(value, str) or not value):
            raise self.fault(key, "expected text in quotes")
        return value

    def text(self, key: str, what: str) -> str:
        """A string that has to be there; `what` says what it is."""
        value = self.optional_text(key)
        if value is None:
            raise self.fault(key, f"missing; give {what}")
        return value

    def texts(self, key: str, default: list[str]) -> list[str]:
        """A list of strings."""
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.fault(key, 'expected a list of texts: ["one", "two"]')
        return value

    def number(self, key: str, default: float) -> float:
        """A number above 0."""
        value = self.optional_number(key)
        return default if value is None else value

    def optional_number(self, key: str) -> float | None:
        """A number above 0; None where there is none."""
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < float("inf"):
            raise self.fault(key, "expected a number above 0")
        return float(value)

    def table(self, key: str) -> "Table":
        """A table within this one; an empty one where there is none."""
        value = self.take(key)
        if value is not None and not isinstance(value, dict):
            raise self.fault(key, f"expected a table: [{key}]")
        return Table(self._file, self._full(key), value)

    def tables(self, key: str) -> list["Table"]:
        """The tables of a list of them; none where there is no list."""
        value = self.take(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.fault(key, f"expected tables, each below a line [[{key}]]")
        return [Table(self._file, f"{self._full(key)}[{at}]", item) for at, item in enumerate(value)]

    def refuse(self, keys: Iterable[str], message: str) -> None:
        """Raise for any of `keys` that is there; ``{key}`` in `message` stands for it."""
        for key in keys:
            self._asked.append(key)
            if key in self._values:
                raise self.fault(key, message.format(key=key))

    def refuse_the_rest(self) -> None:
        """Raise for a key that nobody has asked for."""
        for key in self._values:
            if key not in self._asked:
                near = difflib.get_close_matches(key, self._asked, n=1)
                known = ", ".join(sorted(set(self._asked)))
                raise self.fault(
                    key, f"unknown; did you mean {near[0]}?" if near else f"unknown; known are {known}"
                )

    def _full(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key
