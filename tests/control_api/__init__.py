"""The control API of the mock server, over HTTP."""
