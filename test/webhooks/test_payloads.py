"""What the events carry: every documented key has a field."""

from __future__ import annotations

from typing import Any

from cases import case
from webhook_samples import COMPANY, CONNECTION

from codat_python_sdk.decoders import decoder_of
from codat_python_sdk.model_utils import Model
from codat_python_sdk.values import to_json
from codat_python_sdk.webhooks import (
    CompanyProductPayload,
    ConnectionPayload,
    RateLimitPayload,
    ReadDataType,
    ReadPayload,
)

WHEN = "2026-02-03T04:05:06Z"
SAMPLES: dict[type[Model], dict[str, Any]] = {
    ConnectionPayload: {"referenceCompany": COMPANY, "connection": CONNECTION},
    CompanyProductPayload: {
        "id": "c", "name": "n", "description": "d", "productId": "p", "productName": "q", "products": ["p"]
    },
    ReadDataType: {
        "connectionId": "c", "dataType": "invoices", "recordsModified": True, "status": "Complete", "issues": [{"a": 1}]
    },
    ReadPayload: {"referenceCompany": COMPANY, "modifiedFromDate": WHEN, "dataTypes": [{"dataType": "invoices"}]},
    RateLimitPayload: {"dailyQuota": 1000, "quotaRemaining": 0, "expiryDate": WHEN},
}  # fmt: skip


def test_payload__has_a_field_for_every_key() -> None:
    """A full sample is read without an unknown key, and written as it was."""
    for cls, sample in SAMPLES.items():
        with case(cls):
            read = decoder_of((cls,))(sample)
            assert sorted(cls.attribute_map.values()) == sorted(sample)
            assert all(name in read for name in cls.attribute_map)
            assert decoder_of((cls,))(to_json(read)) == read


def test_payload__may_be_empty_or_null() -> None:
    """Nothing is required, null is accepted everywhere, and unknown keys are kept."""
    for cls, sample in SAMPLES.items():
        with case(cls):
            for data in ({}, dict.fromkeys(sample), {"new": 1}):
                read = decoder_of((cls,))(data)
                assert all(read[name] is None for name in cls.attribute_map)
            assert read["new"] == 1
