"""The receiver: the window of time, the order of the checks, queues, signing, and what it imports."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cases import case
from child import run_python
from webhook_samples import BODY, KEY, OTP, SECRET, VECTOR_BODY, VECTOR_ID, VECTOR_SIGNATURE, VECTOR_TIMESTAMP, signed

from codat_python_sdk import ApiTypeError, ApiValueError
from codat_python_sdk.clock import Clock, clock
from codat_python_sdk.webhooks import ConnectionEvent, Webhook, WebhookVerificationError

from .test_keys import locals_below


def refused(headers: Any, receiver: Webhook | None = None, body: bytes = BODY) -> WebhookVerificationError:
    with pytest.raises(WebhookVerificationError) as caught:
        (receiver or Webhook(SECRET)).parse(body, headers)
    return caught.value


def test_parse__of_the_known_vector(monkeypatch: pytest.MonkeyPatch) -> None:
    """The known delivery is accepted at its time."""
    monkeypatch.setattr(Clock, "wall_time", staticmethod(lambda: float(VECTOR_TIMESTAMP)))
    headers = {
        "webhook-id": VECTOR_ID,
        "webhook-timestamp": str(VECTOR_TIMESTAMP),
        "webhook-signature": VECTOR_SIGNATURE,
    }
    event = Webhook(SECRET).parse(VECTOR_BODY, headers)
    assert (event.event_type, event.webhook_id) == ("connection.connected", VECTOR_ID)


# -- time --------------------------------------------------------------------------------------------------------------


NO_NUMBERS: list[str] = [
    "123abc",
    "abc",
    "1.5",
    "1e9",
    "-5",
    "+5",
    "0x10",
    "",
    "١٢٣",
    "²",
    "9" * 40,
    "12 34",
    "NaN",
    "1_000",
]


def test_timestamp__that_is_no_number() -> None:
    """Anything but the digits of whole seconds is refused, whatever a parser of numbers would make of it."""
    for text in NO_NUMBERS:
        with case(text):
            error = refused(signed() | {"webhook-timestamp": text})
            assert error.check == ("timestamp" if text else "headers")


@pytest.mark.parametrize("seconds", [-250, 250])
def test_timestamp__within_the_tolerance(seconds: int) -> None:
    """A little early or late is accepted."""
    assert Webhook(SECRET).verify(BODY, signed(seconds=seconds)) == "msg_1"


def test_timestamp__too_old() -> None:
    """An old delivery says how old, and names the reasons."""
    error = refused(signed(seconds=-3600))
    assert error.check == "timestamp" and " s old" in str(error) and "clock is ahead" in str(error)
    assert "360" in str(error) and "300 s" in str(error)


def test_timestamp__in_the_future() -> None:
    """A delivery from the future is told apart from an old one, and says that the clock is behind."""
    error = refused(signed(seconds=3600))
    assert error.check == "timestamp" and "in the future" in str(error) and "clock is behind" in str(error)
    assert re.search(r"is from 3[56]\d\d s in the future", str(error))
    assert "old" not in str(error)


def test_timestamp__just_beyond_the_tolerance(monkeypatch: pytest.MonkeyPatch) -> None:
    """A delivery that is a fraction of a second too old is said to be older than what is allowed."""
    headers = signed(seconds=-300)
    moment = int(headers["webhook-timestamp"]) + 300.2
    monkeypatch.setattr(clock, "wall_time", lambda: moment)
    assert "is 301 s old, more than the 300 s allowed" in str(refused(headers))


def test_timestamp__by_another_tolerance() -> None:
    """The tolerance is the caller's."""
    assert Webhook(SECRET, tolerance=7200).verify(BODY, signed(seconds=-3600)) == "msg_1"
    assert refused(signed(seconds=-20), Webhook(SECRET, tolerance=5)).check == "timestamp"


def test_timestamp__when_this_clock_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text shows this machine's clock, so that an hour too much is seen at a glance."""
    now = time.time()
    monkeypatch.setattr(Clock, "wall_time", staticmethod(lambda: now + 3600))
    monkeypatch.setattr(Clock, "utc_now", staticmethod(lambda: datetime.fromtimestamp(now + 3600, timezone.utc)))
    shown = datetime.fromtimestamp(now + 3600, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert f"(it says {shown})" in str(refused(signed()))


def test_timestamp__of_a_forged_delivery() -> None:
    """Where the signature is wrong as well, it is the signature that is reported."""
    assert refused(signed(seconds=-3600, key=b"forged")).check == "signature"


NO_TOLERANCES: list[tuple[Any, type[Exception]]] = [
    (None, ApiTypeError),
    ("300", ApiTypeError),
    (True, ApiTypeError),
    (0, ApiValueError),
    (-1, ApiValueError),
]


def test_tolerance__that_cannot_be_one() -> None:
    """A tolerance is a positive number: without one, an old delivery could be sent again by anybody."""
    for tolerance, error in NO_TOLERANCES:
        with case(tolerance), pytest.raises(error, match=r"^tolerance must be a (positive )?number of seconds[,:]"):
            Webhook(SECRET, tolerance=tolerance)


# -- verify and parse --------------------------------------------------------------------------------------------------


def test_verify__returns_the_key_to_deduplicate_by() -> None:
    """Verifying alone gives the id that every attempt to deliver has in common."""
    assert Webhook(SECRET).verify(BODY, signed(webhook_id="msg_same")) == "msg_same"


def test_verify__does_not_parse() -> None:
    """A body that is no JSON can be verified, and parsing it is a matter of its own."""
    assert Webhook(SECRET).verify(b"no json", signed(b"no json")) == "msg_1"
    assert refused(signed(b"no json"), body=b"no json").check == "json"


def test_parse_unverified__reads_what_a_queue_kept() -> None:
    """A worker without the secret reads what was verified in front of the queue."""
    event = Webhook.parse_unverified(BODY, webhook_id="msg_1")
    assert isinstance(event, ConnectionEvent) and event.webhook_id == "msg_1"
    assert event == Webhook(SECRET).parse(BODY, signed())
    assert Webhook.parse_unverified(BODY).webhook_id is None
    with pytest.raises(WebhookVerificationError, match="json: the body is not"):  # of the signature it knows nothing
        Webhook.parse_unverified(b"[]")
    with pytest.raises(WebhookVerificationError, match="body"):
        Webhook.parse_unverified({})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_parse__accepts_nothing_twice_in_a_row_by_itself() -> None:
    """The receiver keeps no state: the same delivery is accepted again, so that deduplication is the caller's."""
    receiver, headers = Webhook(SECRET), signed()
    assert receiver.parse(BODY, headers) == receiver.parse(BODY, headers)


def test_refusal__holds_nothing_secret() -> None:
    """Neither the text of an error nor a local variable of ours shows the key, the secret or the body."""
    for error in (
        refused(signed(key=b"x")),
        refused(signed(seconds=9999)),
        refused({}),
        refused(signed(b"[1]"), body=b"[1]"),
    ):
        shown = f"{error!r} {error} {error.args} {locals_below(error)}"
        assert OTP not in shown and KEY.decode() not in shown and SECRET not in shown


# -- sign --------------------------------------------------------------------------------------------------------------


def test_sign__at_a_time_of_the_callers() -> None:
    """The timestamp may be a number or a date and time with a zone."""
    receiver = Webhook(SECRET)
    moment = datetime(2026, 1, 1, 1, 0, 0, 999999, timezone(timedelta(hours=1)))
    for timestamp in (VECTOR_TIMESTAMP, VECTOR_TIMESTAMP + 0.9, moment):
        headers = receiver.sign(VECTOR_BODY, webhook_id=VECTOR_ID, timestamp=timestamp)
        assert headers["webhook-signature"] == VECTOR_SIGNATURE
    with pytest.raises(ApiValueError, match="time zone"):
        receiver.sign(VECTOR_BODY, timestamp=datetime(2026, 1, 1))


def test_sign__refuses_what_is_no_time() -> None:
    """A timestamp that is neither a number nor a date and time is an ApiTypeError that names the type."""
    no_times: list[Any] = [True, "1770091506", b"1", [], 1j]
    for timestamp in no_times:
        got = type(timestamp).__name__
        with case(timestamp), pytest.raises(ApiTypeError, match=f"must be a number or a datetime, got {got}"):
            Webhook(SECRET).sign(VECTOR_BODY, timestamp=timestamp)


def test_sign__refuses_milliseconds() -> None:
    """A timestamp has at most the twelve digits that a receiver accepts; milliseconds have more."""
    receiver = Webhook(SECRET)
    assert receiver.sign(VECTOR_BODY, timestamp=999_999_999_999)["webhook-timestamp"] == "999999999999"
    for milliseconds in (VECTOR_TIMESTAMP * 1000, 10**12):
        with pytest.raises(ApiValueError, match="seconds since 1970"):
            receiver.sign(VECTOR_BODY, timestamp=milliseconds)


def test_sign__makes_what_parse_accepts() -> None:
    """What is signed here is accepted here, as text and as bytes."""
    receiver = Webhook(SECRET)
    for body in (BODY, BODY.decode(), bytearray(BODY)):
        assert receiver.parse(body, receiver.sign(body)).event_type == "connection.disconnected"


# -- imports -----------------------------------------------------------------------------------------------------------


def test_import__brings_in_no_http() -> None:
    """A process that only receives loads neither urllib3 nor anything else for the network."""
    script = (
        "import sys; from codat_python_sdk.webhooks import Webhook; receiver = Webhook('whsec_AAAA');"
        "receiver.parse(b'{}', receiver.sign(b'{}'));"
        "network = {'urllib3', 'http', 'socket', 'ssl', 'email', 'asyncio', 'codat_python_sdk.rest'};"
        "print(sorted(network & set(sys.modules)))"
    )
    done = run_python(script)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
