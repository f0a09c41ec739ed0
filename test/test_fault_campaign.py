"""Network faults by chance, over HTTP and over TLS."""

from __future__ import annotations

import pytest
from authority import server_context
from fault_campaign import run


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_campaign__tells_the_truth(scheme: str, ca_file: str) -> None:
    """In 480 calls with up to three faults each, none is lost, takes effect twice, or is reported wrongly."""
    assert run(480, tls=server_context() if scheme == "https" else None, ca_file=ca_file) == []
