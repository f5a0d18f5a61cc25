"""The contract: the OpenAPI document of payment sessions, and what loads it.

The sources are YAML and Markdown files in this folder; ``python -m openapi.bundle`` makes ``dist/`` of
them, and ``load`` reads that.
"""

from openapi.catalogue import ProblemType, Requirement, problems, requirements
from openapi.document import load, load_driver_command

__all__ = ["ProblemType", "Requirement", "load", "load_driver_command", "problems", "requirements"]
