"""Why a request was answered 401."""

from __future__ import annotations

from mockserver.diagnosis.diagnosis import Diagnosis, Refusal
from mockserver.diagnosis.effort import Effort
from mockserver.diagnosis.headers import (
    diagnose_malformed_timestamp,
    diagnose_missing,
    diagnose_unknown_key,
    diagnose_window,
)
from mockserver.diagnosis.signatures import diagnose_signature


def diagnose(refusal: Refusal, *, effort: Effort | None = None) -> Diagnosis:
    """The cause of a 401, or that it is unknown and what was ruled out; only for requests that were refused.

    Neither the secret nor the string that should have been signed nor its signature is in what comes back
    (AUTH-14), and of the body no more than ``excerpts`` shows. The work is bounded by ``Effort``.
    """
    match refusal.code:
        case "missing_credentials":
            return diagnose_missing(refusal)
        case "unknown_api_key":
            return diagnose_unknown_key(refusal)
        case "malformed_timestamp":
            return diagnose_malformed_timestamp(refusal)
        case "timestamp_out_of_window":
            return diagnose_window(refusal)
        case "invalid_signature" if refusal.partner is not None:
            return diagnose_signature(refusal, refusal.partner, effort or Effort())
    raise ValueError(f"{refusal.code} is not a refusal that can be diagnosed")
