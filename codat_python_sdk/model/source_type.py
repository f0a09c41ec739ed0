"""The known kinds of platforms."""

from enum import Enum


class SourceType(str, Enum):
    """The kinds that Codat documents. A connection's ``source_type`` is a plain str, equal to one of these."""

    ACCOUNTING = "Accounting"
    BANKING = "Banking"
    BANK_FEED = "BankFeed"
    COMMERCE = "Commerce"
    EXPENSE = "Expense"
    OTHER = "Other"
    UNKNOWN = "Unknown"

    def __str__(self) -> str:
        return self.value
