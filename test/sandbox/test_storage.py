"""A state that survives a restart."""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from cases import case

from codat_python_sdk import ApiConnectionException, CodatPlatform
from codat_python_sdk.sandbox import Sandbox, _sandbox
from codat_python_sdk.sandbox.__main__ import main
from codat_python_sdk.sandbox.clock import stopwatch
from codat_python_sdk.sandbox.storage import Storage

from .conftest import Caller, Clock
from .receiver import Receiver


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


OWN = b'{"version": 1, "apiKey": "key", "companyId": "company", %s}'
NOTHING = OWN % b'"companies": [], "consumers": [], "ledger": [], %s'
KEY = {"Idempotency-Key": "3f0c9a11-7d2e-4b63-9a40-0b1c2d3e4f50"}


def test_state__keeps_idempotency_keys(file: Path) -> None:
    """A create that is sent again after a restart, with its key, gets the first response and makes nothing new."""
    with Sandbox(state=file) as first:
        made = Caller(first)("POST", value={"platformKey": "gbol"}, headers=KEY)
        refused = Caller(first)("POST", value="gbol", headers={"Idempotency-Key": "refused"})
    with Sandbox(state=file) as second:
        call = Caller(second)
        again = call("POST", value={"platformKey": "gbol"}, headers=KEY)
        assert (again.status, again.body) == (200, made.body)
        assert call("POST", value="gbol", headers={"Idempotency-Key": "refused"}).body == refused.body
        assert call("POST", value={"platformKey": "mqjo"}, headers=KEY).status == 422
        assert [connection["id"] for connection in second.connections()] == [made.value["id"]]
        second.clock.advance(90 * 60)
        assert call("POST", value={"platformKey": "gbol"}, headers=KEY).body != made.body


def test_state__client_retries_over_a_restart(file: Path) -> None:
    """The client lost the response, the sandbox was started again, and the retry gives the one connection there is."""
    key = "the caller's own"
    with Sandbox(state=file) as sandbox, CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url) as codat:
        sandbox.lost()
        with pytest.raises(ApiConnectionException) as caught:
            codat.connections.create(sandbox.company_id, platform_key="gbol", idempotency_key=key, retries=0)
        assert caught.value.outcome == "unknown"
    with Sandbox(state=file) as sandbox, CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url) as codat:
        made = codat.connections.create(sandbox.company_id, platform_key="gbol", idempotency_key=key)
        assert [connection["id"] for connection in sandbox.connections()] == [made.id]


def test_state__keeps_a_quota_that_was_reset(file: Path) -> None:
    """A quota that was made whole after the last request is whole after a restart."""
    sandbox = Sandbox(state=file, quota=1)
    with sandbox:
        assert [Caller(sandbox)("GET").status for _ in range(2)] == [200, 429]
    with sandbox:  # what it has stored so far is the quota that is used up
        sandbox.reset_quota()
    with Sandbox(state=file, quota=1) as later:
        assert Caller(later)("GET").status == 200


def test_state__keeps_the_used_quota(file: Path) -> None:
    """Reads count as well; what was used today is used after a restart, and `reset` gives all of it back for good."""
    with Sandbox(state=file, quota=3) as first:
        assert [Caller(first)("GET").status for _ in range(2)] == [200, 200]
    with Sandbox(state=file, quota=3) as second:
        assert [Caller(second)("GET").status for _ in range(2)] == [200, 429]
        second.reset()
    with Sandbox(state=file, quota=3) as third:
        assert Caller(third)("GET").headers["X-Rate-Limit-Remaining"] == "2"


def test_state__a_write_and_its_key_are_stored_together(file: Path) -> None:
    """Whenever the file is written, each connection that a keyed request made is there with its key."""
    with Sandbox(state=file) as sandbox:
        call = Caller(sandbox)
        for number in range(20):
            call("POST", value={"platformKey": "gbol"}, headers={"Idempotency-Key": str(number)})
            if file.exists():
                stored = json.loads(file.read_text("utf-8"))
                assert len(stored["companies"][0]["connections"]) == len(stored["idempotencyKeys"])


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


def test_state__damaged_file_is_an_error_in_words(file: Path) -> None:
    """A file that is damaged, or no state at all, is named, and is not overwritten."""
    cases: list[bytes] = [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b'{"version": 99}',
        b'{"version": 1}',
        b'{"version": 1, "apiKey": 5}',
        b'{"version": 1, "apiKey": "key", "companyId": ["company"]}',
        OWN % b'"companies": 7',
        OWN % b'"companies": [{"id": "x"}]',
        NOTHING % b'"idempotencyKeys": [{}], "requestsByDay": {}',
        NOTHING % b'"idempotencyKeys": [], "requestsByDay": {"x": 1}',
        NOTHING % b'"idempotencyKeys": [], "requestsByDay": {"1": 1e400}',
    ]
    for content in cases:
        with case(content):
            file.write_bytes(content)
            with pytest.raises(ValueError, match=r"state\.json is not a sandbox's state, or is damaged .*: delete it"):
                Sandbox(state=file)
            assert file.read_bytes() == content


def test_state__that_cannot_be_stored_at_the_end_is_an_error_in_strict_mode_too(file: Path) -> None:
    """Strict mode, which reports more than others, does not hide that the last state was lost."""
    sandbox = Sandbox(state=file, strict=True)

    def use() -> None:
        with sandbox:
            connection = sandbox.add_connection()
            end = stopwatch() + 30
            while not (file.exists() and connection in file.read_text("utf-8")):
                assert stopwatch() < end
            file.write_bytes(b"another's")
            Caller(sandbox)("GET")  # the link that it issues is stored at the end

    with pytest.raises(OSError, match="another process has changed the file"):
        use()


NEEDS_MODES = pytest.mark.skipif(sys.platform == "win32", reason="files have no modes there")


def unusable(name: str, folder: Path) -> Path:
    """A path of this kind that no state can be stored at, for root neither."""
    if name == "pipe":
        os.mkfifo(folder / name)
    elif name == "folder":
        (folder / name).mkdir()
    elif name == "file as a folder":
        (folder / name).touch()
        return folder / name / "state.json"
    elif name == "loop":
        (folder / name).symlink_to(folder / name)
    return folder / name / "state.json" if name == "missing folder" else folder / name


UNUSABLE = ["missing folder", "folder", "file as a folder", pytest.param("pipe", marks=NEEDS_MODES),
            pytest.param("loop", marks=NEEDS_MODES)]  # fmt: skip


@pytest.mark.parametrize("name", UNUSABLE)
def test_state__that_cannot_be_written_is_noticed_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """The constructor raises, the command is a usage error, and both name the file; nothing is left behind."""
    file = unusable(name, tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises((OSError, ValueError)) as caught:
        Sandbox(state=file)
    with pytest.raises(SystemExit):
        main(["--state", str(file)])
    assert str(file) in str(caught.value)
    assert str(file) in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


def test_state__of_a_mount_that_cannot_be_replaced(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that can be read and not replaced, as one that is mounted into a container, is noticed at once."""
    with Sandbox(state=file):
        pass
    content = file.read_bytes()

    def refuse(*_: object) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="the state cannot be stored: Device or resource busy"):
        Sandbox(state=file)
    assert list(file.parent.iterdir()) == [file]
    assert file.read_bytes() == content


def test_state__that_can_no_longer_be_written(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that is full later is logged at the change that it loses, and raised by `stop`."""

    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    sandbox = Sandbox(state=file)
    sandbox.start()
    monkeypatch.setattr(os, "fsync", refuse)
    sandbox.create_company()
    end = stopwatch() + 30
    while not caplog.records:
        assert stopwatch() < end
    with pytest.raises(OSError, match="the state cannot be stored: No space left on device"):
        sandbox.stop()
    assert "the state cannot be stored: No space left on device" in caplog.text
    assert list(file.parent.iterdir()) == []


@NEEDS_MODES
@pytest.mark.parametrize("there_before", [False, True])
def test_state__is_for_its_owner_alone(file: Path, there_before: bool) -> None:
    """The file holds keys and secrets: nobody else can read it, though one from before could be."""
    if there_before:
        with Sandbox(state=file):
            pass
        file.chmod(0o644)
    with Sandbox(state=file):
        pass
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_state__leftovers_of_a_killed_sandbox_are_removed(file: Path) -> None:
    """A file that another process may be writing just now stays, and so does one with another name."""
    left, fresh, other = (
        file.with_name(f"{file.name}.{name}") for name in ("abcd_123.tmp", "abcd_456.tmp", "mine.tmp")
    )
    for path in (left, fresh, other):
        path.write_bytes(b"")
    for path, age in ((left, 61), (fresh, 59.5), (other, 61)):
        then = time.time() - age
        os.utime(path, (then, then))
    with Sandbox(state=file):
        pass
    assert not left.exists()
    assert fresh.exists()
    assert other.exists()


@NEEDS_MODES
def test_state__stays_where_it_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is the same after the process changed its folder, and a link stays a link."""
    (tmp_path / "real").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link.json").symlink_to(tmp_path / "real" / "state.json")
    monkeypatch.chdir(tmp_path)
    with Sandbox(state="link.json") as sandbox:
        company = sandbox.create_company()
        monkeypatch.chdir(tmp_path / "elsewhere")
    assert (tmp_path / "link.json").is_symlink()
    assert company in (tmp_path / "real" / "state.json").read_text("utf-8")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_state__another_first_company(file: Path) -> None:
    """Another first company than the stored one exists; one that was stored and deleted stays deleted."""
    with Sandbox(state=file, company_id="one") as sandbox:
        sandbox.add_connection()
    with Sandbox(state=file, company_id="two") as sandbox:
        assert Caller(sandbox)("GET").status == 200
        assert [company["id"] for company in sandbox.companies()] == ["one", "two"]
        sandbox.delete_company("two")
    with Sandbox(state=file, company_id="two") as sandbox:
        assert [company["id"] for company in sandbox.companies()] == ["one"]


def test_state__of_two_sandboxes(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Of two sandboxes with one file, the second to write is told, and does not overwrite what the first has stored."""
    first = Sandbox(state=file)
    first.start()
    with Sandbox(state=file) as second:
        company = second.create_company("Of the second")
    first.create_company("Of the first")
    with pytest.raises(OSError, match="the state cannot be stored: another process has changed the file"):
        first.stop()
    assert "another process has changed the file" in caplog.text
    assert company in file.read_text("utf-8")


def test_state__of_a_file_that_was_removed(file: Path) -> None:
    """A file that was removed meanwhile is written again with the next change; the same content is no change."""
    with Sandbox(state=file) as sandbox:
        sandbox.create_company("One")
    with sandbox:
        file.unlink()
        sandbox.create_company("Two")
    content = file.read_bytes()
    assert b"Two" in content
    with sandbox:
        file.unlink()
        file.write_bytes(content)
        sandbox.create_company("Three")
    assert b"Three" in file.read_bytes()


def test_state__is_written_while_a_callback_takes_long(file: Path) -> None:
    """What `on_request` does with a request does not hold up storing what the request changed."""
    done = threading.Event()
    with Sandbox(state=file, on_request=lambda _: done.wait(30)) as sandbox:
        made = Caller(sandbox).create()["id"]
        end = stopwatch() + 20
        while not (file.exists() and made in file.read_text("utf-8")):
            assert stopwatch() < end
        done.set()


def test_state__is_written_while_it_does_not_serve(file: Path) -> None:
    """What is changed before `start` or after `stop` is stored when the method returns, without a thread."""
    sandbox = Sandbox(state=file)
    before = threading.active_count()
    company = sandbox.create_company("Before")
    assert company in file.read_text("utf-8")
    with sandbox:
        pass
    company = sandbox.create_company("After")
    assert company in file.read_text("utf-8")
    assert threading.active_count() == before
    with Sandbox(state=file) as second:
        assert [one["name"] for one in second.companies()] == ["Sandbox Company", "Before", "After"]


def test_state__is_not_written_after_stop(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that was about to store the state when the sandbox stopped does not write what is stored already."""
    writes: list[str] = []
    first_is_writing, stopping = threading.Event(), threading.Event()
    write = Storage.write

    def slowly(storage: Storage, *arguments: Any) -> None:
        writes.append(threading.current_thread().name)
        first_is_writing.set()
        stopping.wait(30)
        write(storage, *arguments)

    sandbox = Sandbox(state=file)
    sandbox.start()
    monkeypatch.setattr(Storage, "write", slowly)
    monkeypatch.setattr(_sandbox, "CALLBACK_SECONDS", 0.0)  # `stop` does not wait for the thread
    sandbox.create_company()
    assert first_is_writing.wait(30)
    threading.Timer(0.1, stopping.set).start()
    sandbox.stop()
    assert len(writes) == 1
    assert len(json.loads(file.read_bytes())["companies"]) == 2


def test_state__keeps_links_that_were_read(file: Path) -> None:
    """A link that a client read last, which changed nothing else, works after a restart, and its code comes once."""
    with Sandbox(state=file) as sandbox:
        connection = sandbox.add_connection()
    with sandbox:  # what it has stored so far is before the read
        link = Caller(sandbox)("GET", f"/{connection}").value["linkUrl"].removeprefix(sandbox.url)
    with Sandbox(state=file) as later:
        again = Caller(later)("GET", f"/{connection}").value["linkUrl"].removeprefix(later.url)
        assert again != link
        assert Caller(later).plain("GET", link).status == 200


def test_state__keeps_how_far_the_clock_was_moved(file: Path, clock: Clock) -> None:
    """Time does not go back at a restart: a link that was issued after the clock was moved is valid."""
    with Sandbox(state=file, clock=clock) as sandbox:
        for _ in range(3):
            sandbox.clock.advance(0.9e9)
        link = Caller(sandbox).create()["linkUrl"].removeprefix(sandbox.url)
    with Sandbox(state=file, clock=clock) as sandbox:
        assert round(sandbox.clock.now() - clock.now) == 2.7e9
        assert Caller(sandbox).plain("GET", link).status == 200
        sandbox.clock.reset()
    with Sandbox(state=file, clock=clock) as sandbox:
        assert sandbox.clock.now() == clock.now


def test_state__ids_of_events_do_not_come_again(file: Path) -> None:
    """After a crash, a sandbox with the same seed sends no event under an id that a receiver has seen already."""
    ids = list[str]()
    for number in (1, 2):
        sandbox = Sandbox(state=file, seed=1)  # nothing stops it
        sandbox.add_webhook(f"http://127.0.0.1:9/{number}", event_types=["odd"])
        ids += [delivery.webhook_id for delivery in sandbox.send_webhook("odd", payload={})][-1:]
    assert len(set(ids)) == 2


def test_state__webhook_that_was_out_of_order_waits_for_its_retry(file: Path, clock: Clock) -> None:
    """A webhook that came out of order and failed is tried again at its time, and not after the next event."""
    with Receiver() as receiver:
        with Sandbox(state=file, clock=clock) as sandbox:
            sandbox.add_webhook(receiver.url)
            sandbox.fail_delivery("out_of_order")
            sandbox.add_connection()
            receiver.statuses += [204, 500]
            sandbox.create_company()
            sandbox.wait_for_deliveries()
        with Sandbox(state=file, clock=clock) as sandbox:
            sandbox.create_company()
            late, last = sandbox.wait_for_deliveries()
    assert (late.state, len(late.attempts), last.state) == ("waiting", 1, "delivered")


def test_state__keeps_pending_webhooks(file: Path, clock: Clock) -> None:
    """A webhook that waits for its next attempt, or for the next event, is sent after a restart as it was before."""
    with Receiver() as receiver:
        with Sandbox(state=file, clock=clock) as sandbox:
            sandbox.add_webhook(receiver.url)
            receiver.statuses.append(500)
            sandbox.create_company()
            sandbox.wait_for_deliveries()
            sandbox.fail_delivery("out_of_order")
            sandbox.add_connection()
            before = sandbox.deliveries
        with Sandbox(state=file, clock=clock) as sandbox:
            assert sandbox.deliveries == before
            assert [delivery.state for delivery in before] == ["waiting", "waiting"]
            sandbox.clock.advance(5)
            assert [delivery.state for delivery in sandbox.wait_for_deliveries()] == ["delivered", "waiting"]
            sandbox.create_company()
            states = [(delivery.number, delivery.state) for delivery in sandbox.wait_for_deliveries()]
            assert states == [(1, "delivered"), (2, "delivered"), (3, "delivered")]
    assert receiver.received[0][0]["webhook-id"] == receiver.received[1][0]["webhook-id"]
    with Sandbox(state=file, clock=clock) as sandbox:
        assert sandbox.deliveries == []
