"""The known types of webhook events."""

from enum import Enum


class WebhookEventType(str, Enum):
    """The event types that bear on connections, companies and reads. An event's ``event_type`` is a plain str."""

    COMPANY_CREATED = "company.created"  #: a company was created
    COMPANY_DELETED = "company.deleted"  #: a company was deleted
    COMPANY_PRODUCT_ADDED = "company.product.added"  #: a product was enabled for a company
    COMPANY_PRODUCT_REMOVED = "company.product.removed"  #: a product was disabled for a company
    CONNECTION_CREATED = "connection.created"  #: a connection was created and is ``PendingAuth``
    CONNECTION_CONNECTED = "connection.connected"  #: the customer authorized it: ``PendingAuth`` to ``Linked``
    CONNECTION_FAILED = "connection.failed"  #: the customer cancelled, or linking failed; still ``PendingAuth``
    CONNECTION_DISCONNECTED = "connection.disconnected"  #: ``Linked`` to ``Unlinked`` or ``Deauthorized``
    CONNECTION_RECONNECTED = (
        "connection.reconnected"  #: ``Unlinked`` or ``Deauthorized`` to ``Linked``; possibly another business
    )
    CONNECTION_DELETED = "connection.deleted"  #: a connection was deleted
    READ_COMPLETED = "read.completed"  #: data was fetched
    READ_COMPLETED_INITIAL = "read.completed.initial"  #: data was fetched for the first time
    CLIENT_RATE_LIMIT_REACHED = "client.rateLimit.reached"  #: the daily quota is used up
    CLIENT_RATE_LIMIT_RESET = "client.rateLimit.reset"  #: the daily quota is available again
    BANK_FEEDS_SOURCE_ACCOUNT_CONNECTED = (
        "bankFeeds.sourceAccount.connected"  #: a bank feed's source account was connected
    )
    BANK_FEEDS_SOURCE_ACCOUNT_DISCONNECTED = (
        "bankFeeds.sourceAccount.disconnected"  #: a bank feed's source account was disconnected
    )

    def __str__(self) -> str:
        return self.value
