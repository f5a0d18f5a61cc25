"""The command line. It may import every room, each only when its subcommand runs; nothing imports it."""
