"""The storage port and its two adapters: memory, and SQL."""
