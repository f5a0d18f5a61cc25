"""Why a request was refused: one table of causes, and a detector that names one of them.

It runs on the mock server alone, and only after a request was answered 401. ``CAUSES`` is the table,
``with_diagnoses`` puts the detector behind an API, ``diagnosis_in`` finds a diagnosis for a log or a page.
"""

from mockserver.diagnosis.causes import CAUSES, Cause
from mockserver.diagnosis.detector import diagnose
from mockserver.diagnosis.diagnosis import Diagnosis, Refusal
from mockserver.diagnosis.gatekeeper import DiagnosingGatekeeper, with_diagnoses
from mockserver.diagnosis.surroundings import Surroundings, diagnosis_in

__all__ = [
    "CAUSES",
    "Cause",
    "DiagnosingGatekeeper",
    "Diagnosis",
    "Refusal",
    "Surroundings",
    "diagnose",
    "diagnosis_in",
    "with_diagnoses",
]
