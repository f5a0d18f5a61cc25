"""The HTTP adapter: ASGI parts shared by both applications, and one handler for each operation."""
