"""The sandbox in the foreground: `codat-sandbox`, or `python -m codat_python_sdk.sandbox`."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import sys
from typing import IO, Any
from urllib.parse import quote

from codat_python_sdk.sandbox import Request, Sandbox
from codat_python_sdk.sandbox.faults import KINDS
from codat_python_sdk.sandbox.hosts import is_loopback
from codat_python_sdk.sandbox.interrupts import Interrupts
from codat_python_sdk.sandbox.records import CONTRACTS

USAGE = """\
Codat sandbox: {url}
Dashboard:     {url}/
API key:       {api_key}
Company:       {company_id}

export CODAT_SERVER_URL={shell_url} CODAT_API_KEY={shell_key}

curl -H 'Authorization: {auth_header}' {link}

from codat_python_sdk import CodatPlatform

with CodatPlatform(api_key={key_text}, server_url={url_text}) as codat:
    connection = codat.connections.create({company_text}, platform_key="mqjo")
    print(connection.link_url)

Press Ctrl-C to stop."""
#: arguments of faults that stay text, also where they look like numbers
TEXTS = ("company_id", "connection_id", "body", "content_type")


def main(arguments: list[str] | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM.

    The exit status: 0, or 1 when the address cannot be listened on or the last state could not be stored.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.tls_key is not None and options.tls_cert is None:
        parser.error("--tls-key needs --tls-cert: without it, plain HTTP would be served")
    with Interrupts() as interrupts:
        try:
            sandbox = _make(options)
            add_faults(sandbox, options.faults)
        except (TypeError, ValueError, OSError) as error:
            parser.error(str(error))
        try:
            sandbox.start()
        except (OSError, UnicodeError) as error:
            print(f"Cannot listen on {options.host}, port {options.port}: {error}", file=sys.stderr)
            return 1
        try:
            _tell(sandbox, options)
            interrupts.wait()
        finally:
            status = _stop(sandbox)
    return status


def _stop(sandbox: Sandbox) -> int:
    try:
        sandbox.stop()
    except Exception as error:  # of a callback or of storing the state: it has ended nevertheless
        with contextlib.suppress(OSError):
            print(f"codat-sandbox: {error}", file=sys.stderr)
        return 1
    return 0


def _make(options: argparse.Namespace) -> Sandbox:
    return Sandbox(
        host=options.host, port=options.port, contract=options.contract, company_id=options.company,
        api_key=options.api_key, on_request=None if options.quiet else Printer(sys.stdout), seed=options.seed,
        quota=options.quota, redirect_url=options.redirect_url, public_url=options.public_url, state=options.state,
        strict_accounting=options.strict_accounting, ssl_context=_ssl_context(options.tls_cert, options.tls_key),
        deliver_anywhere=options.deliver_anywhere,
    )  # fmt: skip


def _tell(sandbox: Sandbox, options: argparse.Namespace) -> None:
    if not is_loopback(options.host):
        print(
            f"Warning: {options.host} is not a loopback address, others in the network can reach this.", file=sys.stderr
        )
    url = (options.public_url or sandbox.url).rstrip("/")
    text = USAGE.format(
        url=url, shell_url=shlex.quote(url), url_text=json.dumps(url),
        api_key=sandbox.api_key, shell_key=shlex.quote(sandbox.api_key), key_text=json.dumps(sandbox.api_key),
        auth_header=sandbox.auth_header, company_id=sandbox.company_id,
        link=shlex.quote(f"{url}/companies/{quote(sandbox.company_id, '')}/connections"),
        company_text=json.dumps(sandbox.company_id),
    )  # fmt: skip
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    with contextlib.suppress(OSError):  # the output is closed: it serves nevertheless
        print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)
    if options.open:
        import webbrowser

        webbrowser.open(f"{url}/")


class Printer:
    """Prints a line per request, until the output is closed.

    It writes to the file itself, past Python's buffer, whose lock a write to a full pipe would hold at the end of the
    process.
    """

    def __init__(self, stream: IO[str] | None) -> None:
        self._stream = stream  # None once it is closed, as in a process that was started without one
        self._file: int | None = None
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                self._file = stream.fileno()

    def __call__(self, request: Request) -> None:
        """Print a request."""
        if self._stream is None:
            return
        line = f"{request.line}{f' ({request.fault})' if request.fault else ''}\n"
        try:
            if self._file is None:
                self._stream.write(line)
                self._stream.flush()
            else:
                os.write(self._file, line.encode())
        except (OSError, ValueError):  # a closed pipe, a full disk, a terminal that no longer exists
            self._stream = None


def add_faults(sandbox: Sandbox, text: str) -> None:
    """Arm the faults that a text such as `fail_next:status=503,times=2;lost:operations=create+unlink` names.

    Of several that fit a request, the one named first applies.

    Raises:
        ValueError, TypeError: The text names an unknown fault, or an argument that the fault does not have.
    """
    for part in filter(None, (part.strip() for part in reversed(text.split(";")))):
        name, _, settings = part.partition(":")
        if name not in KINDS:
            raise ValueError(f"unknown fault {name!r}; known are {', '.join(KINDS)}")
        arm = getattr(sandbox, name)
        arm(**dict(_setting(pair) for pair in settings.split(",") if pair))


def _setting(pair: str) -> tuple[str, Any]:
    name, sign, value = pair.partition("=")
    if not sign:
        raise ValueError(f"expected name=value, got {pair!r}")
    name = name.strip()
    if name in ("operation", "operations"):
        return name, value.split("+")
    if name in TEXTS:
        return name, value
    value = value.strip()
    words = {"true": True, "false": False, "none": None}
    if value.lower() in words:
        return name, words[value.lower()]
    try:
        return name, float(value) if "." in value else int(value)
    except ValueError:
        return name, value


def _ssl_context(certificate: str | None, key: str | None) -> Any:
    if certificate is None:
        return None
    import ssl

    def refuse_password() -> str:  # without it, OpenSSL would ask on the terminal
        raise ValueError(f"the private key in {key or certificate} is encrypted, which is not supported")

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key, refuse_password)
    except OSError as error:
        names = certificate if key is None else f"{certificate} and {key}"
        raise ValueError(f"cannot serve HTTPS with {names}: {error}") from None
    return context


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("codat-sandbox", description="A local stand-in for Codat.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    parser.add_argument("--company", metavar="ID", help="id of the first company (default: random)")
    parser.add_argument("--api-key", metavar="KEY", help="the raw API key (default: random)")
    parser.add_argument(
        "--contract", choices=CONTRACTS, default="today", help="version of Codat's rules to apply (default: today)"
    )
    parser.add_argument(
        "--faults", metavar="SPEC", default="", help="such as 'fail_next:status=503,times=2;lost:operations=create'"
    )
    parser.add_argument("--quiet", action="store_true", help="do not print a line per request")
    parser.add_argument("--open", action="store_true", help="open the dashboard in the browser")
    parser.add_argument("--seed", metavar="TEXT", help="seed for ids and codes, to get the same ones in every run")
    parser.add_argument(
        "--quota", metavar="N", type=int, help="daily request quota, after which requests get a 429 (default: no limit)"
    )
    parser.add_argument("--state", metavar="FILE", help="keep the state in this file across restarts; it holds secrets")
    parser.add_argument(
        "--redirect-url", metavar="URL", help="URL to which the link page redirects; may contain Codat's placeholders"
    )
    parser.add_argument(
        "--public-url", metavar="URL", help="base URL in links, as others reach it (default: the address it listens on)"
    )
    parser.add_argument(
        "--strict-accounting",
        action="store_true",
        help="reject a second linked accounting or bank feeds source of a company",
    )
    parser.add_argument("--deliver-anywhere", action="store_true", help="send webhooks to other machines too")
    parser.add_argument("--tls-cert", metavar="FILE", help="serve HTTPS with this certificate chain")
    parser.add_argument("--tls-key", metavar="FILE", help="its private key (default: in the same file)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
