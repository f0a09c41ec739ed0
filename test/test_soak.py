"""A short soak: what a long one measures stays flat from the first part on, and its processes end with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from soak import soak_client, soak_sandbox

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system has no /proc")

#: What a short run may add: arenas of the allocator, and caches that are still filling.
MEMORY = 16 * 1024


def test_soak__of_the_client() -> None:
    """Calls of twenty threads, a tenth of them with a fault, leave no files, threads or memory behind."""
    samples, ends = soak_client(500, 20)
    assert sum(ends.values()) == 500
    assert ends["ANOTHER CALL'S RESPONSE"] == 0
    assert samples[-1].blocks <= 1.05 * samples[0].blocks
    assert samples[-1].threads <= samples[0].threads + 1
    assert samples[-1].files <= samples[0].files + 50
    assert samples[-1].kib <= samples[0].kib + MEMORY


def test_soak__of_the_sandbox() -> None:
    """Requests, and connections that break in the middle of one, leave no threads, files or memory in the sandbox."""
    samples, ends = soak_sandbox(500, 50)
    assert ends == {"200": 500, "broken": 50}
    assert samples[-1].threads <= samples[0].threads + 2
    assert samples[-1].files <= samples[0].files + 2
    assert samples[-1].kib <= samples[0].kib + MEMORY
