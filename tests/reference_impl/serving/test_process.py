"""What a process of the reference implementation asks of its machine."""

from __future__ import annotations

import resource

from reference_impl.delivery.dispatcher import MOST_IN_FLIGHT
from reference_impl.serving.process import raise_file_limit


def test_it_may_open_more_files_than_it_was_started_with() -> None:
    """As many as webhooks can be under way, where the machine allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        raise_file_limit()
        raised, unchanged = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert raised > min(MOST_IN_FLIGHT, hard - 1)
        assert unchanged == hard
        raise_file_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (raised, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
