"""A state that survives a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from codat_python_sdk.sandbox import Sandbox
from codat_python_sdk.sandbox.clock import stopwatch

from .conftest import Caller


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.json"


def test_state__survives_a_restart(file: Path) -> None:
    """Companies, connections, open links, consumers, the ledger and the key are there again."""
    with Sandbox(state=file) as first:
        caller = Caller(first)
        made = caller.create("gbol")
        link = made["linkUrl"].removeprefix(first.url)
        first.create_company("Child", parent_id=first.company_id, tags={"a": "b"})
        webhook = first.add_webhook("http://127.0.0.1:9/")
        before = (first.api_key, first.company_id, first.companies(), first.connections(), first.ledger)
        secret = first.webhook_secret(webhook)
    with Sandbox(state=file) as second:
        links = [company.pop("redirect") for company in [*before[2], *second.companies()]]
        assert len(links) == 4
        after = (second.api_key, second.company_id, second.companies(), second.connections(), second.ledger)
        assert [{**company, "redirect": ""} for company in after[2]] == [{**one, "redirect": ""} for one in before[2]]
        assert after[:2] + after[3:] == before[:2] + before[3:]
        assert second.webhook_secret(webhook) == secret
        assert Caller(second).plain("GET", link).status == 200
    assert list(file.parent.iterdir()) == [file]


def test_state__is_written_while_it_serves(file: Path) -> None:
    """A change is in the file soon after it was made, so that a crash loses next to nothing."""
    with Sandbox(state=file) as sandbox:
        made = [Caller(sandbox).create()["id"], sandbox.create_company("Made from outside")]
        end = stopwatch() + 30
        while not (file.exists() and all(one in file.read_text("utf-8") for one in made)):
            assert stopwatch() < end


def test_state__explicit_arguments_win(file: Path) -> None:
    """A key and a company that are given replace the stored ones."""
    with Sandbox(state=file, api_key="a"):
        pass
    with Sandbox(state=file, api_key="b") as sandbox:
        assert sandbox.api_key == "b"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"[]", b'{"version": 99}', b'{"version": 1}', b'{"version": 1, "companies": 7}',
     b'{"version": 1, "companies": [{"id": "x"}]}'],
)  # fmt: skip
def test_state__damaged_file_is_an_error_in_words(file: Path, content: bytes) -> None:
    """A file that is damaged, or no state at all, is named, and is not overwritten."""
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"state\.json is not a sandbox's state, or is damaged .*: delete it"):
        Sandbox(state=file)
    assert file.read_bytes() == content
