"""Network faults by chance, over HTTP and over TLS."""

from __future__ import annotations

import pytest
from authority import server_context
from fault_campaign import PAIRS, run


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_campaign__tells_the_truth(scheme: str, ca_file: str) -> None:
    """Where every operation meets every fault, and up to two more, none is lost, done twice, or reported wrongly."""
    assert run(PAIRS, tls=server_context() if scheme == "https" else None, ca_file=ca_file) == []
