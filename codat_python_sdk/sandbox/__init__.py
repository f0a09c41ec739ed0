"""A local, stateful stand-in for Codat's company-connection endpoints: for trying, developing and testing.

`with Sandbox() as sandbox:` serves on a free loopback port; `python -m codat_python_sdk.sandbox` serves in
the foreground. It needs the standard library only, and the client never imports it.
"""

from __future__ import annotations

from codat_python_sdk.sandbox._sandbox import Sandbox
from codat_python_sdk.sandbox.messages import Request
from codat_python_sdk.sandbox.records import Contract

__all__ = ["Contract", "Request", "Sandbox"]
