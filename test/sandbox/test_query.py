"""The query language and the ordering."""

from __future__ import annotations

import itertools

import pytest
from cases import case

from codat_python_sdk.sandbox.connections import SCHEMAS
from codat_python_sdk.sandbox.messages import Rejected
from codat_python_sdk.sandbox.query import Record, instant, order, parse, parse_tags

SCHEMA = SCHEMAS["today"]
ROWS: list[Record] = [
    {"id": "a", "status": "Linked", "platformName": "Xero", "sourceType": "Accounting", "lastSync": None,
     "created": "2026-01-01T00:00:00.0000000Z", "connectionInfo": {"paused": False, "size": 3}},
    {"id": "b", "status": "Unlinked", "platformName": "Sandbox Bank", "sourceType": "Banking",
     "lastSync": "2026-03-01T00:00:00Z", "created": "2026-02-01T12:00:00+02:00",
     "connectionInfo": {"paused": True, "size": 12, "deep": {"er": "x"}}},
    {"id": "c", "status": "Linked", "platformName": "Bank of Xs", "sourceType": "BankFeed",
     "lastSync": "2026-02-01T00:00:00Z", "created": "2026-03-01", "connectionInfo": None},
]  # fmt: skip


def test_parse__selects() -> None:
    """A query selects the rows that it describes; a null matches nothing."""
    cases: list[tuple[str, str]] = [
        ("status=Linked", "ac"),
        ("status = Linked ", "ac"),
        ("status=linked", ""),
        ("status!=Linked", "b"),
        ("platformName~Bank", "bc"),
        ("platformName=Sandbox Bank", "b"),
        ("created>2026-01-31", "bc"),
        ("created>=2026-03-01", "c"),
        ("created<2026-01-01T00:00:00.1", "a"),
        ("created=2026-02-01T10:00:00Z", "b"),
        ("created<=2026-02-01T11:00:00+01:00", "ab"),
        ("lastSync<2027-01-01", "bc"),
        ("lastSync!=2026-03-01", "c"),
        ("status=Linked&&sourceType=BankFeed", "c"),
        ("status=Unlinked||sourceType=BankFeed", "bc"),
        ("status=Unlinked||status=Linked&&sourceType=BankFeed", "bc"),
        ("{status=Unlinked||status=Linked}&&sourceType=BankFeed", "c"),
        ("{sourceType=Banking||sourceType=BankFeed}&&created>2026-01-31", "bc"),
        ("{ {status=Linked} }", "ac"),
        ("connectionInfo.paused=true", "b"),
        ("connectionInfo.paused!=true", "a"),
        ("connectionInfo.size>3", "b"),
        ("connectionInfo.size=3", "a"),
        ("connectionInfo.size~3", ""),
        ("connectionInfo.size=three", ""),
        ("connectionInfo.deep.er~x", "b"),
        ("connectionInfo.deep=x", ""),
        ("connectionInfo.paused.more=x", ""),
    ]
    for text, selected in cases:
        with case(text, selected):
            test = parse(text, SCHEMA)
            assert "".join(row["id"] for row in ROWS if test(row)) == selected


def test_parse__malformed_is_refused() -> None:
    """What is not of the language, or does not fit the property, is a 400 in Codat's words."""
    cases: list[str] = [
        "",
        " ",
        "status",
        "status=",
        "=Linked",
        "&&",
        "status=Linked&&",
        "status=Linked||||id=a",
        "{status=a",
        "status=a}",
        "{}",
        "a{b}",
        "status>Linked",
        "created~2026",
        "created>soon",
        "created>2026-13-01",
        "nope=1",
        "status.x=1",
        "linkUrl=x",
        "dataConnectionErrors=x",
        "connectionInfo=x",
        "{" * 1000 + "id=a" + "}" * 1000,
        "id=" + "a" * 2048,
    ]
    for text in cases:
        with case(text):
            with pytest.raises(Rejected) as rejection:
                parse(text, SCHEMA)
            assert rejection.value.status == 400
            assert str(rejection.value) == "Error parsing query - Malformed query."


def test_parse__is_limited_to_2047_characters() -> None:
    """A query of 2,047 characters is one, and another character makes it a 400."""
    text = "id=" + "a" * 2044
    assert parse(text, SCHEMA)({"id": "a" * 2044})
    with pytest.raises(Rejected):
        parse(text + "a", SCHEMA)


def test_parse__is_limited_to_32_braces_inside_each_other() -> None:
    """Thirty-two braces inside each other are read, and another one makes it a 400."""
    assert parse("{" * 32 + "id=a" + "}" * 32, SCHEMA)({"id": "a"})
    with pytest.raises(Rejected) as caught:
        parse("{" * 33 + "id=a" + "}" * 33, SCHEMA)
    assert caught.value.status == 400


def test_parse_tags__is_limited_to_2047_characters() -> None:
    """A condition on tags of 2,047 characters is one, and another character makes it a 400."""
    text = "region=" + "a" * 2040
    assert parse_tags(text)({"region": "a" * 2040})
    with pytest.raises(Rejected):
        parse_tags(text + "a")


def test_parse__2021_knows_fewer_properties() -> None:
    """A property that the contract does not have cannot be queried."""
    for text in ("integrationKey=gbol", "connectionInfo.paused=true"):
        with pytest.raises(Rejected):
            parse(text, SCHEMAS["2021"])


def test_order__sorts() -> None:
    """One field orders, a minus turns it around, dates compare as moments, and nulls are lowest."""
    cases: list[tuple[str, str]] = [
        ("created", "abc"),
        ("-created", "cba"),
        ("lastSync", "acb"),
        ("-lastSync", "bca"),
        ("platformName", "cba"),
    ]
    for order_by, expected in cases:
        with case(order_by, expected):
            for rows in itertools.permutations(ROWS):
                assert "".join(row["id"] for row in order(rows, order_by, SCHEMA, dict)) == expected


def test_order__unknown_field_is_refused() -> None:
    """What cannot be ordered by is a 400."""
    for order_by in ("", "-", "--created", "linkUrl", "connectionInfo", "created,id", "Created"):
        with case(order_by), pytest.raises(Rejected):
            order(ROWS, order_by, SCHEMA, dict)


def test_instant__what_is_no_date() -> None:
    """Neither a nonsensical date nor one outside of the calendar is a moment."""
    cases: list[int | str | None] = [None, 7, "", "soon", "2026-02-30", "2026-01-01T24:00", "0001-01-01T00:00:00+09:00"]
    for text in cases:
        with case(text):
            assert instant(text) is None
