"""The account's quota for the day: what the service last said of it, and when it is full again."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import timedelta, timezone
from itertools import count

from codat_python_sdk.clock import clock
from codat_python_sdk.dates import decode_datetime
from codat_python_sdk.exceptions import ApiTypeError
from codat_python_sdk.rate_limits import RateLimit, parse_retry_after, rate_limit_of
from codat_python_sdk.record import Record

logger: logging.Logger = logging.getLogger(__name__)

# Compiled at the first use, as the module re does it: importing the package has no need of it.
_NUMBER = r"\s*\d{1,18}(\.\d*)?\s*"
_DAY = timedelta(days=1).total_seconds()


def seconds_until_reset(reset: str | None) -> float | None:
    """Seconds until the moment in ``X-Rate-Limit-Reset``, never negative; None when it cannot be read.

    Codat does not document its format: ISO 8601, an HTTP date or a number of seconds are read.
    """
    if re.fullmatch(_NUMBER, reset or "", re.ASCII) and float(reset or 0) <= _DAY:
        return parse_retry_after(reset)  # "3600" would be a year as well
    try:
        moment = decode_datetime(reset)
    except ApiTypeError:
        return parse_retry_after(reset)
    if moment.tzinfo is None:  # the quota is reset at 00:00 UTC: Codat's documentation, Rate limits
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - clock.utc_now()).total_seconds())


class QuotaState(Record):
    """What the service last said of the quota, and until when that counts."""

    remaining: float
    limit: float
    resets_at: float  #: wall-clock time, in seconds since 1970
    rate_limit: RateLimit  #: as it was sent

    @property
    def seconds_left(self) -> float:
        """Seconds until the quota is full again."""
        return self.resets_at - clock.wall_time()


class Quota:
    """Remembers what responses say of the quota.

    What was seen is replaced as a whole, so that threads need no lock.
    """

    def __init__(self) -> None:
        self._state: QuotaState | None = None
        self._warnings = count()

    def note(self, headers: Mapping[str, str]) -> None:
        """Store what a response says. Values that are not numbers change nothing, and a WARNING says so once."""
        seen = rate_limit_of(headers) or RateLimit(None, None, None)
        limit, remaining = seen.limit or "", seen.remaining or ""
        if all(re.fullmatch(_NUMBER, text, re.ASCII) for text in (limit, remaining)):
            self._state = QuotaState(
                remaining=float(remaining), limit=float(limit), resets_at=_resets_at(seen.reset), rate_limit=seen
            )
        elif next(self._warnings) == 0:
            logger.warning(
                "quota_reserve has no effect: X-Rate-Limit-Remaining is %.50r and X-Rate-Limit-Limit is %.50r"
                "; both have to be numbers",
                seen.remaining,
                seen.limit,
            )

    def below(self, reserve: float) -> QuotaState | None:
        """What was last seen, if that was below this share of the limit and counts still; otherwise None."""
        state = self._state
        if state is None or state.remaining >= reserve * state.limit or state.seconds_left <= 0:
            return None
        return state


def _resets_at(reset: str | None) -> float:
    """When the quota is full again, as wall-clock time.

    A moment that has passed, or is more than a day ahead, cannot be right for a quota of a day. Then it is 00:00 UTC:
    Codat's documentation, Rate limits.
    """
    now = clock.wall_time()
    seconds = seconds_until_reset(reset)
    if seconds is None or not 0 < seconds <= _DAY:
        seconds = _DAY - now % _DAY
    return now + seconds
