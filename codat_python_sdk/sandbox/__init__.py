"""A local, stateful stand-in for Codat's service: for trying, developing and testing.

`with Sandbox() as sandbox:` serves on a free loopback port; `codat-sandbox` serves in the foreground, and
`Sandbox.connect(url)` drives one from another process. It needs the standard library only, and the client never
imports it.
"""

from __future__ import annotations

from codat_python_sdk.sandbox._sandbox import Sandbox
from codat_python_sdk.sandbox.deliveries import Delivery, DeliveryAttempt
from codat_python_sdk.sandbox.faults import Armed
from codat_python_sdk.sandbox.messages import Request
from codat_python_sdk.sandbox.records import Contract
from codat_python_sdk.sandbox.remote import RemoteSandbox

__all__ = ["Armed", "Contract", "Delivery", "DeliveryAttempt", "RemoteSandbox", "Request", "Sandbox"]
