"""gevent and eventlet replace the sockets of the standard library; they have to do so before this package is loaded."""

from __future__ import annotations

import _socket
import socket
import sys
from typing import Any

from codat_python_sdk.exceptions import ApiValueError

_WAS_PATCHED = _socket.socket not in socket.socket.__mro__  # when this module was loaded


def check_patching() -> None:
    """Refuse to work where sockets were replaced too late: what was loaded before does not wait as greenlets do.

    Raises:
        ApiValueError: They were.
    """
    if _WAS_PATCHED:
        return
    monkey: Any = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.is_module_patched("socket"):
        raise ApiValueError("gevent.monkey.patch_all() was called too late; call it before the first client is created")
    patcher: Any = sys.modules.get("eventlet.patcher")
    if patcher is not None and patcher.is_monkey_patched("socket"):
        raise ApiValueError("eventlet.monkey_patch() was called too late; call it before the first client is created")
