"""The bundled documents, as run time reads them."""

import json
from importlib import resources
from typing import Any


def load(name: str = "openapi") -> dict[str, Any]:
    """The bundled document called ``name``, fresh at every call: the caller may change it.

    Raises FileNotFoundError where there is no such document, or it was not bundled.
    """
    package = resources.files("openapi")
    folder = package if name == "openapi" else package / name
    document: dict[str, Any] = json.loads((folder / "dist" / "openapi.json").read_bytes())
    return document


def load_driver_command() -> dict[str, Any]:
    """The JSON Schema of what a driver command reads and writes, fresh at every call."""
    schema: dict[str, Any] = json.loads(
        (resources.files("openapi") / "sandbox" / "driver-command.schema.json").read_bytes()
    )
    return schema
