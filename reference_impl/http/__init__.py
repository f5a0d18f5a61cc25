"""The HTTP adapter: ASGI parts shared by both applications, and one handler for each operation."""

import warnings

# Connexion imports Starlette's test client, which warns about the HTTP library it was written for. Nothing of
# ours uses it, and whoever starts a server can do nothing about it.
warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient` is deprecated")
