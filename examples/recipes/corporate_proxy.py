"""A proxy and a corporate certificate authority: a client for a network that replaces certificates.

    export CODAT_API_KEY=... HTTPS_PROXY=http://user:password@proxy.corp.example:3128
    python examples/recipes/corporate_proxy.py /etc/ssl/corporate-ca.pem COMPANY_ID

Percent-encode `@`, `:` and `/` in the proxy's password.
"""

from __future__ import annotations

import ssl
import sys

from codat_python_sdk import ApiException, CodatPlatform


def client_behind_proxy(ca_file: str | None = None, proxy: str | None = None) -> CodatPlatform:
    """A client that trusts the authority in a PEM file; without one, what the operating system trusts.

    The proxy is that of HTTPS_PROXY and NO_PROXY unless one is given.
    """
    codat = CodatPlatform()
    settings = codat.api_client.configuration
    settings.proxy = proxy
    if ca_file is None:
        # Not certifi's authorities, but the system's, where a company installs its own.
        settings.ssl_context = ssl.create_default_context()
    else:
        settings.ssl_ca_cert = ca_file
    return codat


def main(ca_file: str, company_id: str) -> None:
    """List the connections of a company, or say what stands in the way."""
    with client_behind_proxy(ca_file) as codat:
        try:
            for connection in codat.connections.iterate(company_id):
                print(connection.platform_name, connection.status)
        except ApiException as error:
            sys.exit(str(error))  # names the proxy, and the variable that it comes from


if __name__ == "__main__":
    main(*sys.argv[1:])
