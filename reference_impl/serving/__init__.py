"""Running the reference implementation: processes, their health, metrics and logs."""
