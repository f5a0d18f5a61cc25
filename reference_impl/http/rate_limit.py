"""How many requests a partner may make: counted in each process by itself."""

from __future__ import annotations

import math
import time

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from reference_impl.domain.problems import Problem


class RateLimit:
    """At most ``rate`` requests of each partner, such as `100/second` or `18000/minute`.

    A window that slides, approximated from two counters, so that its cost does not grow with the rate.
    Raises ValueError for what is no rate.
    """

    def __init__(self, rate: str) -> None:
        self._rate = parse(rate)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, partner_id: str) -> None:
        """Count a request; raises ``rate_limited``, which is not counted (HTTP-18, ERR-09)."""
        if self._limiter.hit(self._rate, partner_id):
            return
        wait = self._limiter.get_window_stats(self._rate, partner_id).reset_time - time.time()
        raise Problem(
            "rate_limited",
            f"This partner makes more than {self._rate} requests. Wait for as long as Retry-After says.",
            headers={"retry-after": str(max(1, math.ceil(wait)))},
        )
