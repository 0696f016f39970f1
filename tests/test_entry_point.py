"""The entry point and its outcomes, rule by rule, each with its near miss (digest file 20).

The card is the simulated debit card; what a test is about is put into its answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tapkern import Detection, Message, Status, Terminal
from tapkern._numbers import InterfaceCode, Qualifier, StartCode, UiStatus
from tapkern.card import Card
from tapkern.card.tlv import encode
from tests.taps import BARE, DEMO, FIXED, MASKED, Bench, tap

PPSE = b"2PAY.SYS.DDF01"
DEBIT = bytes.fromhex("A000000333010101")
OTHER = bytes.fromhex("A000000333010103")
SELECT_PPSE = bytes.fromhex("00A404000E325041592E5359532E444446303100")
OK = b"\x90\x00"

COMBINATION = """
[[combination]]
aid = "A000000333010101"
ttq = {ttq}
{more}
"""
ONLINE = '["emv_mode", "contact_chip", "online_pin", "signature", "fdda_01"]'
OFFLINE = '["emv_mode", "offline_only", "signature", "fdda_01"]'


def terminal(more: str = 'floor_limit = "200.00"', ttq: str = ONLINE) -> Terminal:
    """A terminal with one combination."""
    return Terminal.from_toml(BARE + COMBINATION.format(ttq=ttq, more=more))


def pay(amount: str, found: Terminal, reader: Bench | None = None, **more: Any) -> Any:
    """A tap at a terminal: its outcome, and the TTQ that was sent."""
    done = found.tap(reader or Bench(), amount, **{**FIXED, **more})
    return done.outcome, done.tags.get(0x9F66)


def entry(aid: bytes, *, priority: bytes = b"\x01", kernel: bytes | None = None) -> bytes:
    """A directory entry."""
    parts = encode(0x4F, aid) + encode(0x87, priority)
    return encode(0x61, parts + (b"" if kernel is None else encode(0x9F2A, kernel)))


def directory(*entries: bytes, name: bytes = PPSE) -> bytes:
    """A PPSE answer with these entries."""
    inside = encode(0xBF0C, b"".join(entries))
    return encode(0x6F, encode(0x84, name) + encode(0xA5, inside)) + OK


def listing(answer: bytes) -> Bench:
    """The debit card behind another directory."""
    return Bench(change=lambda number, _, given: answer if number == 1 else given)


def selected(answer: bytes, found: Terminal | None = None) -> list[str]:
    """What is selected after a directory, in order."""
    reader = listing(answer)
    pay("12.50", found or terminal(), reader)
    return [command[5:-1].hex().upper() for command in reader.commands[1:] if command[1] == 0xA4]


@pytest.mark.parametrize(
    ("more", "amount", "online_required", "rule"),
    [
        ('floor_limit = "200.00"', "200.00", False, "EP-015"),
        ('floor_limit = "200.00"', "200.01", True, "EP-015"),
        ('terminal_floor_limit = "200.00"', "200.00", False, "EP-016"),
        ('terminal_floor_limit = "200.00"', "200.01", True, "EP-016"),
        ("", "0.01", True, "EP-017"),
        ('floor_limit = "9"\nstatus_check = true', "1.00", True, "EP-012, EP-020, QP-020"),
        ('floor_limit = "9"\nstatus_check = true', "1.01", False, "EP-012, EP-020, QP-020"),
        ('floor_limit = "9"', "1.00", False, "EP-012, EP-020, QP-020"),
        ('floor_limit = "9"', "0", True, "EP-013, EP-021, QP-021"),
    ],
)
def test_online_cryptogram_required(
    more: str, amount: str, online_required: bool, rule: str
) -> None:
    """EP-011...EP-021, QP-020, QP-021, QP-025: TTQ B2b8 as sent (EP-069, QP-004)."""
    _, ttq = pay(amount, terminal(more))
    assert bool(ttq[1] & 0x80) is online_required, rule
    assert ttq[0] == 0x36 and ttq[2:] == b"\x00\x80"


@pytest.mark.parametrize(("amount", "wanted"), [("299.99", False), ("300.00", True)])
def test_cvm_required(amount: str, wanted: bool) -> None:
    """EP-018, EP-022, QP-024: from the limit on, TTQ B2b7."""
    _, ttq = pay(amount, terminal('floor_limit = "900.00"\ncvm_limit = "300.00"'))
    assert bool(ttq[1] & 0x40) is wanted


@pytest.mark.parametrize(
    ("more", "ttq", "amount", "allowed"),
    [
        ('floor_limit = "9"\ntransaction_limit = "20.00"', ONLINE, "19.99", True),  # EP-014
        ('floor_limit = "9"\ntransaction_limit = "20.00"', ONLINE, "20.00", False),  # QP-023
        ('floor_limit = "9"\nzero_amount = false', ONLINE, "0", False),  # EP-013
        ('floor_limit = "9"', OFFLINE, "0", False),  # EP-021, QP-022
        ('floor_limit = "9"', OFFLINE, "0.01", True),
        ('floor_limit = "9"', '["contact_chip", "fdda_01"]', "1.00", False),  # EP-026
    ],
)
def test_not_allowed(more: str, ttq: str, amount: str, allowed: bool) -> None:
    """EP-024, QP-026: with no combination left another interface is asked for, before any field."""
    reader = Bench()
    outcome, _ = pay(amount, terminal(more, ttq), reader)
    assert (outcome.rule != "EP-024") is allowed
    if not allowed:
        assert outcome.status is Status.TRY_ANOTHER_INTERFACE and outcome.reason == "not_allowed"
        assert outcome.start is StartCode.NA and outcome.alternate is None
        assert outcome.ui.message == 0x18 and outcome.ui.status is UiStatus.ERROR
        assert reader.commands == [] and outcome.data_record == outcome.discretionary == b""


def test_limits_are_whole_minor_units_of_one_currency() -> None:
    """EP-025, QP-013: 20000 minor units are 200.00; another currency is compared as it stands."""
    for currency in (156, 978):
        _, ttq = pay("200.01", terminal(), currency=currency)
        assert ttq[1] & 0x80


def test_limits_belong_to_the_type() -> None:
    """QP-010, QP-027: a type that no combination lists does nothing."""
    outcome, _ = pay("1.00", terminal(), type=0x20)
    assert (outcome.status, outcome.rule) == (Status.TRY_ANOTHER_INTERFACE, "EP-024")
    outcome, _ = pay("1.00", terminal('floor_limit = "9"\ntypes = ["20"]'), type=0x20)
    assert outcome.rule != "EP-024"


def test_a_longer_aid_has_its_own_limits() -> None:
    """QP-010, EP-057: of two terminal AIDs that match, the longer one counts."""
    short = COMBINATION.format(ttq=ONLINE, more='floor_limit = "1.00"').replace("010101", "")
    found = Terminal.from_toml(
        BARE + short + COMBINATION.format(ttq=ONLINE, more='floor_limit = "200.00"')
    )
    _, ttq = pay("12.50", found)
    assert not ttq[1] & 0x80
    found = Terminal.from_toml(
        BARE
        + COMBINATION.format(ttq=ONLINE, more='floor_limit = "1.00"')
        + short.replace('"1.00"', '"200.00"')
    )
    _, ttq = pay("12.50", found)
    assert ttq[1] & 0x80


def test_directory_and_selection_commands() -> None:
    """EP-042, EP-064, CMD-001, CMD-003, APDU-002: names with Le = 00."""
    reader = Bench()
    outcome, _ = pay("12.50", terminal(), reader)
    assert reader.commands[0] == SELECT_PPSE
    assert reader.commands[1] == b"\x00\xa4\x04\x00\x08" + DEBIT + b"\x00"
    assert outcome.approved


def test_directory_order_and_priority() -> None:
    """EP-061, EP-062, EP-092: the best priority, then the first; 0 and absent come last."""
    found = Terminal.from_toml(
        BARE + COMBINATION.format(ttq=ONLINE, more='floor_limit = "200.00"').replace("010101", "")
    )
    assert selected(directory(entry(DEBIT)), found) == [DEBIT.hex().upper()]
    rows: list[tuple[bytes, bytes, bytes]] = [
        (b"\x02", b"\x01", DEBIT),
        (b"\x01", b"\x01", OTHER),
        (b"\x01", b"\x02", OTHER),
        (b"\x00", b"\x0f", DEBIT),
        (b"\x81", b"\x02", OTHER),
        (b"\x01\x01", b"\x0f", DEBIT),  # EP-048: a wrong length is no priority
    ]
    for first, second, best in rows:
        answer = directory(entry(OTHER, priority=first), entry(DEBIT, priority=second))
        assert selected(answer, found)[0] == best.hex().upper(), (first, second)


@pytest.mark.parametrize(
    ("kernel", "found"),
    [
        (None, True),  # EP-051: by the RID
        (b"\x07", True),  # EP-052
        (b"\x03", False),  # EP-055
        (b"\x80", False),  # EP-053: too short
        (b"\x87\x01\x56", False),
        (b"\xc0\x01\x56", False),
        (b"\x00", True),  # EP-055: any kernel
    ],
)
def test_kernel_identifiers(kernel: bytes | None, found: bool) -> None:
    assert bool(selected(directory(entry(DEBIT, kernel=kernel)))) is found


def test_a_kernel_identifier_may_be_ignored() -> None:
    """EP-054, both ways of the switch."""
    on = terminal('[combination.switches]\n"ep.k7_ignore_other_kid" = true')
    assert selected(directory(entry(DEBIT, kernel=b"\x03")), on)
    assert not selected(directory(entry(DEBIT, kernel=b"\x03")), terminal())


@pytest.mark.parametrize(
    "answer",
    [
        b"\x6a\x82",  # EP-043
        directory(entry(DEBIT))[:-2] + b"\x00" + OK,  # EP-044
        directory(entry(DEBIT), name=b"1PAY.SYS.DDF01"),  # EP-045
        directory(),
        directory(entry(DEBIT[:4])),  # EP-046
        directory(encode(0x61, b"\x4f\x09" + DEBIT)),  # EP-047
    ],
)
def test_no_candidate(answer: bytes) -> None:
    """EP-060, OUT-025: nothing to select ends with a request for another card."""
    outcome, _ = pay("12.50", terminal(), listing(answer))
    assert (outcome.status, outcome.reason, outcome.rule) == (
        Status.END_APPLICATION, "no_application", "EP-060",
    )  # fmt: skip
    assert outcome.ui.message == 0x1C and outcome.ui.status is UiStatus.READY_TO_READ
    assert outcome.start is StartCode.NA and not outcome.receipt


def test_a_bad_entry_does_not_hide_the_next_one() -> None:
    """EP-046, EP-047."""
    bad = encode(0x61, b"\x50\x01A") + encode(0x61, b"\x4f\x09" + DEBIT)
    assert selected(directory(bad, entry(DEBIT))) == [DEBIT.hex().upper()]


def test_the_next_candidate_is_tried() -> None:
    """EP-065, EP-041, OUT-004: a refused SELECT, and a refused GPO where the switch says so."""
    found = Terminal.from_toml(
        BARE + COMBINATION.format(ttq=ONLINE, more='floor_limit = "200.00"').replace("010101", "")
    )
    answer = directory(entry(OTHER), entry(DEBIT, priority=b"\x02"))
    assert selected(answer, found) == [OTHER.hex().upper(), DEBIT.hex().upper()]
    multi = Bench(Card.load("multi"), change=_gpo_refused_once())
    k3 = terminal('[combination.switches]\n"qp.gpo_sw_policy" = "k3style"').image
    assert k3
    both = DEMO.read_text("utf-8") + '[combination.switches]\n"qp.gpo_sw_policy" = "k3style"\n'
    # the last combination of the file is credit; the card prefers debit, whose policy stays uics
    done = Terminal.from_toml(both).tap(multi, "12.50", **FIXED)
    assert done.outcome.rule == "QP-052"


def _gpo_refused_once() -> Callable[[int, bytes, bytes], bytes]:
    return lambda _, command, answer: b"\x69\x85" if command[1] == 0xA8 else answer


def test_approval_signals() -> None:
    """OUT-001, OUT-005, OUT-011, OUT-012, OUT-020: card read, then approved with the balance."""
    outcome = tap(Bench()).outcome
    assert [ui.message for ui in outcome.shown] == [0x15, 0x17, 0x03]
    assert outcome.ui.status is UiStatus.CARD_READ
    assert (outcome.ui.qualifier, outcome.ui.value) == (Qualifier.BALANCE, 18750)  # QP-152
    assert outcome.ui.currency == 156 and outcome.receipt and outcome.data_record
    assert outcome.field_off_ms is None and outcome.removal_timeout_ms == 0


def test_signature_asks_for_a_receipt() -> None:
    """OUT-021, OUT-014, QP-112: what the card wants, whatever the shop may waive."""
    outcome, _ = pay(
        "12.50",
        terminal(
            'floor_limit = "200.00"\ncvm_limit = "1.00"', '["emv_mode", "signature", "fdda_01"]'
        ),
    )
    assert (outcome.status, outcome.cvm.value) == (Status.APPROVED, "signature")
    assert outcome.ui.message == 0x1A and outcome.receipt


def test_declined_signals() -> None:
    """OUT-022, OUT-010: not authorised; nothing offers another try."""
    outcome = tap(Bench(Card.load("forged"))).outcome
    assert outcome.status is Status.DECLINED and outcome.cvm.value == "n_a"
    assert outcome.ui.message == 0x07 and outcome.start is StartCode.NA
    assert outcome.alternate is None and outcome.restart_ui is None and not outcome.receipt
    assert Message(outcome.field55).get(0x8A) == b"Z1"


def test_online_signals() -> None:
    """OUT-023, QP-082, TT-003: card read directly after GPO; authorising, or the PIN."""
    reader = Bench(Card.load("credit"))
    outcome = tap(reader).outcome
    assert outcome.status is Status.ONLINE_REQUEST and len(reader.commands) == 3
    assert [ui.message for ui in outcome.shown] == [0x15, 0x17, 0x1B]
    assert outcome.pan != MASKED and outcome.data_record
    pin = tap(Bench(Card.load("credit")), "1500.00").outcome
    assert pin.cvm.value == "online_pin" and pin.ui.message == 0x09


def test_another_interface_signals() -> None:
    """OUT-024, OUT-013: insert or swipe, with discretionary data."""
    reader = Bench(change=lambda _, command, answer: OK if command[1] == 0xA8 else answer)
    outcome = tap(reader).outcome
    assert outcome.status is Status.TRY_ANOTHER_INTERFACE
    assert outcome.ui.message == 0x18 and outcome.ui.status is UiStatus.ERROR
    assert outcome.alternate is InterfaceCode.CONTACT_CHIP
    assert outcome.discretionary and not outcome.data_record


def test_see_phone_signals() -> None:
    """OUT-027, OUT-002, OUT-007, QP-054, EP-001, EP-030: field off for a second, then again."""
    reader = Bench(change=lambda n, command, answer: b"\x69\x86" if n == 3 else answer)
    outcome = tap(reader).outcome
    assert outcome.approved and reader.off[0] == 1000
    assert [ui.message for ui in outcome.shown] == [0x15, 0x20, 0x21, 0x17, 0x03]
    assert outcome.shown[1].hold_ms == 1000


def test_try_again_starts_from_nothing() -> None:
    """OUT-003, OUT-006, OUT-026, EP-003, EP-058, EP-035, EP-090, TLV-024, FMT-006, QP-043: the
    directory is read anew, nothing of the first pass is left, the number is a new one."""
    numbers = iter(bytes([n]) * 8 for n in range(1, 200))
    reader = Bench(leave=4)
    done = tap(reader, random=lambda: next(numbers))
    assert done.outcome.approved
    assert [ui.message for ui in done.outcome.shown[:3]] == [0x15, 0x21, 0x21]
    gpos = [command for command in reader.commands if command[1] == 0xA8]
    assert len(gpos) == 2 and gpos[0] != gpos[1]
    assert done.tags.get(0x9F37) in gpos[1] and done.tags.get(0x9F37) not in gpos[0]
    assert reader.commands[4] == SELECT_PPSE


def test_one_card_only() -> None:
    """EP-032."""
    reader = Bench(detections=[Detection.COLLISION, Detection.CARD])
    shown = tap(reader).outcome.shown
    assert [(ui.message, ui.status) for ui in shown[1:3]] == [
        (0x19, UiStatus.ERROR), (0x19, UiStatus.READY_TO_READ),
    ]  # fmt: skip


def test_only_these_commands_are_sent() -> None:
    """QP-002, QP-001, QP-072, CMD-006, QP-081, APDU-006: SELECT, GPO and READ RECORD, each once."""
    reader = Bench()
    tap(reader)
    assert [command[:2].hex() for command in reader.commands] == [
        "00a4", "00a4", "80a8", "00b2", "00b2", "00b2", "00b2",
    ]  # fmt: skip
    assert len(set(reader.commands)) == len(reader.commands)
    assert all(command[3] == 0x0C and command[4:] == b"\x00" for command in reader.commands[3:])


@pytest.mark.parametrize(
    ("answer", "balance"),
    [
        ("9F79060000000200009000", 20000),
        ("9F79060000000199996281", None),  # APDU-010: no 9000
        ("9F5D060000000200009000", None),  # CMD-030: another object
        ("9F7905000002000009000", None),
        ("6A88", None),
    ],
)
def test_balance_without_a_payment(answer: str, balance: int | None) -> None:
    """QP-151, CMD-007, EP-070: 9F79, else 9F5D, by GET DATA after SELECT; no GPO."""
    given = bytes.fromhex(answer[: len(answer) // 2 * 2])
    reader = Bench(change=lambda _, command, own: given if command[1:4] == b"\xca\x9f\x79" else own)
    found = terminal().balance(reader)
    if balance is None:  # the card tells 9F5D then
        assert reader.commands[-1] == bytes.fromhex("80CA9F5D00")
    assert found.balance_minor == 20000 and found.outcome.status is Status.END_APPLICATION
    assert not any(command[1] == 0xA8 for command in reader.commands)


def test_no_directory_no_aid() -> None:
    """EP-095: no AID is tried when there is no directory."""
    reader = listing(b"\x6a\x82")
    pay("12.50", terminal(), reader)
    assert reader.commands == [SELECT_PPSE]


def test_bits_of_ctq_for_other_kernels_do_not_count() -> None:
    """CTQ-003: B1b3, B1b2 and B1b1 of an online card."""
    swap = (bytes.fromhex("9F6C020000"), bytes.fromhex("9F6C020700"))
    reader = Bench(Card.load("credit"), change=lambda _n, _c, own: own.replace(*swap))
    outcome = tap(reader).outcome
    assert (outcome.status, outcome.cvm.value) == (Status.ONLINE_REQUEST, "no_cvm")


def test_a_record_that_is_refused_ends_the_tap() -> None:
    """APDU-011, QP-074; QP-051: a GPO without 9000 has no data."""
    reader = Bench(change=lambda n, _, own: b"\x6a\x83" if n == 5 else own)
    assert tap(reader).outcome.rule == "QP-074"
    reader = Bench(change=lambda n, _, own: own[:-2] + b"\x62\x00" if n == 3 else own)
    assert tap(reader).outcome.rule == "QP-055"


def test_values_sent_are_values_handed_over() -> None:
    """DOL-016, QP-004, FMT-001, FMT-003, FMT-005: amount, date, currency and number of GPO."""
    reader = Bench()
    found = tap(reader)
    (gpo,) = [command for command in reader.commands if command[1] == 0xA8]
    record = Message(found.outcome.data_record)
    for tag, length in ((0x9F02, 6), (0x5F2A, 2), (0x9A, 3), (0x9F37, 4), (0x9F66, 4), (0x95, 5)):
        value = record.get(tag)
        assert value is not None and len(value) == length and value in gpo
    assert record.get(0x5F2A) == b"\x01\x56"
    assert found.tags.get(0x81) == (1250).to_bytes(4, "big")


def test_a_second_sequence_number() -> None:
    """QP-083, TLV-022: 5F34 in GPO answer and record is no duplicate, 57 is one (QP-066, TLV-021);
    a mandatory element of a wrong length ends the tap (TLV-027)."""
    assert tap(Bench()).outcome.approved  # its card gives 5F34 twice
    twice = Bench(change=_double(bytes.fromhex("9F6C020000")))
    assert tap(twice).outcome.reason == "duplicate_data"
    longer = (bytes.fromhex("9F3602"), bytes.fromhex("9F3703"))
    assert not tap(Bench(change=lambda _n, _c, own: own.replace(*longer))).outcome.approved


def _double(item: bytes) -> Callable[[int, bytes, bytes], bytes]:
    """Puts an object of the GPO answer into it once more."""

    def change(_: int, command: bytes, own: bytes) -> bytes:
        if command[1] != 0xA8:
            return own
        content = own[3:-2] if own[1] == 0x81 else own[2:-2]
        return encode(0x77, content + item) + own[-2:]

    return change


def test_an_application_without_name_is_not_for_kernel_7() -> None:
    """EP-067, EP-068: FCI without 84, and without A5."""
    for old in (b"\x84\x08", b"\xa5"):
        reader = Bench(
            change=lambda n, _, own, old=old: (
                own.replace(old, b"\x85" + old[1:], 1) if n == 2 else own
            )
        )
        assert pay("12.50", terminal(), reader)[0].rule == "EP-060"


def test_a_kernel_that_is_not_built_in() -> None:
    """EP-072: its candidate is passed over."""
    text = BARE + COMBINATION.format(ttq=ONLINE, more='kernel = 3\nfloor_limit = "200.00"')
    reader = listing(directory(entry(DEBIT, kernel=b"\x03")))
    outcome, _ = pay("12.50", Terminal.from_toml(text), reader)
    assert outcome.rule == "EP-060" and len(reader.commands) == 2


@pytest.mark.parametrize(
    ("kernel", "asked", "selected_first"),
    [
        ("870156", b"\x87\x01\x56", True),  # EP-053: a domestic kernel by its three bytes
        ("870156", b"\x87\x01\x57", False),
        ("870156", b"\x87", False),
        ("870156", b"\x07", False),  # EP-052: an international one by the first byte alone
        ("800156", b"\x80\x01\x56", False),  # EP-053: without a short identifier
    ],
)
def test_domestic_kernels(kernel: str, asked: bytes, selected_first: bool) -> None:
    text = BARE + COMBINATION.format(ttq=ONLINE, more=f'kernel = "{kernel}"\nfloor_limit = "9"')
    found = Terminal.from_toml(text)
    assert bool(selected(directory(entry(DEBIT, kernel=asked)), found)) is selected_first


@pytest.mark.parametrize(("on", "found"), [("true", True), ("false", False)])
def test_ff_in_the_directory(on: str, found: bool) -> None:
    """TLV-014, EP-044: FF is padding in the directory where the combinations take it for that."""
    answer = directory(entry(DEBIT), b"\xff")
    switch = terminal(f'floor_limit = "9"\n[combination.switches]\n"tlv.skip_ff" = {on}')
    padded = encode(0x6F, b"\xff" + encode(0x84, PPSE) + directory(entry(DEBIT))[18:-2]) + OK
    assert bool(selected(padded, switch)) is found
    assert selected(answer, switch) == [DEBIT.hex().upper()]  # EP-047: what was found counts
