"""Many threads and processes over one store."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from reference_impl.domain.problems import Problem
from reference_impl.domain.sessions import Session
from reference_impl.environment import Environment
from reference_impl.storage.port import Storage
from reference_impl.storage.sql import SqlStorage
from reference_impl.use_cases.sessions import Creation, create_session, read_session
from tests.reference_impl.builders import HOSTED, a_partner, a_request, a_session
from tests.reference_impl.storage.conftest import MOST_THREADS

CREATE_UNDER_SHARED_KEYS = """
import sys
from reference_impl.storage.sql import SqlStorage
from tests.reference_impl.storage.test_concurrency import create_patiently

storage = SqlStorage.connect(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for number in range(60):
    creation = create_patiently(storage, key=f"key-{number}")
    print(creation.session_id, creation.replayed)
storage.close()
"""


def create(storage: Storage, *, key: str | None) -> Creation:
    environment = Environment(
        storage=storage, public_url="http://localhost", checkout_url="http://localhost/checkout"
    )
    request = a_request() if key is None else a_request(idempotencyKey=key)
    return create_session(
        environment, partner=a_partner(), operation_id=HOSTED, request=request, represent=_represent
    )


def create_patiently(storage: Storage, *, key: str) -> Creation:
    """As a client does that is told to try again (ERR-09): a busy machine can keep a writer waiting."""
    while True:
        try:
            return create(storage, key=key)
        except Problem as problem:
            if problem.code not in {"service_unavailable", "idempotency_in_progress"}:
                raise


def _represent(session: Session) -> bytes:
    return session.session_id.encode()


def test_threads_with_one_key_make_one_session(storage: Storage) -> None:
    """IDEM-13."""
    together = threading.Barrier(MOST_THREADS)

    def one(_: int) -> Creation:
        together.wait()
        return create(storage, key="order-1")

    with ThreadPoolExecutor(MOST_THREADS) as pool:
        creations = list(pool.map(one, range(MOST_THREADS)))
    assert storage.count_sessions() == 1
    assert [creation.replayed for creation in creations].count(False) == 1
    assert len({(creation.session_id, creation.body) for creation in creations}) == 1


def test_threads_without_a_key_lose_nothing_and_read_their_own_writes(storage: Storage) -> None:
    """IDEM-14, SESS-10."""
    together = threading.Barrier(MOST_THREADS)
    environment = Environment(storage=storage, public_url="", checkout_url="")

    def several(_: int) -> set[str]:
        together.wait()
        created = {create(storage, key=None).session_id for _ in range(10)}
        for session_id in created:
            assert storage.partner_by_api_key("key_acme") is not None
            assert read_session(environment, partner=a_partner(), session_id=session_id)
        return created

    with ThreadPoolExecutor(MOST_THREADS) as pool:
        created = set[str]().union(*pool.map(several, range(MOST_THREADS)))
    assert len(created) == storage.count_sessions() == MOST_THREADS * 10


def test_a_reader_sees_no_transaction_by_halves(storage: Storage) -> None:
    """Two sessions are added and undone together: whoever looks sees both or neither."""
    stop = threading.Event()
    odd: list[int] = []

    def look() -> None:
        while not stop.is_set():
            with storage.transaction() as transaction:
                seen = [transaction.session(f"pair-{number}") is not None for number in (0, 1)]
            if seen[0] != seen[1]:
                odd.append(1)

    reader = threading.Thread(target=look)
    reader.start()
    try:
        for _ in range(50):
            try:
                with storage.transaction() as transaction:
                    transaction.add_session(a_session("pair-0"))
                    transaction.add_session(a_session("pair-1"))
                    raise InterruptedError
            except InterruptedError:
                pass
    finally:
        stop.set()
        reader.join()
    assert odd == []
    assert storage.count_sessions() == 0


def test_processes_over_one_database_make_one_session_for_each_key(url: str) -> None:
    """IDEM-13: the database decides, whichever process asks; each of them may be the one to make a file."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CREATE_UNDER_SHARED_KEYS, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    storage = SqlStorage.connect(url)
    with storage.transaction() as transaction:
        transaction.add_partner(a_partner())
    outputs = _run_together(processes)
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert storage.count_sessions() == 60
    assert len({line.split()[0] for output in outputs for line in output}) == 60
    assert sum(line.endswith("False") for output in outputs for line in output) == 60
    storage.close()


def _run_together(processes: list[subprocess.Popen[str]]) -> list[list[str]]:
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [process.communicate(timeout=60)[0].splitlines() for process in processes]
