"""The recorder: writes what came of attempts, those that end together in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reference_impl.domain.deliveries import Attempt, Delivery
from reference_impl.domain.problems import Problem
from reference_impl.storage.port import Claim, Storage, Transaction

PATIENCE = 20.0
"""Seconds for which a result is held while the store is away: less than what is left of its lease."""

_PAUSE = 0.2


@dataclass(frozen=True, slots=True)
class _Result:
    claim: Claim
    after: Delivery
    attempts: Sequence[Attempt]
    recorded: asyncio.Future[Delivery | None]
    give_up_at: float
    tried: bool = False


class Recorder:
    """Ends claims with what came of them. One event loop's."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._waiting: list[_Result] = []

    async def record(self, claim: Claim, after: Delivery, attempts: Sequence[Attempt]) -> Delivery | None:
        """End a claim with ``after``, and log what was sent; the delivery as it is then.

        None, and nothing is written, where the claim was not the latest any more. Raises
        ``service_unavailable`` where the store stays away: the delivery is then attempted again.
        """
        loop = asyncio.get_running_loop()
        recorded: asyncio.Future[Delivery | None] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self.write)
        self._waiting.append(_Result(claim, after, attempts, recorded, loop.time() + PATIENCE))
        return await recorded

    def write(self) -> None:
        """Write everything that waits to be."""
        results, self._waiting = self._waiting, []
        if results:
            self._write(results)

    def _write(self, results: list[_Result]) -> None:
        """Write results in one transaction; where one of them is at fault, each in its own."""
        try:
            with self._storage.transaction() as transaction:
                ends = [_end(transaction, result) for result in results]
        except Problem as problem:
            self._wait(results, problem)
        except Exception as error:
            if len(results) == 1:
                _refuse(results[0], error)
                return
            for result in results:
                self._write([result])
        else:
            for result, end in zip(results, ends, strict=True):
                if not result.recorded.done():
                    result.recorded.set_result(end)

    def _wait(self, results: list[_Result], problem: Problem) -> None:
        """Try again soon with those whose lease lasts."""
        loop = asyncio.get_running_loop()
        for result in results:
            if loop.time() < result.give_up_at:
                self._waiting.append(replace(result, tried=True))
            else:
                _refuse(result, problem)
        if self._waiting:
            loop.call_later(_PAUSE, self.write)


def _end(transaction: Transaction, result: _Result) -> Delivery | None:
    """End one claim, and log its attempts; the delivery as it is then."""
    delivery_id = result.claim.delivery.delivery_id
    if result.tried and any(_is_logged(transaction, delivery_id, attempt) for attempt in result.attempts):
        return transaction.delivery(delivery_id)
    end = transaction.end_claim(result.claim, result.after)
    for attempt in result.attempts if end is not None else ():
        transaction.add_attempt(delivery_id, attempt)
    return end


def _is_logged(transaction: Transaction, delivery_id: str, attempt: Attempt) -> bool:
    """Whether a commit that seemed to fail did not: the connection broke before the store could say so.

    Each attempt is signed afresh (HOOK-18), so that no two are alike.
    """
    return any(
        (each.started_at, each.request_headers) == (attempt.started_at, attempt.request_headers)
        for each in transaction.attempts(delivery_id)
    )


def _refuse(result: _Result, error: Exception) -> None:
    if not result.recorded.done():
        result.recorded.set_exception(error)
