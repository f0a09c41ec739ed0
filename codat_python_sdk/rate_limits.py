"""A response's headers: in any case of their names, the account's quota and ``Retry-After`` in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from codat_python_sdk.clock import clock


class _AnyCase(dict[str, str]):
    """Headers that are found whatever the case of their names."""

    def __missing__(self, name: str) -> str:
        for key, value in self.items():
            if key.lower() == name.lower():
                return value
        raise KeyError(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a header, or the default."""
        try:
            return self[name]
        except KeyError:
            return default

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None


def in_any_case(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers of a response. A transport of the user's own may give them as a dict, which knows one case only."""
    return _AnyCase(headers) if headers.__class__ is dict else headers


class RateLimit(NamedTuple):
    """The account's quota as the service sent it, in texts whose format Codat does not document."""

    limit: str | None  #: requests in the period
    remaining: str | None  #: requests left
    reset: str | None  #: when the quota is full again


def rate_limit_of(headers: Mapping[str, str] | None) -> RateLimit | None:
    """The quota in a response's headers (``X-Rate-Limit-…``), or None when there is nothing about it."""
    if headers is None:
        return None
    headers = in_any_case(headers)
    limit = RateLimit(*(headers.get(f"X-Rate-Limit-{part}") for part in ("Limit", "Remaining", "Reset")))
    return limit if any(part is not None for part in limit) else None


# A gateway that adds the header to a response that has it sends two values, which arrive joined.
# Compiled at the first use, by the module re: that takes as long as a thirtieth of importing the package.
_SECONDS = r"\d{1,20}\d*(\.\d*)?(\s*,\s*\d+(\.\d*)?)*"


def parse_retry_after(text: str | None, date: str | None = None) -> float | None:
    """Seconds to wait, never negative; None for what is neither a number of seconds nor an HTTP date.

    Args:
        text: ``Retry-After``: seconds, with or without decimals (the longest of several), or a date.
        date: The response's own ``Date``. A date in ``Retry-After`` is read against it, because the clock of this
            machine may be wrong; without it against that clock.
    """
    text = (text or "").strip()
    if re.fullmatch(_SECONDS, text, re.ASCII):
        return max(float(part.strip()[:20]) for part in text.split(","))  # more digits mean "never" just as well
    until = http_date(text)
    if until is None:
        return None
    return max(0.0, until.timestamp() - (http_date(date) or clock.utc_now()).timestamp())


def http_date(text: str | None) -> datetime | None:
    """The moment in a header such as ``Date``, with its zone; None for what is no date."""
    from email.utils import parsedate_to_datetime  # imports a good part of email, for the rarer form

    try:
        moment = parsedate_to_datetime(text or "")
        # HTTP's dates are GMT, said or not. Some send another zone all the same.
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (TypeError, ValueError, OverflowError):
        return None
