"""The recorder: writes what came of attempts, those that end together in one transaction."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reference_impl.delivery.questions import Questions
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


_End = Delivery | None | Exception
"""What came of a result: the delivery as it is then, None where the claim was not the latest, or an error."""


class Recorder:
    """Ends claims with what came of them. One event loop's."""

    def __init__(self, storage: Storage, questions: Questions) -> None:
        self._storage = storage
        self._questions = questions
        self._waiting: list[_Result] = []
        self._one_at_a_time = asyncio.Lock()
        self._writing: asyncio.Task[None] | None = None

    async def record(self, claim: Claim, after: Delivery, attempts: Sequence[Attempt]) -> Delivery | None:
        """End a claim with ``after``, and log what was sent; the delivery as it is then.

        None, and nothing is written, where the claim was not the latest any more. Raises
        ``service_unavailable`` where the store stays away: the delivery is then attempted again.
        """
        loop = asyncio.get_running_loop()
        recorded: asyncio.Future[Delivery | None] = loop.create_future()
        self._waiting.append(_Result(claim, after, attempts, recorded, loop.time() + PATIENCE))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._keep_writing(), name="recorder")
        return await recorded

    async def write(self) -> None:
        """Write everything that waits to be, once."""
        async with self._one_at_a_time:
            results = [result for result in self._waiting if not result.recorded.done()]  # or nobody waits
            self._waiting = []
            if results:
                ends = await self._questions.ask(functools.partial(self._write, results))
                for result, end in zip(results, ends, strict=True):
                    self._tell(result, end)

    async def _keep_writing(self) -> None:
        await self.write()
        while self._waiting:
            if self._waiting[0].tried:  # in vain
                await asyncio.sleep(_PAUSE)
            await self.write()

    def _write(self, results: Sequence[_Result]) -> Sequence[_End]:
        """Write results in one transaction; where one of them is at fault, each in its own."""
        try:
            with self._storage.transaction() as transaction:
                return [_end(transaction, result) for result in results]
        except Problem as problem:
            return [problem] * len(results)
        except Exception as error:
            if len(results) == 1:
                return [error]
            return [end for result in results for end in self._write([result])]

    def _tell(self, result: _Result, end: _End) -> None:
        """Say what came of it; where the store is away and the lease lasts, it is to be tried again."""
        if result.recorded.done():
            return
        if isinstance(end, Problem) and asyncio.get_running_loop().time() < result.give_up_at:
            self._waiting.append(replace(result, tried=True))
        elif isinstance(end, Exception):
            result.recorded.set_exception(end)
        else:
            result.recorded.set_result(end)


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
