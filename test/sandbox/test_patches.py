"""What eventlet and gevent have patched. The libraries themselves are in test/ecosystem."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from codat_python_sdk.sandbox import Sandbox

LIBRARIES = [
    ("eventlet", "patcher", "is_monkey_patched", "thread"),
    ("gevent", "monkey", "is_module_patched", "threading"),
]


def pretend(monkeypatch: pytest.MonkeyPatch, library: tuple[str, str, str, str], patched: set[str]) -> None:
    name, module, function, threads = library
    names = {threads if name == "threads" else name for name in patched}
    monkeypatch.setitem(sys.modules, f"{name}.{module}", SimpleNamespace(**{function: names.__contains__}))


@pytest.mark.parametrize("library", LIBRARIES, ids=["eventlet", "gevent"])
@pytest.mark.parametrize(
    ("patched", "missing"),
    [({"threads"}, "socket and select"), ({"threads", "select"}, "socket"), ({"threads", "socket"}, "select")],
    ids=["threads", "select", "socket"],
)
def test_start__with_sockets_that_block_all_greenlets(
    monkeypatch: pytest.MonkeyPatch, library: tuple[str, str, str, str], patched: set[str], missing: str
) -> None:
    """It is refused in words in place of a process that hangs."""
    pretend(monkeypatch, library, patched)
    with pytest.raises(RuntimeError, match=rf"^{library[0]} has patched threads, but not {missing}: "):
        Sandbox().start()


@pytest.mark.parametrize("library", LIBRARIES, ids=["eventlet", "gevent"])
@pytest.mark.parametrize(
    "patched", [set[str](), {"socket", "select"}, {"threads", "socket", "select"}], ids=["nothing", "sockets", "all"]
)
def test_start__with_all_or_no_threads_patched(
    monkeypatch: pytest.MonkeyPatch, library: tuple[str, str, str, str], patched: set[str]
) -> None:
    """Real threads, and greenlets with sockets of their own, serve."""
    pretend(monkeypatch, library, patched)
    with Sandbox() as sandbox:
        assert sandbox.url
