"""The rules of the contract: pure, without I/O; clock and randomness are passed in."""
