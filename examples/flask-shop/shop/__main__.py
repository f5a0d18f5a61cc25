"""``python -m shop``: the shop on this machine, for trying it out."""

from __future__ import annotations

import os
import socket

from werkzeug.serving import make_server

from . import create_app
from .settings import Settings


def main() -> None:
    """Serve on port ``PORT``, 5000 by default, until interrupted."""
    with socket.create_server(("127.0.0.1", int(os.environ.get("PORT", "5000")))) as listener:
        port = listener.getsockname()[1]
        settings = Settings.from_environment(shop_url=f"http://localhost:{port}")
        app = create_app(settings)
        server = make_server("127.0.0.1", port, app, threaded=True, fd=listener.fileno())
        print(f"The shop is open at {settings.shop_url}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
