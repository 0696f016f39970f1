"""Card information: QP-151, QP-152, EC-045 and LG-001 to LG-007, against what the card says."""

from __future__ import annotations

import datetime
import json
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tapkern import CardInfo, Detection, Event, StepKind, Terminal
from tapkern._numbers import DataList, LogEnd, Purpose
from tapkern.card import Card, Fault, names
from tapkern.card.describe import describe
from tapkern.card.tlv import decode, encode
from tapkern.outcome import Status
from tapkern.params.capk import resolve
from tests import taps
from tests.taps import Bench

ALL = taps.Path(resolve("tapkern:params/configs/demo-all.toml", taps.Path()))
WAITING = {name: taps.FIXED[name] for name in ("random", "clock")}
COMMANDS = 17
"""PPSE, SELECT and 15 GET DATA; then the records."""
FORMAT = "9A039F21039F02069F03069F1A025F2A029F4E149C019F3602"
REFUSED = {"blocked-card": "no_application"}
"""Ready cards that cannot be read at all, and the reason."""


def info(reader: Bench, config: taps.Path = ALL) -> CardInfo:
    return taps.terminal(config).card_info(reader, **WAITING)


def truth(card: Card, aid: str | None) -> dict[str, Any]:
    """What the card says of one application."""
    (found,) = [one for one in describe(card)["applications"] if one["aid"] == aid]
    return dict(found)


def changed(
    data: dict[str, str] | None = None,
    fci: dict[int, bytes] | None = None,
    records: Callable[[int, int], bytes] | None = None,
    card: Card | None = None,
) -> Bench:
    """A card (pure-ec) that lies: answers to GET DATA by tag, elements of BF0C, records by SFI."""

    def change(number: int, command: bytes, own: bytes) -> bytes:
        if command[1] == 0xCA and data and command[2:4].hex().upper() in data:
            return bytes.fromhex(data[command[2:4].hex().upper()])
        if command[1] == 0xB2 and records:
            return records(command[3] >> 3, command[2])
        if command[1] == 0xA4 and number == 2 and fci is not None:
            return with_bf0c(own, fci)
        return own

    return Bench(card or Card.load("pure-ec"), change=change)


def with_bf0c(answer: bytes, elements: dict[int, bytes]) -> bytes:
    """The FCI with other elements in BF0C."""
    ((_, fci),) = decode(answer[:-2])
    parts = dict(decode(fci))
    inside = dict(decode(parts[0xA5]))
    inside[0xBF0C] = b"".join(encode(tag, value) for tag, value in elements.items())
    parts[0xA5] = b"".join(encode(tag, value) for tag, value in inside.items())
    body = b"".join(encode(tag, value) for tag, value in parts.items())
    return encode(0x6F, body) + answer[-2:]


# --- what the ready cards say ------------------------------------------------------------------


@pytest.mark.parametrize("name", names())
def test_every_ready_card_says_what_it_holds(name: str) -> None:
    """QP-151, QP-152, EC-045, LG-007: the purses in their currencies; nothing is paid."""
    card = taps.card(name)
    before = json.dumps(describe(card), sort_keys=True)
    reader = Bench(card)
    found = info(reader)
    assert json.dumps(describe(card), sort_keys=True) == before
    assert {command[1] for command in reader.commands} <= {0xA4, 0xCA, 0xB2}
    if name in REFUSED:
        assert not found.read and found.outcome.reason == REFUSED[name] and found.purses == ()
        return
    assert found.read and found.outcome.reason == "card_info_read"
    own = truth(card, found.aid)
    assert (found.label, found.blocked) == (own["label"], own["blocked"])
    assert (found.atc, found.last_online_atc) == tuple(own["counters"].values())[:2]
    expected = [
        (int(currency), *(purse[key] for key in ("balance", "limit", "single", "reset")))
        for currency, purse in (
            (own["currency"], own["purse"]),
            (own["second"] and own["second"]["currency"], own["second"]),
        )
        if purse
    ]
    told = [
        (p.currency, p.balance_minor, p.limit_minor, p.single_minor, p.reset_minor)
        for p in found.purses
        if p.limit_minor is not None
    ]
    assert told == expected and all(purse.from_card for purse in found.purses)
    assert found.log.end is (LogEnd.LAST if own["log"] else LogEnd.NONE)
    assert found.load_log.end is (LogEnd.LAST if own["load_log"] else LogEnd.NONE)
    assert "62000000000000" not in repr(found) + json.dumps(found.to_json())


def test_the_log_tells_the_taps() -> None:
    """LG-001, LG-002, LG-003: newest first, decoded by the format of the card itself."""
    reader = Bench(Card.load("pure-ec"))
    for minute, amount in enumerate((1250, 300, 1, 999)):
        more = {**taps.FIXED, "time": f"1011{minute:02d}"}
        assert taps.terminal(ALL).tap(reader, amount, **more).outcome.approved
    found = info(reader)
    assert [entry.amount_minor for entry in found.log.entries] == [999, 1, 300, 1250]
    assert found.purses[0].balance == Decimal("24.50") and found.atc == 4
    newest = found.log.entries[0]
    assert (newest.date, newest.time) == (datetime.date(2026, 11, 21), datetime.time(10, 11, 3))
    assert (newest.currency, newest.country, newest.type, newest.atc) == (156, 156, 0, 4)
    assert newest.amount == Decimal("9.99") and newest.fits and len(newest.raw) == 45
    own = truth(reader.card, found.aid)["log"]["entries"]
    assert [entry.merchant or "" for entry in found.log.entries] == [one["merchant"] for one in own]
    assert [entry.atc for entry in found.log.entries] == [one["atc"] for one in own]
    assert found.log.layout is not None and found.log.layout.hex().upper() == FORMAT
    assert (found.log.sfi, found.log.announced, found.log.end) == (11, 10, LogEnd.LAST)


def test_a_full_log_is_read_to_its_number() -> None:
    """LG-001: ten records, so ten commands: the card is not asked for an eleventh."""
    reader = Bench(Card.load("pure-ec"))
    for _ in range(12):
        taps.tap(reader, 1, ALL)
    reader.commands.clear()
    found = info(reader)
    assert [entry.atc for entry in found.log.entries] == list(range(12, 2, -1))
    assert found.log.end is LogEnd.ALL
    assert [c[2] for c in reader.commands if c[1] == 0xB2 and c[3] == 11 << 3 | 4] == [
        *range(1, 11)
    ]


def test_loads_are_told_in_the_currency_of_their_purse() -> None:
    """LG-005: tag, balance before and after, then the fields of DF4F."""
    rest = "261121" + "101112" + "0007"
    loads = [
        "9F79" + "000000000100" + "000000005000" + rest,
        "DF79" + "000000000200" + "000000007000" + rest,
        "9F79" + "00000000010A" + "000000005000" + rest,
        "9F79" + "000000000100" + "000000005000" + rest[:-2],
        "9F79",
        "9F77" + "000000000100" + "000000005000" + rest,
    ]
    layout = bytes.fromhex("9A039F21039F3602")

    def records(sfi: int, number: int) -> bytes:
        rows = loads if sfi == 12 else []
        return bytes.fromhex(rows[number - 1]) + b"\x90\x00" if number <= len(rows) else b"\x6a\x83"

    reader = changed(
        {"DF4F": (encode(0xDF4F, layout) + b"\x90\x00").hex(), "DF71": "DF710203929000"},
        {0xDF4D: b"\x0c\x0a"}, records, Card.load("dual-currency"),
    )  # fmt: skip
    found = info(reader)
    assert [purse.currency for purse in found.purses] == [156, 392]
    first, yen, bad, short, tiny, limit = found.load_log.entries
    assert first.load is not None and yen.load is not None and bad.load is not None
    assert (first.load.tag, first.load.before_minor, first.load.after_minor) == (0x9F79, 100, 5000)
    assert (first.date, first.atc) == (datetime.date(2026, 11, 21), 7)
    assert yen.to_json()["after"] == "7000" and first.to_json()["after"] == "50.00"
    assert bad.load.before_minor is None and bad.load.after_minor == 5000
    assert not short.fits and not tiny.fits and short.load is None
    assert not limit.fits and limit.load is None  # the balance limit is no purse
    assert short.raw == bytes.fromhex(loads[3]) and tiny.raw == bytes.fromhex("9F79")
    assert found.log.end is LogEnd.NONE


# --- near misses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "count", "end"),
    [
        ("0A03", 0, LogEnd.NO_FILE), ("0B03", 3, LogEnd.ALL), ("0C03", 3, LogEnd.ALL),
        ("1E03", 3, LogEnd.ALL), ("1D03", 3, LogEnd.ALL), ("1F03", 0, LogEnd.NO_FILE),
        ("2003", 0, LogEnd.NO_FILE), ("0B00", 0, LogEnd.ALL), ("0B01", 1, LogEnd.ALL),
        ("0B1E", 30, LogEnd.ALL), ("0B1F", 30, LogEnd.MORE), ("0BFF", 30, LogEnd.MORE),
        ("0B", 0, LogEnd.NONE), ("0B0303", 0, LogEnd.NONE),
    ],
)  # fmt: skip
def test_where_a_log_may_lie(entry: str, count: int, end: LogEnd) -> None:
    """LG-001, CMD-006: SFI 11 to 30; as many records as it says, at most 30."""
    reader = changed(fci={0x9F4D: bytes.fromhex(entry)}, records=lambda *_: b"\xaa\x90\x00")
    found = info(reader)
    assert (len(found.log.entries), found.log.end) == (count, end)
    assert len(reader.commands) == COMMANDS + count
    sent = [command for command in reader.commands if command[1] == 0xB2]
    assert [command[2] for command in sent] == [*range(1, count + 1)]
    assert {command[3] for command in sent} <= {bytes.fromhex(entry)[0] << 3 | 4}


@pytest.mark.parametrize(
    ("word", "end"),
    [("6A83", LogEnd.LAST), ("6A82", LogEnd.REFUSED), ("6A84", LogEnd.REFUSED),
     ("6982", LogEnd.REFUSED), ("9001", LogEnd.REFUSED)],
)  # fmt: skip
@pytest.mark.parametrize("at", [1, 2])
def test_a_log_ends_at_a_status_word(word: str, end: LogEnd, at: int) -> None:
    """LG-003: 6A83 is the end of the log; the load log is read all the same."""

    def records(sfi: int, number: int) -> bytes:
        if sfi == 11 and number == at:
            return b"\xaa" * 45 + bytes.fromhex(word)
        return b"\xaa" * 45 + b"\x90\x00" if number < 3 else b"\x6a\x83"

    found = info(changed(records=records))
    assert (len(found.log.entries), found.log.end) == (at - 1, end)
    assert (len(found.load_log.entries), found.load_log.end) == (2, LogEnd.LAST)


@pytest.mark.parametrize(
    ("layout", "record", "fits"),
    [
        ("9A039C01", "26112100", True),
        ("9A039C01", "261121", False),
        ("9A039C01", "2611210000", False),
        ("9A03", "261121", True),
        ("9A", "261121", False),  # ends before a length
        ("9F", "261121", False),  # ends inside a tag
        ("9A039F8080800101", "26112100", False),  # no tag
        ("9A0300", "261121", False),
        ("", "261121", False),
        ("9A039A039A00", "261121261122", True),
        ("9A039C00", "261121", True),
    ],
)
def test_the_format_of_the_card(layout: str, record: str, fits: bool) -> None:
    """LG-002, LG-003, DOL-014: a record that the format does not describe stays bytes."""
    answer = (encode(0x9F4F, bytes.fromhex(layout)) + b"\x90\x00").hex()
    found = info(changed({"9F4F": answer}, records=lambda *_: bytes.fromhex(record) + b"\x90\x00"))
    for entry in found.log.entries:
        assert (entry.fits, entry.raw.hex()) == (fits, record)
        assert entry.date == (datetime.date(2026, 11, 21) if fits else None)
        assert ("raw" in entry.to_json()) is not fits and bool(entry.fields) is fits
    assert len(found.log.entries) == 10


@pytest.mark.parametrize("answer", ["", "6A88", "9000", "9F4F9000", "9F4F05019000", "DF4F009000"])
def test_no_format(answer: str) -> None:
    """APDU-010, CMD-030: no 9F4F, so records are bytes; a lost card is none of this."""
    found = info(changed({"9F4F": answer}, records=lambda *_: b"\xaa\x90\x00"))
    if answer == "":
        assert not found.read and found.outcome.reason == "card_lost"
        return
    assert found.log.layout is None and len(found.log.entries) == 10
    assert not any(entry.fits for entry in found.log.entries)


def test_values_that_mean_nothing() -> None:
    """What cannot be read is None; the others of the record are told."""
    record = "261321" + "256060" + "00000000010A" + "000000000000" + "0A56" + "F156"
    record += "54656100" + "6161" * 8 + "FF" + "0001"
    found = info(changed(records=lambda *_: bytes.fromhex(record) + b"\x90\x00"))
    entry = found.log.entries[0]
    assert entry.fits and (entry.date, entry.time, entry.amount_minor) == (None, None, None)
    assert (entry.other_minor, entry.country, entry.currency) == (0, None, None)
    assert (entry.merchant, entry.type, entry.atc) == ("Tea " + "a" * 16, 0xFF, 1)
    assert len(entry.fields) == 9


@pytest.mark.parametrize(
    ("changes", "balance", "currency", "own"),
    [
        ({}, 5000, 156, True),
        ({"9F79": "6A88"}, 5000, 156, True),  # 9F5D
        ({"9F79": "9F790600000000010A9000", "9F5D": "6A88"}, None, 156, True),
        ({"9F79": "9F7806000000000100 9000", "9F5D": "9F5D050000000001009000"}, None, 156, True),
        ({"9F51": "9F5102084C9000"}, 5000, 156, False),
        ({"9F51": "9F510210009000"}, 5000, 156, False),
        ({"9F51": "6A88"}, 5000, 156, False),
        ({"9F51": "9F510203929000"}, 5000, 392, True),
    ],
)
def test_the_balance_and_its_currency(
    changes: dict[str, str], balance: int | None, currency: int, own: bool
) -> None:
    """QP-151, QP-152, CMD-007: 9F79, else 9F5D; the currency of 9F51, else that of the terminal."""
    found = info(changed(changes))
    (purse,) = found.purses
    assert (purse.balance_minor, purse.currency, purse.from_card) == (balance, currency, own)
    assert found.outcome.balance_minor == balance
    assert purse.balance == (
        None if balance is None else Decimal(balance) / (100 if currency == 156 else 1)
    )
    shown = found.outcome.ui
    assert shown is not None and shown.currency == (0 if balance is None else currency)


def test_a_purse_without_a_currency_is_not_shown() -> None:
    """QP-152: the terminal's currency stands for the first purse alone; a card may tell nothing."""
    found = info(changed({"DF71": "6A88"}, card=Card.load("dual-currency")))
    assert len(found.purses) == 1 and found.objects[0xDF79].hex() == "000000003000"
    silent = {tag: "6A88" for tag in ("9F79", "9F77", "9F78", "9F6D", "9F5D", "9F36", "9F13")}
    found = info(changed(silent))
    assert found.read and found.purses == () and found.atc is None
    assert found.outcome.ui is not None and found.outcome.ui.value == 0


def test_a_blocked_application_tells_its_log() -> None:
    """LG-004, EP-065: SELECT 6283 with FCI is read; a payment and a balance are refused."""
    card = Card.from_toml('base = "pure-ec"\n[[application]]\nblocked = true\n')
    reader = Bench(card)
    assert info(reader).blocked
    terminal = taps.terminal(ALL)
    assert terminal.tap(reader, 1, **taps.FIXED).outcome.reason == "no_application"
    assert terminal.balance(reader, **WAITING).outcome.reason == "no_application"
    for word in ("6282", "6284", "6A82"):
        lying = Bench(
            Card.load("pure-ec"),
            change=lambda n, _c, own, word=word: own[:-2] + bytes.fromhex(word) if n == 2 else own,
        )
        assert not info(lying).read
    empty = Bench(Card.load("pure-ec"), change=lambda n, _, own: b"\x62\x83" if n == 2 else own)
    assert not info(empty).read and len(empty.commands) == 2


# --- cards that leave, lie or overflow ---------------------------------------------------------


def test_a_card_that_leaves_is_asked_for_again() -> None:
    """EP-035: at each command; what it had said before does not count, and nothing is lost."""
    whole = Bench(Card.load("pure-ec"))
    taps.tap(whole, 1, ALL)
    whole.commands.clear()
    complete = info(whole)
    last = len(whole.commands)
    for at in range(1, last + 1):
        for how in ("leave", "mute"):
            reader = Bench(Card.load("pure-ec"), **{how: at})
            reader.card = whole.card
            found = info(reader)
            assert found == complete or found.to_json() == complete.to_json(), at
            reader = Bench(whole.card, detections=[Detection.CARD, Detection.TIMEOUT], **{how: at})
            found = info(reader)
            assert not found.read and found.outcome.reason == "no_card"
            assert found.purses == () and found.log.entries == () and found.log.end is None


def test_records_beyond_all_measure() -> None:
    """The arena holds what it holds; the rest is not read, and it says so."""
    reader = changed(records=lambda *_: b"\xaa" * 256 + b"\x90\x00")
    found = info(
        changed(
            fci={0x9F4D: b"\x0b\x1e", 0xDF4D: b"\x0c\x1e"},
            records=lambda *_: b"\xaa" * 256 + b"\x90\x00",
        )
    )
    assert found.log.end is LogEnd.FULL is found.load_log.end
    assert 14 <= len(found.log.entries) < 30 and found.load_log.entries == ()
    assert all(entry.raw == b"\xaa" * 256 for entry in found.log.entries)
    assert info(reader).log.end is LogEnd.ALL


def test_no_card_number_is_shown() -> None:
    """A log that names the card number keeps it to itself: repr, JSON and texts are masked."""
    pan, track = "6200000000000001115F", "6200000000000001115D49122220000000000F"
    layout = encode(0x9F4F, bytes.fromhex("5A0A57139C01")).hex() + "9000"
    record = bytes.fromhex(pan + track + "00") + b"\x90\x00"
    for given in (layout, "6A88"):
        found = info(changed({"9F4F": given}, records=lambda *_: record))
        shown = repr(found) + str(found) + json.dumps(found.to_json())
        shown += "".join(one.text for entry in found.log.entries for one in entry.fields)
        assert "0000000000111" not in shown and pan[:-1].encode().hex() not in shown
    named = b"Tea " + pan[:-1].encode() + b" bar"
    layout = encode(0x9F4F, bytes.fromhex("9F4E1B")).hex() + "9000"
    found = info(changed({"9F4F": layout}, records=lambda *_: named + b"\x90\x00"))
    assert found.log.entries[0].merchant == "Tea 620000*********1115 bar"


@pytest.mark.parametrize("seed", range(60))
def test_a_liar_gets_a_sound_result(seed: int) -> None:
    """Any answer noise, cut, changed or refused: a result, within bounds, that JSON can hold."""
    draw = random.Random(seed)

    def change(number: int, command: bytes, own: bytes) -> bytes:
        if number < 2 or draw.random() < 0.6:
            return own
        at = draw.randrange(len(own))
        return draw.choice([
            own[:at] + own[-2:], draw.randbytes(draw.randrange(2, 259)),
            draw.randbytes(draw.randrange(257)) + b"\x90\x00",
            own[:at] + bytes([own[at] ^ 1 << draw.randrange(8)]) + own[at + 1 :],
        ])  # fmt: skip

    reader = Bench(Card.load("pure-ec"), change=change)
    found = info(reader)
    assert json.loads(json.dumps(found.to_json())) == found.to_json()
    assert found.outcome.status in (Status.END_APPLICATION, Status.TRY_ANOTHER_INTERFACE)
    assert len(reader.commands) <= 77 and not found.outcome.card_may_have_paid
    assert found.read is (found.outcome.reason == "card_info_read")
    assert all(len(log.entries) <= 30 for log in (found.log, found.load_log))


STEPS = """
[terminal]
country = 156
currency = "CNY"
capabilities = "E0F8C8"
[[combination]]
aid = "A000000333"
partial_match = true
ttq = ["emv_mode"]
[combination.switches]
"apdu.follow_61_6c" = {follow}
"""


@pytest.mark.parametrize("fault", ["t0-61:command=get-data", "t0-6c:command=get-data"])
@pytest.mark.parametrize("follow", [True, False])
def test_answers_in_steps(fault: str, follow: bool) -> None:
    """APDU-003: a card that answers 61xx or 6Cxx is followed where that is configured."""
    terminal = Terminal.from_toml(STEPS.format(follow=str(follow).lower()))
    plain = terminal.card_info(Bench(Card.load("pure-ec")), **WAITING)
    faults = [Fault.parse(fault)]
    found = terminal.card_info(Bench(Card.load("pure-ec", faults=faults)), **WAITING)
    assert found.purses == (plain.purses if follow else ()) and plain.purses
    assert found.read and found.log.end is LogEnd.LAST


def test_the_list_is_of_this_purpose_alone() -> None:
    """Another purpose has no such list, and this one has no other; a terminal may cancel."""
    terminal = taps.terminal(ALL)
    tap = terminal.begin(terminal.transaction(0, purpose=Purpose.CARD_INFO))
    assert tap.fetch(DataList.CARD_INFO) is None and tap.kind == StepKind.SHOW
    tap.resume(Event.UNSUPPORTED)
    while not tap.finished:
        tap.resume(Event.DONE)
    assert tap.outcome.reason == "unsupported" and tap.fetch(DataList.CARD_INFO) is None
    paid = terminal.tap(Bench(Card.load("pure-ec")), 1, **taps.FIXED)
    assert paid.outcome.approved and paid.fetch(DataList.CARD_INFO) is None


DOLLARS, YUAN = 840, 156


@pytest.mark.parametrize(
    ("card", "currency", "balance"),
    [
        ("dual-currency", YUAN, 20000),
        ("dual-currency", DOLLARS, 3000),
        ("dual-currency", 344, None),
        ("pure-ec", YUAN, 5000),
        ("pure-ec", DOLLARS, None),
    ],
)
def test_the_purse_of_a_currency(card: str, currency: int, balance: int | None) -> None:
    """TR-006: asked before GPO, so that the terminal can choose the currency in which it pays."""
    terminal = taps.terminal(ALL)
    reader = Bench(Card.load(card))
    found = terminal.card_info(reader, currency=currency, **WAITING)
    purse = found.purse_in(currency)
    assert found.outcome.balance_minor == (balance or found.purses[0].balance_minor)
    assert found.outcome.ui is not None
    assert (found.outcome.ui.currency == currency) is (balance is not None)
    assert (purse and purse.balance_minor) == balance
    assert len(found.purses) == (2 if card == "dual-currency" else 1)


def test_a_payment_in_the_currency_that_the_card_has() -> None:
    """TR-006: the dollars of the fare leave the purse in dollars, the other one stays."""
    terminal = taps.terminal(ALL)
    reader = Bench(Card.load("dual-currency"))
    assert terminal.card_info(reader, currency=DOLLARS, **WAITING).purse_in(DOLLARS)
    outcome = terminal.tap(reader, "2.50", currency=DOLLARS, **taps.FIXED).outcome
    after = terminal.card_info(reader, **WAITING)
    assert outcome.approved
    assert [purse.balance_minor for purse in after.purses] == [20000, 2750]
