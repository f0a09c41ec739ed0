"""The known states of a connection."""

from enum import Enum


class DataConnectionStatus(str, Enum):
    """The states that Codat documents. A connection's ``status`` is a plain str, equal to one of these."""

    PENDING_AUTH = "PendingAuth"  #: made; the customer has not authorized it yet
    LINKED = "Linked"  #: authorized
    UNLINKED = "Unlinked"  #: given up by us; the customer can link it again
    DEAUTHORIZED = "Deauthorized"  #: access lost at the source; the customer can link it again

    def __str__(self) -> str:
        return self.value
