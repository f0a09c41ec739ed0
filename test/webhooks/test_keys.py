"""Signing secrets: which are taken, which are refused at construction, and that none is shown."""

from __future__ import annotations

import base64
import pickle
from typing import Any

import pytest
from cases import case
from webhook_samples import BODY, KEY, OTHER_SECRET, SECRET, signed

from codat_python_sdk import ApiTypeError, ApiValueError
from codat_python_sdk.webhooks import Webhook, WebhookVerificationError

USUAL_FORMS: list[Any] = [
    SECRET,
    SECRET.rstrip("="),
    f"  {SECRET}\n",
    SECRET.encode(),
    SECRET.encode() + b"\n",
    KEY,
    bytearray(KEY),
]


def test_secret__in_its_usual_forms() -> None:
    """A secret verifies as text, with and without padding, as a file holds it, and as the bytes of the key."""
    for secret in USUAL_FORMS:
        with case(secret):
            assert Webhook(secret).verify(BODY, signed()) == "msg_1"


EMPTY: list[Any] = ["", "  ", "whsec_", "whsec_==", b"", b" ", bytearray(), ["", SECRET], []]


def test_secret__empty() -> None:
    """An unset secret fails when the receiver is made, instead of switching the check off."""
    for secret in EMPTY:
        with case(secret), pytest.raises(ApiValueError, match=r"secret"):
            Webhook(secret)


NO_SECRETS: list[tuple[str, str]] = [
    ("k3yOfTheApi0123456789ABCDEFGHijkl", "API key"),
    ("Basic a2V5", "API key"),
    (base64.b64encode(KEY).decode(), "begins with 'whsec_'"),
    (f'"{SECRET}"', "begins with 'whsec_'"),
    ("whsec_not*base64*at*all", "not base64"),
    (SECRET[:-3], "not base64"),
    ("whsec_ümläut", "not base64"),
]


def test_secret__that_cannot_be_one() -> None:
    """What cannot be a signing secret is refused at construction, and the text says why without showing it."""
    for secret, text in NO_SECRETS:
        with case(secret, text):
            with pytest.raises(ApiValueError, match=text) as caught:
                Webhook(secret)
            assert secret not in str(caught.value) and secret.removeprefix("whsec_")[:8] not in str(caught.value)
            assert caught.value.__cause__ is None and caught.value.__context__ is None


def test_secret__of_another_type() -> None:
    """Neither str nor bytes is an ApiTypeError."""
    others: list[Any] = [5, 5.0, object(), [SECRET, 5], {SECRET: 1, 2: 3}]
    for secret in others:
        with case(secret), pytest.raises(ApiTypeError, match="must be a str or bytes"):
            Webhook(secret)


def test_secret__from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an argument the environment's secret counts, also several of them."""
    for value in (SECRET, f" {SECRET} ", f"{OTHER_SECRET},{SECRET}", f"{OTHER_SECRET} {SECRET}"):
        monkeypatch.setenv("CODAT_WEBHOOK_SECRET", value)
        assert Webhook().verify(BODY, signed()) == "msg_1"


@pytest.mark.parametrize("value", [None, "", " , "])
def test_secret__not_in_the_environment(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    """An unset or empty variable is named when the receiver is made."""
    monkeypatch.delenv("CODAT_WEBHOOK_SECRET", raising=False)
    if value is not None:
        monkeypatch.setenv("CODAT_WEBHOOK_SECRET", value)
    with pytest.raises(ApiValueError, match="CODAT_WEBHOOK_SECRET"):
        Webhook()


def test_secrets__while_one_replaces_another() -> None:
    """A delivery that is signed with any of the secrets is accepted, any other one is not."""
    for secrets in ([SECRET, OTHER_SECRET], (OTHER_SECRET, SECRET), iter([OTHER_SECRET, SECRET])):
        receiver = Webhook(secrets)
        assert receiver.verify(BODY, signed()) == "msg_1"
        assert receiver.verify(BODY, Webhook(OTHER_SECRET).sign(BODY, webhook_id="m")) == "m"
        with pytest.raises(WebhookVerificationError, match="signature"):
            receiver.verify(BODY, signed(key=b"a third one"))


def locals_below(error: BaseException, folder: str = "codat_python_sdk") -> str:
    """What a reporter sees that captures the local variables of our frames, causes and contexts included."""
    shown: list[str] = []
    seen: list[BaseException] = []
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop()
        if current is None or current in seen:
            continue
        seen.append(current)
        pending += [current.__cause__, current.__context__]
        traceback = current.__traceback__
        while traceback is not None:
            if folder in traceback.tb_frame.f_code.co_filename:
                shown.append(repr(traceback.tb_frame.f_locals))
            traceback = traceback.tb_next
    return "\n".join(shown)


REFUSED: list[Any] = ["whsec_canary*", ["whsec_canary", 5], "canary", b"whsec_canary*", [SECRET, "canary"]]


def test_secret__is_in_no_local_variable() -> None:
    """No local variable of a frame of ours shows a secret that was refused."""
    for secret in REFUSED:
        with case(secret):
            with pytest.raises((ApiTypeError, ApiValueError)) as caught:
                Webhook(secret)
            shown = locals_below(caught.value)
            assert shown and "canary" not in shown and SECRET not in shown


def test_receiver__shows_no_secret() -> None:
    """Neither repr nor attributes show a secret or a key, and a receiver can be pickled."""
    receiver = Webhook([SECRET, OTHER_SECRET])
    for text in (repr(receiver), str(receiver), repr(vars(receiver))):
        assert KEY.decode() not in text and SECRET not in text
    assert repr(receiver) == "<Webhook secrets=2 tolerance=300>"
    assert pickle.loads(pickle.dumps(receiver)).verify(BODY, signed()) == "msg_1"
