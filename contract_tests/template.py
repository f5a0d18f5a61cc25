"""A commented ``target.toml``, filled from the folder of a local mock server where there is one."""

import json
import os
import re
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from string import Template
from typing import Final

import openapi

from .target import DRIVEN_FROM_OUTSIDE

HOME: Final = Path(".stablemint")
USUAL_URL: Final = "http://localhost:8080"
DRIVEN: Final = frozenset({"payments", "webhooks", "clock"})
NOT_CLAIMED: Final = {
    "checkout": "inspected by people, never by this",
    "durable": "as the mock server is with --state; needs `restart` below",
}


def render(home: Path, *, folder: Path) -> str:
    """The text of a ``target.toml`` to lie in `folder`, for the mock server with this `home` folder."""
    folders = sorted(path for path in (home / "partners").glob("*") if path.is_dir())
    partners = {path.name: path for path in folders} or {"demo": home / "partners" / "demo"}
    url = _url(partners.values())
    certificate = home / "tls_certificate.pem"
    ca_file = "\n# Certificates to trust beside the system's, a PEM file.\n"
    if url.startswith("https:") and certificate.exists():
        ca_file += f"ca_file = {_text(_relative(certificate, folder))}\n"
    else:
        ca_file += '# ca_file = "certificates.pem"\n'
    template = Template((resources.files(__package__) / "template.toml").read_text(encoding="utf-8"))
    return template.substitute(
        url=_text(url),
        url_text=url,
        ca_file=ca_file,
        capabilities="\n".join(_capability(name, told) for name, told in _capabilities().items()),
        partners="\n".join(
            f"[[partners]]\nname = {_text(name)}\ncredentials = {_text(_relative(path, folder))}\n"
            for name, path in partners.items()
        ),
    )


def _capabilities() -> dict[str, str]:
    known: dict[str, str] = openapi.load()["x-capabilities"]
    return {name: told for name, told in known.items() if name != "receiver"}


def _capability(name: str, told: str) -> str:
    why = f" ({NOT_CLAIMED[name]})" if name in NOT_CLAIMED else ""
    mark = "" if name in DRIVEN_FROM_OUTSIDE | DRIVEN else "# "
    return f'  {mark}"{name}",'.ljust(28) + f"# {told}{why}"


def _url(folders: Iterable[Path]) -> str:
    for folder in folders:
        try:
            text = (folder / "credentials.env").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if found := re.search(r"^STABLEMINT_URL='?(https?://[^\s']+?)/?'?$", text, re.MULTILINE):
            return found[1]
    return USUAL_URL


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _text(value: str) -> str:
    return json.dumps(value)  # a JSON string of these characters is a TOML basic string
