"""The control API of the sandbox: what partners drive and watch it with."""
