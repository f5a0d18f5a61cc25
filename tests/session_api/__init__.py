"""What the session API must show on the wire, on both applications."""
