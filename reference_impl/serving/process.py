"""A process of the reference implementation: web, dispatcher, or both at once for a simulation.

``python -m reference_impl.serving.process ROLE --lifeline FD [--listen FD …]`` is what the supervisor runs.
Settings come by the environment. The lifeline is a socket: the process writes a byte to it once it is ready,
and stops as at SIGTERM when its other end is closed, so that nobody serves on when the supervisor was killed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import gc
import resource
import signal
import socket
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from reference_impl.credentials import public_pem
from reference_impl.delivery.dispatcher import Dispatcher
from reference_impl.delivery.sender import Sender
from reference_impl.domain.problems import Problem
from reference_impl.driven import Driven
from reference_impl.failures import describe
from reference_impl.serving import assembly, logs
from reference_impl.serving.metrics import Metrics
from reference_impl.serving.observation import Observation
from reference_impl.serving.roles import Role
from reference_impl.serving.web import WebServer
from reference_impl.settings import Settings, SettingsError, load_settings
from reference_impl.storage.sql import SqlStorage
from reference_impl.use_cases.webhook_keys import signing_key

READY = b"R"

_ALLOCATIONS_PER_COLLECTION = 10_000
"""A request leaves hardly any cycles behind; at Python's own 700, it is collected several times for each."""

_MOST_FILES = 65_536

_KEY_LIFETIME = 10.0
"""Seconds for which the key that signs webhooks is taken for granted."""


class Lifeline:
    """The child's end of the socket to its supervisor."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        connection.setblocking(False)

    def tell_ready(self) -> None:
        """Say that this process does its work now."""
        with contextlib.suppress(OSError):
            self._connection.send(READY)

    async def until_end(self) -> None:
        """Return at SIGTERM or SIGINT, or when the supervisor is gone."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ended.set)
        loop.add_reader(self._connection, ended.set)  # the supervisor writes nothing: it is the end
        await ended.wait()
        loop.remove_reader(self._connection)


async def run(
    role: Role, settings: Settings, *, lifeline: Lifeline, listeners: Sequence[socket.socket]
) -> None:
    """Do the role's work until the lifeline ends. Raises OSError and SettingsError where it cannot begin."""
    logs.configure_loop(asyncio.get_running_loop())
    storage = assembly.open_storage(settings)
    try:
        match role:
            case Role.WEB:
                await _serve(settings, storage, lifeline, listeners)
            case Role.DISPATCH:
                await _dispatch(settings, storage, lifeline)
            case Role.SIMULATION:
                await _simulate(settings, storage, lifeline, listeners)
    finally:
        storage.close()


async def _serve(
    settings: Settings,
    storage: SqlStorage,
    lifeline: Lifeline,
    listeners: Sequence[socket.socket],
) -> None:
    from reference_impl.application import build  # a dispatcher does without a web framework

    metrics = Metrics()
    environment = assembly.make_environment(settings, storage=storage, announce=metrics.note)
    app = build(environment, rate_limit=assembly.make_rate_limit(settings))
    server = WebServer(Observation(app, metrics=metrics), settings, ready=functools.partial(_begin, lifeline))
    await _serve_until_end(server, lifeline, listeners)


async def _dispatch(settings: Settings, storage: SqlStorage, lifeline: Lifeline) -> None:
    metrics = Metrics()
    environment = assembly.make_environment(settings, storage=storage, announce=metrics.note)
    async with assembly.make_sender(settings, storage) as sender:
        dispatcher = Dispatcher(environment, sender)
        running = asyncio.create_task(dispatcher.run(), name="dispatcher")
        following = asyncio.create_task(_follow_signing_key(sender, storage), name="signing key")
        _begin(lifeline)
        await lifeline.until_end()
        following.cancel()
        dispatcher.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(settings.shutdown_grace):
                await running
                await dispatcher.finish_attempts()
        await dispatcher.break_off()


async def _simulate(
    settings: Settings,
    storage: SqlStorage,
    lifeline: Lifeline,
    listeners: Sequence[socket.socket],
) -> None:
    from reference_impl.application import build

    metrics = Metrics()
    sender = assembly.make_sender(settings, storage)
    driven = Driven(
        assembly.make_environment(settings, storage=storage, announce=metrics.note),
        sender=sender,
        webhook_public_key=public_pem(sender.key).decode("ascii"),
    )
    token = settings.control_token
    app = build(
        driven.environment,
        rate_limit=assembly.make_rate_limit(settings),
        driven=driven,
        control_token=token.get_secret_value() if token else None,
    )
    server = WebServer(Observation(app, metrics=metrics), settings, ready=functools.partial(_begin, lifeline))
    await driven.start()
    try:
        await _serve_until_end(server, lifeline, listeners)
    finally:
        await driven.stop()


def _begin(lifeline: Lifeline) -> None:
    """Tell that the process works from now on: all that it was made of stays."""
    # The collector need not walk through it again and again, which took a tenth of the time of a request.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS_PER_COLLECTION)
    lifeline.tell_ready()


async def _follow_signing_key(sender: Sender, storage: SqlStorage) -> None:
    """Sign with the key whose turn it is, whoever rotates it."""
    while True:
        await asyncio.sleep(_KEY_LIFETIME)
        try:
            sender.key = await asyncio.to_thread(signing_key, storage, now=datetime.now(UTC))
        except Problem:  # the store does not answer: the next time, then
            continue
        except Exception as error:
            logs.log.error("the key that signs could not be read: %s", describe(error))


async def _serve_until_end(server: WebServer, lifeline: Lifeline, listeners: Sequence[socket.socket]) -> None:
    serving = asyncio.create_task(server.serve_on(listeners), name="web server")
    ended = asyncio.create_task(lifeline.until_end(), name="lifeline")
    await asyncio.wait((serving, ended), return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
    ended.cancel()


def raise_file_limit() -> None:
    """Let this process open as many files as the machine allows: each connection is one.

    What a login shell or a service is given is often 1024: a dispatcher's webhooks alone can be more.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main(argv: Sequence[str] | None = None) -> int:
    """Run as a process; 1 where it cannot begin, with the reason in the log."""
    parser = argparse.ArgumentParser(prog="reference_impl.serving.process")
    parser.add_argument("role", type=Role)
    parser.add_argument("--lifeline", type=int, required=True)
    parser.add_argument("--listen", type=int, nargs="*", default=[])
    arguments = parser.parse_args(argv)
    try:
        settings = load_settings({})
        logs.configure(settings.log_level, process=arguments.role)
        raise_file_limit()
        asyncio.run(
            run(
                arguments.role,
                settings,
                lifeline=Lifeline(socket.socket(fileno=arguments.lifeline)),
                listeners=[socket.socket(fileno=number) for number in arguments.listen],
            )
        )
    except (OSError, SettingsError) as error:
        logs.log.critical("cannot start: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
