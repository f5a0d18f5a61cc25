"""How applications that measure the machine are served: as ours are, so that only what they do differs."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any

import uvicorn


def configure(application: Any) -> uvicorn.Config:
    """uvicorn, set as `mockserver.server` sets it, which a test compares, and the reference too."""
    return uvicorn.Config(
        application,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
    )


def serve(settings: uvicorn.Config) -> None:
    """Serve on a free port of 127.0.0.1, which is printed; until SIGTERM."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    asyncio.run(uvicorn.Server(settings).serve(sockets=[listener]))
