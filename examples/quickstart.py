"""The whole life of a connection: created, authorized by the customer, listed, unlinked, deleted."""

from __future__ import annotations

from _service import service

from codat_python_sdk import CodatPlatform, NotFoundException

with service() as (configuration, company_id, authorize), CodatPlatform(configuration=configuration) as client:
    connection = client.connections.create(company_id, platform_key="mqjo")  # Codat's own platform for tests
    print("Created:   ", connection.status)

    authorize(connection)  # with the real service the customer does this, at connection.link_url
    connection = client.connections.wait_for_status(company_id, connection.id, "Linked", timeout=600)
    print("Authorized:", connection.status)

    for listed in client.connections.iterate(company_id, order_by="-created"):
        print("Listed:    ", listed.platform_name, listed.status)

    connection = client.connections.unlink(company_id, connection.id)
    print("Unlinked:  ", connection.status)

    client.connections.delete(company_id, connection.id)
    try:
        client.connections.get(company_id, connection.id)
    except NotFoundException:
        print("Deleted:    gone")
