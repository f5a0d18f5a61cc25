"""Servers of the catalogues, run by hand until they are interrupted."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import tempfile
import textwrap
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from reference_impl.credentials import PartnerCredentials
from tests.faulty.catalogue import Start
from tests.serving import make_partners


def parser_for(names: Iterable[str], *, prog: str, description: str) -> argparse.ArgumentParser:
    """A parser of ``--list`` and of ``NAME [--port N] [--home DIR]``."""
    parser = argparse.ArgumentParser(prog=prog, description=description)
    parser.add_argument("name", nargs="?", choices=sorted(names), metavar="NAME", help="the server to run")
    parser.add_argument("--list", action="store_true", help="list them all")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    parser.add_argument("--home", type=Path, help="folder for the partners' credentials (default: a new one)")
    return parser


def list_server(requirement: str, name: str, application: str, sentence: str) -> None:
    """Write one entry of a list: the requirement that it is about, and what it was made of."""
    sys.stdout.write(f"  {requirement:<8} {name}  ({application})\n")
    sys.stdout.write(textwrap.indent(textwrap.fill(sentence, 98), " " * 11) + "\n")


def run(start: Start, *, introduction: str, port: int, home: Path | None) -> None:
    """Run a server until interrupted; say where it listens, and how it is tested."""
    home = home or Path(tempfile.mkdtemp(prefix="partners-"))
    partners = make_partners()
    folders = write_credentials(partners, home)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with start(partners, port) as server:
        words = ["stablemint", "verify", server.url]
        for folder in folders:
            words += ["--credentials", str(folder)]
        if server.ca_file is not None:
            words += ["--ca-file", str(server.ca_file)]
        sys.stdout.write(f"{introduction} Listening on {server.url}\n\n  {shlex.join(words)}\n")
        sys.stdout.flush()
        stopped.wait()


def write_credentials(partners: Mapping[str, PartnerCredentials], home: Path) -> list[Path]:
    """Write each partner's credentials as the mock server lays them out, and return the folders."""
    folders = []
    for name, partner in partners.items():
        folder = home / "partners" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "api_key").write_text(partner.api_key)
        (folder / "api_secret").write_text(partner.api_secret)
        (folder / "private_key.pem").write_bytes(partner.private_key_pem)
        folders.append(folder)
    return folders
