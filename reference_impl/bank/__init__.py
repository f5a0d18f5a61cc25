"""The payment processor: the port that a real one implements, and the simulated bank of the sandbox."""
