"""What is asked of a diagnosis, and what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mockserver.diagnosis.causes import CAUSES, Cause
from reference_impl.domain.partners import Partner


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A request that was answered 401, and what the server knows beside it.

    ``code`` is the problem's; ``fields`` are the header fields by lower-case name, repeated ones joined;
    ``partner`` has the ApiKey, None where none has; ``others`` are further partners by what to call them.
    ``now`` and ``session_now`` are the two clocks, in seconds since 1970; ``method`` and ``target`` (path and
    query) are empty where they are not known.
    """

    code: str
    fields: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    partner: Partner | None
    others: Mapping[str, Partner] = field(default_factory=dict, repr=False)
    now: float
    session_now: float
    method: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One cause, and how sure it is.

    ``certain``: the request itself proves it, by a hash or padding that nothing else makes, or by a fact that
    anyone can read off it; otherwise it is the likeliest. ``evidence`` says what this request showed;
    ``further`` are the mistakes that remain when the first is mended; ``ruled_out`` the codes of the causes
    that were tried and do not apply.
    """

    cause: Cause
    certain: bool
    evidence: str = ""
    further: Sequence[Cause] = ()
    ruled_out: Sequence[str] = ()

    @property
    def is_open(self) -> bool:
        """Whether it says that the cause was not found out: such an answer is neither sure nor likely."""
        return self.cause.code in ("unknown", "unknown_string")

    def sentences(self) -> str:
        """The diagnosis in plain text, for `detail`."""
        parts = [
            f"Diagnosis{'' if self.certain or self.is_open else ', probably'}: {_sentence(self.cause.title)}",
            self.evidence,
            self.cause.cure,
            *(f"Then there is more: {_sentence(cause.title)} {cause.cure}" for cause in self.further),
        ]
        return " ".join(part for part in parts if part)

    def document(self) -> dict[str, Any]:
        """The diagnosis as a JSON object, with all that the table says of its cause."""
        return {
            "code": self.cause.code,
            "certain": self.certain,
            "title": self.cause.title,
            "evidence": self.evidence,
            "explanation": self.cause.explanation,
            "cure": self.cause.cure,
            "hints": dict(self.cause.hints),
            "further": [
                {"code": cause.code, "title": cause.title, "cure": cause.cure} for cause in self.further
            ],
            "ruledOut": list(self.ruled_out),
        }


def diagnosis_of(*codes: str, certain: bool, evidence: str = "", ruled_out: Sequence[str] = ()) -> Diagnosis:
    """The diagnosis of the causes named by ``codes``, the first being the one to mend first."""
    first, *further = (CAUSES[code] for code in codes)
    return Diagnosis(
        cause=first, certain=certain, evidence=evidence, further=tuple(further), ruled_out=tuple(ruled_out)
    )


def _sentence(title: str) -> str:
    return title if title.endswith(".") else f"{title}."
