"""The reference implementation: what the contract means, in code."""
