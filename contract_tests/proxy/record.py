"""What was observed of each requirement, and of whom; secrets and identity data are masked at once."""

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import openapi

from ..ledger import Breach, Ledger
from ..wire import Exchange, Headers

KEPT_BREACHES: Final = 20
"""Of each requirement; what comes after is counted and not kept."""
KEPT_SECRETS: Final = 2_000
SHORTEST_SECRET: Final = 5
"""Characters; what is shorter is masked where it stands alone, or every other word would be."""
SECRET_FIELDS: Final = frozenset(
    {
        *("apikey", "signature", "stablemint-signature", "authorization", "proxy-authorization"),
        *("cookie", "set-cookie"),
    }
)
PRIVATE_MEMBERS: Final = frozenset(
    {
        *("userId", "userEmail", "userKyc", "blockchainDestinationAddress", "customFields"),
        *("customerEmail", "customerFullName", "customerResidenceAddress", "customerCitizenshipCountryCode"),
        *("customerId", "ibanMasked", "debtorAccount"),
    }
)
UNSPOKEN: Final = PRIVATE_MEMBERS - {"customFields", "customerId"}
"""Whose values are masked wherever they come up again, under whatever name."""
MASKED: Final = "<masked>"


class Side(StrEnum):
    """Who has to keep a requirement."""

    PARTNER = "partner"
    IMPLEMENTATION = "implementation"
    RECEIVER = "receiver"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One requirement seen broken, for the live lines."""

    side: Side
    requirement: str
    message: str


@dataclass(kw_only=True)
class Record:
    """Observations by side and requirement. For use by one thread."""

    ledgers: Mapping[Side, Ledger] = field(
        default_factory=lambda: {side: Ledger(selected=frozenset(openapi.requirements())) for side in Side}
    )
    counts: dict[tuple[Side, str], int] = field(default_factory=dict)
    exchanges: int = 0
    unjudged: int = 0
    _secrets: dict[str, None] = field(default_factory=dict, repr=False)
    _longest_first: tuple[str, ...] | None = field(default=None, repr=False)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was seen broken."""
        return not self.counts

    def observer(self, side: Side, exchange: Exchange, tell: Callable[[Fault], None]) -> "Observer":
        """Records what is seen of one exchange."""
        return Observer(record=self, side=side, exchange=exchange, tell=tell)

    def learn(self, exchange: Exchange) -> None:
        """Remember what of this exchange must appear in no report, wherever it comes up again."""
        keys = [value for name, value in exchange.request.headers if name.lower() == "apikey"]
        answer = exchange.answer
        bodies = (exchange.request.body, answer.body if answer is not None else None)
        for secret in (*keys, *(value for body in bodies for value in _private_values(body))):
            if len(secret) >= SHORTEST_SECRET and secret not in self._secrets:
                self._secrets[secret] = None
                self._longest_first = None
        while len(self._secrets) > KEPT_SECRETS:
            del self._secrets[next(iter(self._secrets))]

    def mask(self, text: str) -> str:
        """`text` without anything that was learnt."""
        if self._longest_first is None:
            self._longest_first = tuple(sorted(self._secrets, key=len, reverse=True))
        for secret in self._longest_first:
            text = text.replace(secret, MASKED)
        return text

    def masked(self, exchange: Exchange) -> Exchange:
        """The exchange as a report may show it: bodies that are JSON, written anew without private values."""
        request, answer = exchange.request, exchange.answer
        shown = dataclasses.replace(
            request,
            path=self.mask(request.path),
            headers=self._masked_headers(request.headers),
            body=self._masked_body(request.body) if request.body is not None else None,
        )
        if answer is None:
            return Exchange(request=shown, answer=None, failure=self.mask(exchange.failure or "no answer"))
        return Exchange(
            request=shown,
            answer=dataclasses.replace(
                answer,
                reason=self.mask(answer.reason),
                headers=self._masked_headers(answer.headers),
                body=self._masked_body(answer.body),
            ),
        )

    def _masked_headers(self, headers: Headers) -> Headers:
        return tuple(
            (name, MASKED if name.lower() in SECRET_FIELDS else self.mask(value)) for name, value in headers
        )

    def _masked_body(self, body: bytes) -> bytes:
        if not body:
            return body
        try:
            shown = self._without_private(json.loads(body))
        except (ValueError, RecursionError):
            return f"<{len(body):,} bytes that are no JSON>".encode()
        return json.dumps(shown, ensure_ascii=False).encode("utf-8", "replace")

    def _without_private(self, value: Any, *, within: bool = False) -> Any:
        if isinstance(value, dict):
            return {
                self.mask(name): self._without_private(member, within=within or name in PRIVATE_MEMBERS)
                for name, member in value.items()
            }
        if isinstance(value, list):
            return [self._without_private(item, within=within) for item in value]
        if within:
            return value if value is None else MASKED
        return self.mask(value) if isinstance(value, str) else value


@dataclass(frozen=True, kw_only=True)
class Observer:
    """Records what is seen of one exchange, on one side."""

    record: Record
    side: Side
    exchange: Exchange
    tell: Callable[[Fault], None]
    found: list[str] = field(default_factory=list)

    def check(self, requirement: str, truth: bool, exchange: Exchange | None, expected: str) -> bool:
        """A :data:`~contract_tests.judging.Check` of this exchange."""
        if truth:
            self.record.ledgers[self.side].kept(requirement)
        else:
            self.broken(requirement, f"expected {expected}")
        return truth

    def broken(self, requirement: str, message: str) -> None:
        """Record a breach, and tell of it."""
        record, key = self.record, (self.side, requirement)
        message = record.mask(message)
        self.found.append(requirement)
        record.counts[key] = record.counts.get(key, 0) + 1
        if record.counts[key] <= KEPT_BREACHES:
            record.ledgers[self.side].broken(
                Breach(
                    requirement=requirement,
                    test="proxy",
                    message=message,
                    exchange=record.masked(self.exchange),
                )
            )
        self.tell(Fault(side=self.side, requirement=requirement, message=message))


def _private_values(body: bytes | None) -> list[str]:
    try:
        return list(_private(json.loads(body or b"null"), within=False))
    except (ValueError, RecursionError):
        return []


def _private(value: Any, *, within: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _private(member, within=within or name in UNSPOKEN)
    elif isinstance(value, list):
        for item in value:
            yield from _private(item, within=within)
    elif within and isinstance(value, str):
        yield value
