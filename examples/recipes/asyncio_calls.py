"""asyncio: call the synchronous client in a pool of threads, and limit how long to wait.

CODAT_API_KEY=... python examples/recipes/asyncio_calls.py COMPANY_ID
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import TypeVar
from uuid import uuid4

from codat_python_sdk import CodatPlatform
from codat_python_sdk.models import CodatPublicApiModelsCompanyDataConnection as Connection

T = TypeVar("T")

#: A pool of its own: the event loop's default one is shared with all other libraries. Five threads, since at
#: 0.3 seconds per request they already reach the rate limit of one IP address.
THREADS = ThreadPoolExecutor(5, thread_name_prefix="codat")


async def in_thread(call: Callable[[], T]) -> T:
    """The result of a call, made in a thread that knows the task's context variables (traces, log fields)."""
    return await asyncio.get_running_loop().run_in_executor(THREADS, copy_context().run, call)


async def create_all(codat: CodatPlatform, company_id: str, platform_keys: list[str]) -> list[Connection]:
    """A connection for each platform, created concurrently."""
    calls = [partial(codat.connections.create, company_id, key, deadline=10) for key in platform_keys]
    return await asyncio.gather(*map(in_thread, calls))


async def create_within(
    codat: CodatPlatform, company_id: str, platform_key: str, seconds: float, idempotency_key: str
) -> Connection | None:
    """A new connection, or None if it takes longer; then call again with the same key.

    Cancellation does not stop a thread: the request goes on, up to its deadline, and may take effect.
    """
    call = partial(
        codat.connections.create, company_id, platform_key, deadline=2 * seconds, idempotency_key=idempotency_key
    )
    try:
        return await asyncio.wait_for(in_thread(call), seconds)
    except asyncio.TimeoutError:
        return None


async def main(company_id: str) -> None:
    """Create two connections at once, and one within two seconds."""
    with CodatPlatform() as codat:
        for connection in await create_all(codat, company_id, ["gbol", "suuo"]):
            print(connection.platform_name, connection.status)
        limited = await create_within(codat, company_id, "aiwb", 2, str(uuid4()))
        print("no response in time" if limited is None else limited.platform_name)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
