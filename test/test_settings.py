"""What a setting may be set to: any value of Python's own types is taken, or refused in this package's words."""

from __future__ import annotations

import copy
import ssl
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from strategies import SIMPLE, texts

from codat_python_sdk import ApiTypeError, ApiValueError, Configuration
from codat_python_sdk.secret import Secret
from codat_python_sdk.settings import Setting, is_flag, is_positive

SETTINGS = sorted(name for name, value in vars(Configuration).items() if isinstance(value, Setting))
VALUES = (
    SIMPLE
    | st.lists(st.none() | st.integers() | texts(max_size=3), max_size=3)
    | st.tuples(st.integers(), texts(max_size=3))
    | st.dictionaries(texts(max_size=3) | st.integers(), texts(max_size=3) | st.none(), max_size=2)
    | st.sampled_from([object(), int, len, ..., range(3), {1}, 1j])
)


@pytest.mark.filterwarnings("ignore:no endpoint uses the scheme")
@given(value=VALUES)
def test_setting__takes_a_value_or_refuses_it_in_words(value: Any) -> None:
    """Whatever is set raises nothing but ApiTypeError and ApiValueError, which name the setting."""
    for name in SETTINGS:
        note(name)
        configuration = Configuration()
        before = configuration.__dict__[name]
        try:
            setattr(configuration, name, value)
        except (ApiTypeError, ApiValueError) as error:
            assert name in str(error) or "header" in str(error) or "for '" in str(error)
            assert configuration.__dict__[name] is before


def test_setting__is_read_like_any_attribute() -> None:
    """A value is in the instance's __dict__, so that reading it costs no function call."""
    assert not hasattr(Setting, "__get__")
    configuration = Configuration(deadline=7)
    assert vars(configuration)["deadline"] == configuration.deadline == 7.0


def test_configuration__warns_of_a_setting_that_does_not_exist() -> None:
    """A misspelt attribute changes nothing, so a warning names the one that is meant."""
    for name in ["retires", "time_out", "verfy_ssl", "sslcacert", "colour"]:
        with pytest.warns(UserWarning, match=f"Configuration has no setting '{name}'"):
            setattr(Configuration(), name, 1)


def test_configuration__names_the_setting_that_is_meant() -> None:
    """The warning has the right spelling in it."""
    with pytest.warns(UserWarning, match="did you mean 'retries'"):
        Configuration().retires = 3


def test_configuration__subclass_may_have_attributes_of_its_own() -> None:
    """What looks like no setting is the subclass's own affair."""

    class Own(Configuration):
        pass

    Own().tenant = "t"


class Provider:
    """A token provider as applications have them: it cannot be copied."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.asked = 0

    def token(self) -> str:
        with self.lock:
            self.asked += 1
        return "t"

    def refresh(self, _: Configuration) -> None:
        self.token()


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_copies__share_the_objects_of_the_caller(duplicate: Callable[[Configuration], Configuration]) -> None:
    """A provider with a lock, a hook, a TLS context and a urllib3.Retry are the caller's own in each copy."""
    provider, context = Provider(), ssl.create_default_context()
    made = Configuration(access_token=provider.token, ssl_context=context)
    made.refresh_api_key_hook = provider.refresh
    other = duplicate(made)
    other.credentials()
    assert provider.asked == 2
    assert other.ssl_context is context


def test_default_copy__shares_them_too() -> None:
    """set_default and get_default_copy copy the settings, and not the provider."""
    provider = Provider()
    try:
        Configuration.set_default(Configuration(access_token=provider.token))
        Configuration.get_default_copy().credentials()
    finally:
        Configuration.set_default(None)
    assert provider.asked == 1


def test_ssl_context__cannot_be_pickled_in_words() -> None:
    """Which process shall make the context is for the caller to say."""
    with pytest.raises(ApiValueError, match="ssl_context cannot be pickled"):
        Configuration(ssl_context=ssl.create_default_context()).__getstate__()
    with pytest.raises(ApiTypeError, match=r"ssl_context must be an ssl\.SSLContext"):
        Configuration(ssl_context=5)  # type: ignore[arg-type]


def test_api_key__of_the_wrong_type() -> None:
    """A bare key instead of the dict of schemes is told what the dict looks like."""
    with pytest.raises(ApiTypeError, match=r"api_key must be a dict such as \{'API Key Auth'"):
        Configuration(api_key="abc")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["api_key", "api_key_prefix", "proxy_headers"])
def test_mapping__with_a_key_that_is_no_text(name: str) -> None:
    """It is refused by the setting's name, and not by what reads it later."""
    with pytest.raises(ApiTypeError, match=f"^{name} must have texts as its keys, got int$"):
        setattr(Configuration(), name, {7: "x"})


def test_values__that_are_credentials_hide_themselves() -> None:
    """Keys, tokens, passwords and proxies are secrets in the configuration's own __dict__ already."""
    made = Configuration(api_key={"API Key Auth": "k"}, access_token="t", password="p")
    made.proxy, made.proxy_headers = "http://u:p@h:1", {"X": "y"}
    made.api_key["API Key Auth"] = "other"
    kept = vars(made)
    values = [*kept["api_key"].values(), *kept["proxy_headers"].values()]
    assert {type(value) for value in [*values, kept["access_token"], kept["password"], kept["proxy"]]} == {Secret}


@pytest.mark.parametrize("value", ["false", "0", 0, None])
def test_trust_env__is_no_text_of_the_environment(value: Any) -> None:
    """trust_env=os.environ["TRUST_ENV"], which may be "false", is refused instead of being true."""
    with pytest.raises(ApiTypeError, match=f"trust_env must be a bool, got {type(value).__name__}"):
        Configuration(trust_env=value)


def test_checks__of_flags_and_counts() -> None:
    """A flag is any value as a truth value; a count is an int from 1, and True is none."""
    assert (is_flag("x", 0), is_flag("x", "yes")) == (False, True)
    assert is_positive("x", 3) == 3
    for wrong, error in [(0, ApiValueError), (True, ApiTypeError), ("3", ApiTypeError)]:
        with pytest.raises(error, match="x must be"):
            is_positive("x", wrong)
