"""Tests of what partners' requests alone cannot bring about: payments, time, deliveries, crashes.

Each needs a driver, most a place where webhooks reach us. They register themselves as the directed tests do,
and run after those: the session clock, once moved, never comes back.
"""

from . import clock, crashes, deliveries, events, payments, readers, walking

__all__ = ["clock", "crashes", "deliveries", "events", "payments", "readers", "walking"]
