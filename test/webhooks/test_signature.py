"""The signature: the known vector, several signatures in a header, and what is skipped."""

from __future__ import annotations

import pytest
from cases import case
from webhook_samples import (
    BODY,
    KEY,
    OTHER_SECRET,
    SECRET,
    VECTOR_BODY,
    VECTOR_ID,
    VECTOR_SIGNATURE,
    VECTOR_TIMESTAMP,
    signed,
)

from codat_python_sdk.webhooks import Webhook, WebhookVerificationError
from codat_python_sdk.webhooks.signature import signature


def test_signature__is_the_known_one() -> None:
    """Secret, id, timestamp and body of the vector give its signature."""
    assert signature(KEY, VECTOR_ID, str(VECTOR_TIMESTAMP), VECTOR_BODY) == VECTOR_SIGNATURE
    assert Webhook(SECRET).sign(VECTOR_BODY, webhook_id=VECTOR_ID, timestamp=VECTOR_TIMESTAMP) == {
        "webhook-id": VECTOR_ID,
        "webhook-timestamp": str(VECTOR_TIMESTAMP),
        "webhook-signature": VECTOR_SIGNATURE,
    }


def verified(form: str) -> str:
    """The id of a delivery with such a header, in which the right signature stands for ``{}``."""
    headers = signed()
    headers["webhook-signature"] = form.replace("{}", headers["webhook-signature"])
    return Webhook(SECRET).verify(BODY, headers)


SEVERAL: list[str] = [
    "{}",
    "v1,AAAA {}",
    "{} v1,AAAA",
    "v1a,AAAA {}",
    "v2,{} {}",
    "  {}  ",
    "nonsense {}",
    "v1 {}",
    "v1,ü {}",
]


def test_signatures__several_in_one_header() -> None:
    """One signature that matches is enough; other versions and what is no signature are skipped."""
    for form in SEVERAL:
        with case(form):
            assert verified(form) == "msg_1"


JOINED: list[str] = ["v1,AAAA,{}", "{},v1,AAAA", "{}, v1,AAAA", "v1a,AAAA,{},v2,BBBB", "v1,AAAA ,{},"]


def test_signatures__of_several_headers_that_were_joined() -> None:
    """Servers and proxies join the values of headers with the same name by commas, whichever comes first."""
    for form in JOINED:
        with case(form):
            assert verified(form) == "msg_1"


def test_signature__without_padding() -> None:
    """A signature whose base64 is not padded is the same signature."""
    headers = signed()
    headers["webhook-signature"] = headers["webhook-signature"].rstrip("=")
    assert Webhook(SECRET).verify(BODY, headers) == "msg_1"


def test_signature__of_no_version_that_is_known() -> None:
    """Only other versions in the header is its own text."""
    for value in ["v1a,AAAA", "v2,AAAA v1a,BBBB", "v1", "AAAA", "V1,AAAA"]:
        with case(value):
            with pytest.raises(WebhookVerificationError, match="no signature of version v1") as caught:
                Webhook(SECRET).verify(BODY, signed() | {"webhook-signature": value})
            assert caught.value.check == "signature"


@pytest.mark.parametrize("part", ["webhook-id", "webhook-timestamp", "body"])
def test_signature__covers_every_part(part: str) -> None:
    """Another id, timestamp or body than what was signed is refused."""
    headers, body = signed(), BODY
    if part == "body":
        body = body.replace(b"Xero", b"Zero")
    elif part == "webhook-id":
        headers[part] = "msg_2"
    else:
        headers[part] = str(int(headers[part]) + 1)
    with pytest.raises(WebhookVerificationError) as caught:
        Webhook(SECRET).verify(body, headers)
    assert caught.value.check == "signature"


def test_signature__of_another_secret() -> None:
    """The secret of another consumer is a possible reason that the text names."""
    with pytest.raises(WebhookVerificationError, match="another consumer's") as caught:
        Webhook(OTHER_SECRET).verify(BODY, signed())
    assert OTHER_SECRET not in str(caught.value)


def test_sign__with_each_secret() -> None:
    """While secrets are rotated, what is signed verifies for those who have either of them."""
    headers = Webhook([SECRET, OTHER_SECRET]).sign(BODY)
    assert len(headers["webhook-signature"].split()) == 2
    for secret in (SECRET, OTHER_SECRET):
        assert Webhook(secret).verify(BODY, headers) == headers["webhook-id"]


def test_sign__makes_a_new_id_each_time() -> None:
    """Two deliveries do not share an id unless the caller says so."""
    receiver = Webhook(SECRET)
    assert receiver.sign(BODY)["webhook-id"] != receiver.sign(BODY)["webhook-id"]
