"""The options of a call, under the names of both layers."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from cases import case

from codat_python_sdk import ApiTypeError, ApiValueError, RetryPolicy
from codat_python_sdk.call_options import CallOptions, KeyedCallOptions, KeyedRequestOptions
from codat_python_sdk.operations import connections as operations
from codat_python_sdk.options import (
    CALL_API,
    GENERATED,
    HIGH_LEVEL,
    Options,
    checked_options,
    unknown_keyword,
)


def test_names__are_those_that_type_checkers_see() -> None:
    """Each option that a signature has can be given, and no other."""
    assert {*CallOptions.__annotations__, *KeyedCallOptions.__annotations__} == set(GENERATED.fields)
    keyed = KeyedRequestOptions.__optional_keys__ | KeyedRequestOptions.__required_keys__
    assert keyed == set(HIGH_LEVEL.fields)
    assert {*GENERATED.fields.values(), *HIGH_LEVEL.fields.values()} == set(Options.__annotations__)


def test_checked_options__flags_of_the_generated_layer() -> None:
    """A flag is a bool, as in 2021: another value would silently return something else. call_api takes any value."""
    values: list[Any] = [None, 0, 1, "False"]
    flags: list[str] = ["async_req", "_return_http_data_only", "_preload_content", "_check_return_type"]
    for name, value in product(flags, values):
        with case(name, value):
            with pytest.raises(ApiTypeError, match=f"^{name} must be bool") as caught:
                checked_options({name: value}, GENERATED, operations.GET)
            assert caught.value.path_to_item == [name]
            options = checked_options({name: value}, CALL_API, operations.GET)
            assert getattr(options, GENERATED.fields[name]) is bool(value)


def test_checked_options__of_both_layers_are_the_same() -> None:
    """What a layer calls an option makes no difference to what it means."""
    policy = RetryPolicy(1)
    generated = {
        "_request_timeout": 3,
        "_deadline": 9,
        "_retries": policy,
        "_headers": {"X": "1"},
        "_host": "http://h/",
    }
    high_level = {"timeout": 3, "deadline": 9, "retries": policy, "headers": {"X": "1"}, "server_url": "http://h/"}
    first = checked_options(generated, GENERATED, operations.GET)
    assert first == checked_options(high_level, HIGH_LEVEL, operations.GET)
    expected = {"timeout": (3.0, 3.0), "deadline": 9.0, "policy": policy, "headers": {"X": "1"}, "base_url": "http://h"}
    assert vars(first) == expected


def test_checked_options__errors_use_the_callers_words() -> None:
    """An error names the option as it was written, and the method that it was given to."""
    cases: list[tuple[dict[str, Any], Any, type[Exception], str]] = [
        ({"deadline": -1}, HIGH_LEVEL, ApiValueError, "^deadline must be"),
        ({"_deadline": -1}, GENERATED, ApiValueError, "^_deadline must be"),
        ({"server_url": "h"}, HIGH_LEVEL, ApiValueError, "^server_url must be"),
        ({"retries": "x"}, HIGH_LEVEL, ApiTypeError, "^retries must be"),
        ({"timeout": (1, 2, 3)}, HIGH_LEVEL, ApiValueError, "^timeout must be"),
        ({"headers": 5}, HIGH_LEVEL, ApiTypeError, "headers"),
        ({"idempotency_key": ""}, HIGH_LEVEL, ApiTypeError, r"connections\.get\(\): 'idempotency_key' is for POST"),
        ({"serverUrl": "h"}, HIGH_LEVEL, ApiTypeError, r"connections\.get\(\) .* did you mean 'server_url'"),
        ({"_timeout": 3}, GENERATED, ApiTypeError, r"_connection_id_get\(\) got an unexpected .*'_timeout'"),
    ]
    for given, names, error, text in cases:
        with case(given, names, error, text), pytest.raises(error, match=text):
            checked_options(given, names, operations.GET)


def test_checked_options__headers_become_secret_where_they_were_given() -> None:
    """The dict of the caller's keywords shows no header value afterwards."""
    given = {"headers": {"X-Session": "s3cret"}}
    checked_options(given, HIGH_LEVEL, operations.GET)
    assert "s3cret" not in repr(given)


def test_unknown_keyword__without_anything_similar() -> None:
    """Where nothing comes close, nothing is suggested."""
    assert str(unknown_keyword("m", "colour", ["timeout"])) == ("m() got an unexpected keyword argument 'colour'")
