"""What a card tells without a payment: QP-151, QP-152, EC-045, LG-001 to LG-007."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.scripted import (
    AID,
    Script,
    application,
    directory,
    document,
    entry,
    objects,
    short,
    template,
)
from tests.oracle.scripted import run as tap
from tests.oracle.terminal import CallRefused, Info, Result

PURSE = {"9F79": "000000012345", "9F5D": "000000012000", "9F77": "000000100000", "9F51": "0156"}
SECOND = {"DF79": "000000003000", "DF78": "000000000500", "DF71": "0840"}
ASKED = [
    *("9F79", "9F77", "9F78", "9F6D", "9F5D", "9F51", "DF79", "DF77", "DF78", "DF76", "DF71"),
    *("9F36", "9F13", "9F4F", "DF4F"),
]


def card(issuer: str = "", **more: Any) -> Script:
    """A card that tells, issuer being the content of its BF0C."""
    more.setdefault("told", PURSE)
    return Script(fci={AID: application(issuer=bytes.fromhex(issuer))}, **more)


def run(script: Script, purpose: str = "card-info", *again: Script | None, **more: Any) -> Result:
    return tap(script, more.pop("config", None), *again, purpose=purpose, amount=0, **more)


def info(script: Script, **more: Any) -> Info:
    result = run(script, **more)
    assert short(result) == ("end_application", "card_info_read", "QP-151")
    assert result.info is not None
    return result.info


def gets(result: Result) -> list[str]:
    return [command[2:4].hex().upper() for command in result.commands if command[1] == 0xCA]


@pytest.mark.parametrize(
    ("told", "balance", "asked"),
    [
        ({}, 12345, 1),
        ({"9F79": "00000001234A"}, 12000, 2),
        ({"9F79": "0000012345"}, 12000, 2),
        ({"9F79": "9F7906000000012345 6281"}, 12000, 2),
        ({"9F79": "9F7806000000012345 9000"}, 12000, 2),
        ({"9F79": "9F790600000001234500 9000"}, 12000, 2),
        ({"9F79": "6A88 "}, 12000, 2),
        ({"9F79": "6A88 ", "9F5D": "6A88 "}, None, 2),
    ],
)
def test_the_balance_alone(told: dict[str, str], balance: int | None, asked: int) -> None:
    """QP-151, EC-045, CMD-030: 9F79, else 9F5D; no GPO, and no limit counts."""
    found = run(card(told=PURSE | told), "balance", config=document(transaction_limit=0))
    word = "balance_unknown" if balance is None else "balance_read"
    assert short(found) == ("end_application", word, "QP-151") and found.balance == balance
    assert gets(found) == ["9F79", "9F5D"][:asked] and len(found.commands) == 2 + asked
    assert not found.card_may_have_paid and not found.data_record and found.info is None


def test_everything_that_a_card_tells() -> None:
    """QP-152: both purses with their currencies; of what is not told there is nothing."""
    result = run(card(told=PURSE | SECOND | {"9F36": "0007"}))
    assert gets(result) == ASKED and len(result.commands) == 17 and result.balance == 12345
    assert result.info is not None
    assert result.info.objects["9F36"] == b"\x00\x07" and "9F13" not in result.info.objects
    first, second = result.info.purses
    assert (first.currency, first.from_card, first.balance) == (156, True, 12345)
    assert (first.offline, first.limit, first.single) == (12000, 100000, None)
    assert (second.currency, second.balance, second.single) == (840, 3000, 500)
    assert not result.info.blocked and result.info.log.end == result.info.load_log.end == "none"


@pytest.mark.parametrize(
    ("told", "currencies"),
    [
        ({"9F51": "0344"}, [(344, True), (840, True)]),
        ({"9F51": "1344"}, [(156, False), (840, True)]),
        ({"9F51": "034A"}, [(156, False), (840, True)]),
        ({"9F51": "44"}, [(156, False), (840, True)]),
        ({"DF71": "6A88 "}, [(156, True)]),
        ({"DF71": "084A"}, [(156, True)]),
        ({"9F79": "6A88 ", "9F5D": "6A88 ", "9F77": "6A88 "}, [(840, True)]),
    ],
)
def test_the_currency_of_a_purse(told: dict[str, str], currencies: list[tuple[int, bool]]) -> None:
    """QP-152, FMT-005: that of the terminal stands for the first purse alone."""
    found = info(card(told=PURSE | SECOND | told))
    assert [(purse.currency, purse.from_card) for purse in found.purses] == currencies


@pytest.mark.parametrize(
    ("told", "balance"),
    [
        ({}, {156: 12345, 840: 3000, 344: 12345}),
        ({"9F51": "0840"}, {156: 12345, 840: 12345}),
        ({"9F51": "6A88 "}, {156: 12345, 840: 12345}),
        ({"9F51": "084A"}, {840: 12345}),
        ({"DF71": "6A88 "}, {156: 12345, 840: 12345}),
        ({"DF71": "1840"}, {840: 12345}),
        ({"DF79": "00000000300A"}, {156: 12345, 840: None}),
        ({"9F79": "6A88 "}, {156: 12000, 840: 3000}),
    ],
)
def test_the_balance_of_a_currency(told: dict[str, str], balance: dict[int, int | None]) -> None:
    """TR-006: the second purse when only that one is of the currency, else the first."""
    for currency, expected in balance.items():
        assert run(card(told=PURSE | SECOND | told), currency=currency).balance == expected
    assert run(card(told=PURSE | SECOND), "balance", currency=840).balance == 12345


@pytest.mark.parametrize(
    ("where", "records", "end", "count"),
    [
        ("0B0A", 3, "last", 3), ("0B03", 9, "all", 3), ("0B1E", 40, "all", 30),
        ("0B1F", 40, "more", 30), ("1E02", 2, "all", 2), ("1F02", 2, "no_file", 0),
        ("0A02", 2, "no_file", 0), ("0B00", 2, "all", 0), ("0B", 2, "none", 0), ("", 2, "none", 0),
    ],
)  # fmt: skip
def test_where_a_log_lies(where: str, records: int, end: str, count: int) -> None:
    """LG-001, LG-003: SFI 11 to 30; 6A83 is the end, and thirty records are enough."""
    file = int(where[:2] or "0B", 16)
    script = card(objects(("9F4D", where)).hex())
    script.records = {(file, number): b"\x01" for number in range(1, records + 1)}
    found = info(script)
    assert (found.log.end, len(found.log.entries)) == (end, count)
    assert found.load_log.end == "none"


def test_a_log_that_is_refused_does_not_hide_the_other() -> None:
    script = card("9F4D020B0ADF4D020C0A", answers={18: b"\x69\x85"})
    script.records = {(12, 1): b"\x01"}
    found = info(script)
    assert (found.log.end, found.load_log.end) == ("refused", "last")
    assert [one.raw for one in found.load_log.entries] == [b"\x01"]


def test_there_is_room_for_so_many_records() -> None:
    """ODA-082: what does not fit is not read, and nothing is lost of what was."""
    script = card("9F4D020B1E")
    script.records = {(11, number): bytes(200) for number in range(1, 31)}
    found = info(script)
    assert found.log.end == "full" and 18 <= len(found.log.entries) <= 20
    assert found.purses[0].balance == 12345


@pytest.mark.parametrize(
    ("layout", "record", "fields"),
    [
        ("9A039C01", "26112100", [("9A", "261121"), ("9C", "00")]),
        ("9A03", "26112100", None), ("9A039C02", "26112100", None), ("9A", "26", None),
        ("9A039C00", "261121", [("9A", "261121"), ("9C", "")]), ("9F", "26", None),
    ],
)  # fmt: skip
def test_the_format_of_a_log(layout: str, record: str, fields: Any) -> None:
    """LG-002, LG-003: what does not fit stays bytes."""
    script = card("9F4D020B01", told=PURSE | {"9F4F": layout})
    script.records = {(11, 1): bytes.fromhex(record)}
    (one,) = info(script).log.entries
    told = None if one.fields is None else [(tag, value.hex()) for tag, value in one.fields]
    assert one.raw.hex() == record and told == fields and one.load is None


@pytest.mark.parametrize(
    ("record", "load"),
    [
        ("9F79000000000100000000005000000C", ("9F79", 100, 5000)),
        ("DF79000000000100000000005000000C", ("DF79", 100, 5000)),
        ("9F7900000000010A000000005000000C", ("9F79", None, 5000)),
        ("9F7700000000010000000000500000", None),
        ("9F79000000000100000000005000000C00", None), ("9F7900", None), ("", None),
    ],
)  # fmt: skip
def test_the_load_log(record: str, load: Any) -> None:
    """LG-005: purse, balance before and after, then the fields of DF4F."""
    script = card("DF4D020C01", told=PURSE | {"DF4F": "9F3602"})
    script.records = {(12, 1): bytes.fromhex(record)}
    (one,) = info(script).load_log.entries
    assert one.load == load and (one.fields is None) == (load is None)
    assert one.raw.hex().upper() == record


def test_a_blocked_application_tells_its_logs() -> None:
    """LG-004, EP-065, EP-093: card information alone."""
    blocked = card().fci[AID] + b"\x62\x83"
    found = info(card(answers={2: blocked}))
    assert found.blocked and found.purses
    assert short(run(card(answers={2: blocked}), "balance"))[1] == "no_application"
    assert not run(card(answers={2: b"\x62\x83"})).commands[2:]
    assert short(run(card(answers={2: blocked[:-2] + b"\x62\x84"})))[1] == "no_application"
    p12 = document(switches={"ep.selection": "p12"}, profile="jrt0025-2013", ttq="26000080")
    assert short(run(card(answers={2: blocked}), config=p12))[1] == "card_info_read"
    assert short(run(card(answers={2: blocked}), "balance", config=p12))[2] == "EP-093"


def test_no_gpo_no_pdol_no_qualifiers() -> None:
    """QP-151: what only a payment needs is not asked for; the clock is (QP-176)."""
    script = Script(fci={AID: application(pdol=None)}, told=PURSE)
    assert short(run(script, config=document(ttq=None)))[1] == "card_info_read"
    script.fci[AID] = template("6F", template("A5", objects(("50", "41"))))
    assert "84" not in info(script).objects and short(tap(script))[2] == "EP-060"
    script.fci[AID] += b"\x00"
    assert short(run(script))[2] == "EP-060"  # EP-068
    assert run(card(), date="261341").rule == "QP-176"
    with pytest.raises(CallRefused):
        run(card(), start="B")


def test_another_kernel_is_not_asked() -> None:
    """EP-072: the next candidate is."""
    other = "A0000000031010"
    script = card(ppse=directory(entry(other), entry()))
    script.fci[other] = application(name=other)
    settings = document()
    settings["combination"].append({"aid": other, "kernel": 3, "ttq": "36004080"})
    assert run(script, config=settings).balance == 12345


@pytest.mark.parametrize("at", range(1, 19))
def test_a_card_that_leaves_is_asked_again(at: int) -> None:
    """EP-035: what it had told does not count; cancelled is not lost."""
    whole = "9F4D020B01"
    again, first = card(whole), card(whole, lost=(at,))
    first.records = again.records = {(11, 1): b"\x01"}
    found = run(first, "card-info", again)
    assert short(found)[1] == "card_info_read" and len(found.commands) == at + 18
    gone = run(card(whole, lost=(at,)), "card-info", None)
    assert short(gone) == ("end_application", "no_card", "EP-031")
    ended = run(card(whole, cancelled=at))
    assert short(ended) == ("end_application", "cancelled", "")
