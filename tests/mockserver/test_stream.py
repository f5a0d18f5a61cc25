"""The stream's readers: what they get, and what one who is slow loses."""

from __future__ import annotations

import asyncio
import json

from mockserver.stream import MOST_UNREAD, Stream

CONNECTED = b": connected\n\n"


def run(number: int, stream: Stream) -> None:
    for index in range(number):
        stream.publish("thing", lambda index=index: {"index": index})  # type: ignore[misc]


def index_of(event: bytes) -> int:
    data = event.decode().split("data: ")[1]
    index: int = json.loads(data)["index"]
    return index


def test_a_slow_reader_loses_the_oldest_and_is_told_how_many() -> None:
    """And costs no more memory than what it is behind at most; one that keeps up loses nothing."""

    async def scenario() -> None:
        stream = Stream()
        slow, quick = stream.read(), stream.read()
        assert await anext(slow) == await anext(quick) == CONNECTED
        seen = []
        for index in range(MOST_UNREAD + 10):
            stream.publish("thing", lambda index=index: {"index": index})  # type: ignore[misc]
            seen.append(index_of(await anext(quick)))
        assert seen == list(range(MOST_UNREAD + 10))
        assert await anext(slow) == b'event: lost\ndata: {"lost": 10}\n\n'
        assert [index_of(await anext(slow)) for _ in range(MOST_UNREAD)] == list(range(10, MOST_UNREAD + 10))
        await slow.aclose()
        await quick.aclose()

    asyncio.run(scenario())


def test_nothing_is_described_where_nobody_reads() -> None:
    asked = []
    Stream().publish("thing", lambda: asked.append(1) or {})  # type: ignore[func-returns-value]
    assert asked == []


def test_a_reader_that_goes_away_is_forgotten() -> None:
    async def scenario() -> None:
        stream = Stream()
        reader = stream.read()
        await anext(reader)
        await reader.aclose()
        asked = []
        stream.publish("thing", lambda: asked.append(1) or {})  # type: ignore[func-returns-value]
        assert asked == []

    asyncio.run(scenario())


def test_closing_ends_who_reads_and_who_waits() -> None:
    async def scenario() -> None:
        stream = Stream()
        reader = stream.read()
        await anext(reader)
        waiting = asyncio.ensure_future(anext(reader, None))
        await asyncio.sleep(0)
        stream.close()
        await waiting
        assert [event async for event in reader] == []
        assert [event async for event in stream.read()] == [CONNECTED]

    asyncio.run(scenario())
