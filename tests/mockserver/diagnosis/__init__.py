"""Why a request was refused, as the mock server explains it."""
