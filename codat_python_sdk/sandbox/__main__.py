"""The sandbox in the foreground: `python -m codat_python_sdk.sandbox`."""

# a command prints

from __future__ import annotations

import argparse
import ipaddress
import signal
import sys
import threading
from typing import Any

from codat_python_sdk.sandbox import Request, Sandbox

FAULTS = ("fail_next", "reset", "lost", "cut", "stall", "drip", "junk")
USAGE = """\
Codat sandbox: {url}
API key:       {api_key}
Company:       {company_id}

export CODAT_SERVER_URL={url} CODAT_API_KEY={api_key}

from codat_python_sdk import CodatPlatform

with CodatPlatform(api_key="{api_key}", server_url="{url}") as codat:
    connection = codat.connections.create("{company_id}", platform_key="mqjo")
    print(connection.link_url)

Press Ctrl-C to stop."""


def main(arguments: list[str] | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM. The exit status: 0, or 1 when the address cannot be listened on."""
    parser = _parser()
    options = parser.parse_args(arguments)
    on_request = None if options.quiet else _print
    try:
        sandbox = Sandbox(
            host=options.host, port=options.port, contract=options.contract,
            company_id=options.company, api_key=options.api_key, on_request=on_request,
        )  # fmt: skip
        add_faults(sandbox, options.faults)
    except (TypeError, ValueError) as error:
        parser.error(str(error))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _serve(sandbox, options.host, options.port)
    except KeyboardInterrupt:
        return 0
    finally:
        sandbox.stop()


def _serve(sandbox: Sandbox, host: str, port: int) -> int:
    try:
        sandbox.start()
    except OSError as error:
        print(f"Cannot listen on {host}, port {port}: {error}", file=sys.stderr)
        return 1
    if not _is_loopback(host):
        print(f"Warning: {host} is not a loopback address, others in the network can reach this.", file=sys.stderr)
    print(USAGE.format(url=sandbox.url, api_key=sandbox.api_key, company_id=sandbox.company_id), flush=True)
    threading.Event().wait()
    return 0


def add_faults(sandbox: Sandbox, text: str) -> None:
    """Ask for the faults that a text such as `fail_next:status=503,times=2;lost:operations=create+unlink` names.

    Raises:
        ValueError, TypeError: The text names an unknown fault, or an argument that the fault does not take.
    """
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, _, settings = part.partition(":")
        if name not in FAULTS:
            raise ValueError(f"unknown fault {name!r}; known are {', '.join(FAULTS)}")
        ask = getattr(sandbox, name)
        ask(**dict(_setting(pair) for pair in settings.split(",") if pair))


def _setting(pair: str) -> tuple[str, Any]:
    name, sign, value = pair.partition("=")
    if not sign:
        raise ValueError(f"expected name=value, got {pair!r}")
    if name == "operations":
        return name, value.split("+")
    words = {"true": True, "false": False, "none": None}
    if value.lower() in words:
        return name, words[value.lower()]
    try:
        return name, float(value) if "." in value else int(value)
    except ValueError:
        return name, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m codat_python_sdk.sandbox", description="A local stand-in for Codat.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    parser.add_argument("--company", metavar="ID", help="id of the first company (default: a random one)")
    parser.add_argument("--api-key", metavar="KEY", help="the raw API key (default: a random one)")
    parser.add_argument("--contract", choices=("today", "2021"), default="today", help="whose rules (default: today)")
    parser.add_argument(
        "--faults", metavar="SPEC", default="", help="such as 'fail_next:status=503,times=2;lost:operations=create'"
    )
    parser.add_argument("--quiet", action="store_true", help="do not print a line for each request")
    return parser


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _print(request: Request) -> None:
    print(request.line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
