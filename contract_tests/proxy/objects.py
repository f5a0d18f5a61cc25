"""What goes by as JSON, one object a line, for programs that read along."""

import json
import time
from typing import Any

from .record import Fault, Record
from .report import Lines, Stream, as_json


class Objects(Lines):
    """Tells what :class:`Lines` tells, each as an object with its ``event``."""

    def __init__(self, stream: Stream, *, target: str) -> None:
        super().__init__(stream, colour=False)
        self._target = target

    def say(self, text: str) -> None:
        """What is about no exchange."""
        self.write("notice", message=text)

    def passed(self, what: str, became: str, faults: list[Fault]) -> None:
        """An exchange, masked already."""
        told = [
            {"side": str(fault.side), "requirement": fault.requirement, "message": fault.message}
            for fault in faults
        ]
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.write("exchange", at=moment, request=what, became=became, faults=told)

    def summary(self, record: Record) -> None:
        """Everything that was seen: what the report in a file holds."""
        self.write("summary", **as_json(record, target=self._target))

    def write(self, event: str, **members: Any) -> None:
        """One object; ASCII alone, so that nothing in it steers a terminal."""
        self._write(json.dumps({"event": event, **members}))
