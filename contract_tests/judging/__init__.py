"""What an answer must be.

Judged from the request as sent and the answer as received, for every layer alike.
"""

from collections.abc import Callable

from ..wire import Exchange

Check = Callable[[str, bool, Exchange | None, str], bool]
"""Records whether a requirement held in an exchange, and what was expected.

``check(id, truth, exchange, expected)``.
"""
