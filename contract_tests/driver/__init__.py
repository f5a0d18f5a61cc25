"""Drivers: what plays payments at a target, moves its session clock and says where its webhooks go.

Three kinds: the control API of `openapi/sandbox/` over HTTP, any command that speaks lines of JSON, and none.
"""

from .command import Command
from .control_api import ControlApi
from .port import Driver, DriverError, Refused
from .restart import Restart

__all__ = ["Command", "ControlApi", "Driver", "DriverError", "Refused", "Restart"]
