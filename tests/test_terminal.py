"""Terminal, Tap and Outcome: what an integrator sees, and what a card or a reader can do to it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tapkern import (
    CardLost,
    Cvm,
    Detection,
    Event,
    HostAnswer,
    KernelError,
    Message,
    Oda,
    ReaderError,
    Status,
    StepKind,
    Terminal,
    Transaction,
    UsageError,
)
from tapkern._numbers import Origin
from tapkern.card import Card
from tapkern.params.capk import resolve
from tapkern.readers.simulated import SimulatedReader
from tapkern.terminal import constant_random
from tests import taps
from tests.taps import FIXED, Bench, tap


def test_approval():
    found = tap(reader := Bench(taps.card()))
    outcome = found.outcome
    assert (outcome.status, outcome.reason, outcome.rule) == (
        Status.APPROVED, "approved_offline", "QP-120",
    )  # fmt: skip
    assert outcome.approved and outcome.oda is Oda.SUCCESSFUL and outcome.cvm is Cvm.NO_CVM
    assert outcome.balance == Decimal("187.50") and outcome.balance_minor == 18750
    assert not outcome.balance_is_before and not outcome.card_may_have_paid
    assert outcome.pan == taps.MASKED == found.pan()
    assert found.pan(unmasked=True) == taps.PAN
    assert outcome.approval_code == "ECC001"
    assert outcome.commands == len(reader.commands) == 7
    assert [ui.name for ui in outcome.shown] == ["present_card", "card_read_ok", "approved"]
    assert outcome.reason_text() == "approved offline"
    assert outcome.reason_text("zh") == "脱机批准"
    assert outcome.receipt
    field55 = Message(outcome.field55)
    assert field55.get(0x9F26) == found.tags.get(0x9F26)
    assert field55.get(0x9F02) == bytes.fromhex("000000001250")
    assert field55.get(0x9F37) == taps.UN
    assert field55.get(0x8A) == b"Y1" and field55.get(0x9F74) == b"ECC001"
    assert 0x5A not in field55 and 0x57 not in field55
    assert Message(outcome.data_record).get(0x5A) is not None
    assert found.tags.origin(0x9F26) is Origin.CARD_GPO and 0x9F26 in found.tags
    assert found.tags.get(0xDF7E) is None
    assert any(event.rule == "QP-120" and event.truth == 1 for event in found.rules())


def test_the_balance_goes_down_and_stays():
    terminal, card = taps.terminal(), taps.card()
    reader = SimulatedReader(card)
    assert terminal.balance(reader).balance == Decimal("200.00")
    terminal.tap(reader, Decimal("0.01"))
    result = terminal.balance(reader)
    assert (result.balance, result.balance_minor, result.currency) == (
        Decimal("199.99"),
        19999,
        156,
    )
    assert result.outcome.reason == "balance_read"
    assert terminal.balance(SimulatedReader(taps.card("credit"))).balance is None


def test_decline_when_the_balance_is_too_low():
    outcome = tap(Bench(taps.card("low-balance")), config=taps.OFFLINE).outcome
    assert (outcome.status, outcome.reason, outcome.rule) == (
        Status.DECLINED, "card_declined", "QP-069",
    )  # fmt: skip
    assert outcome.field55 == b"" or Message(outcome.field55)
    assert outcome.approval_code is None and outcome.cvm is Cvm.NA


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        ("00", Status.APPROVED, "host_approved"),
        (HostAnswer("00"), Status.APPROVED, "host_approved"),
        ("05", Status.DECLINED, "host_declined"),
        ("51", Status.DECLINED, "host_declined"),
        (None, Status.DECLINED, "host_not_reached"),
        (HostAnswer(None), Status.DECLINED, "host_not_reached"),
    ],
)
def test_online_request_is_completed_by_the_host(answer, status, reason):
    seen = []
    found = tap(Bench(taps.card("credit")), "128.00", on_ui=seen.append)
    request = found.outcome
    assert (request.status, request.rule) == (Status.ONLINE_REQUEST, "QP-124")
    assert not request.approved and Message(request.field55).get(0x9F27) == b"\x80"
    outcome = found.complete(answer)
    assert (outcome.status, outcome.reason) == (status, reason)
    assert found.outcome == outcome and found.before_host == request
    assert outcome.field55 == request.field55
    assert outcome.approval_code is None
    assert tuple(seen) == outcome.shown and len(outcome.shown) > len(request.shown)
    with pytest.raises(KernelError):
        found.complete("00")  # once only
    assert found.outcome == outcome


@pytest.mark.parametrize("code", ["", "0", "000", "é0", "0 ", "\x000"])
def test_response_codes_are_two_letters_or_digits(code):
    found = tap(Bench(taps.card("credit")))
    with pytest.raises(UsageError):
        found.complete(code)
    assert found.complete("00").approved


def test_only_an_online_request_takes_the_host():
    found = tap(Bench())
    with pytest.raises(KernelError):
        found.complete("00")
    assert found.outcome.reason == "approved_offline"


# --- reader -----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(1, 8))
def test_reader_that_disappears(number):
    with pytest.raises(ReaderError) as error:
        tap(Bench(taps.card(), reader_lost=number))
    found = error.value.tap
    assert found.finished and not found.outcome.approved
    assert found.outcome.card_may_have_paid is (number == 7)


def test_collision_cancel_and_no_card():
    reader = Bench(taps.card(), detections=[Detection.COLLISION, Detection.COLLISION])
    outcome = tap(reader).outcome
    assert outcome.approved
    assert [ui.name for ui in outcome.shown][:5] == [
        "present_card", "one_card_only", "one_card_only", "one_card_only", "one_card_only",
    ]  # fmt: skip
    assert tap(Bench(detections=[Detection.TIMEOUT])).outcome.reason == "no_card"
    assert tap(Bench(detections=[Detection.CANCEL])).outcome.reason == "cancelled"
    assert tap(Bench(), timeout_ms=0).outcome.reason == "no_card"


def test_collisions_do_not_wait_for_ever():
    class Crowd(Bench):
        def detect(self, timeout_ms: int) -> Detection:
            return Detection.COLLISION

    assert tap(Crowd(), timeout_ms=50).outcome.reason == "no_card"


# --- callbacks --------------------------------------------------------------------------------


def lookup_terminal(switches: str = "") -> Terminal:
    text = taps.DEMO.read_text("utf-8")
    text = text.replace("[terminal]\n", "[terminal]\nexception_lookup = true\n")
    return Terminal.from_toml(text.replace("receipt = true\n", "receipt = true\n" + switches, 1))


def test_lookup():
    asked = []

    def lookup(pan: str, psn: int | None) -> bool:
        asked.append((pan, psn))
        return False

    terminal = lookup_terminal()
    assert terminal.tap(Bench(), "1.00", lookup=lookup, **FIXED).outcome.approved
    assert asked == [(taps.PAN, 1)]
    outcome = terminal.tap(Bench(), "1.00", lookup=lambda pan, psn: True, **FIXED).outcome
    assert (outcome.status, outcome.reason) == (Status.DECLINED, "exception_file")
    # A terminal that cannot look does not approve.
    outcome = terminal.tap(Bench(), "1.00", **FIXED).outcome
    assert not outcome.approved


def test_a_sequence_number_that_is_none_cannot_be_looked_up():
    """A card with 5F34 = 0A: no list can tell it, so it is declined as if nobody could look."""

    def change(_: int, command: bytes, own: bytes) -> bytes:
        return own.replace(bytes.fromhex("5F340101"), bytes.fromhex("5F34010A"))

    asked = []
    terminal = lookup_terminal()
    reader = Bench(change=change)
    tap = terminal.tap(reader, "1.00", lookup=lambda *card: bool(asked.append(card)), **FIXED)
    assert asked == []
    assert (tap.outcome.status, tap.outcome.rule) == (Status.DECLINED, "QP-095")
    assert tap.outcome.reason == "unsupported"


def test_exception_file_in_the_image():
    terminal = taps.with_terminal(f'[[exception]]\npan = "{taps.PAN}"\n')
    outcome = terminal.tap(Bench(), "1.00", **FIXED).outcome
    assert (outcome.status, outcome.reason) == (Status.DECLINED, "exception_file")
    other = taps.with_terminal(f'[[exception]]\npan = "{taps.PAN}"\npsn = 9\n')
    assert other.tap(Bench(), "1.00", **FIXED).outcome.approved


def test_store_keeps_the_record_before_the_last_command():
    terminal = lookup_terminal('[combination.switches]\n"tt.upload_doubtful" = true\n')
    more = {**FIXED, "lookup": lambda pan, psn: False}
    kept = []
    reader = Bench()
    outcome = terminal.tap(reader, "1.00", store=kept.append, **more).outcome
    assert outcome.approved
    assert [None if record is None else len(record) for record in kept] == [512, None]

    def full(record: bytes | None) -> bool:
        raise OSError("disk full")

    for store in (full, lambda record: False):
        reader = Bench()
        outcome = terminal.tap(reader, "1.00", store=store, **more).outcome
        assert not outcome.approved
        assert len(reader.commands) == 6  # the last READ RECORD was not sent


def test_without_a_store_the_terminal_keeps_the_record():
    """TT-010: what nobody brings to its end stays with the terminal, which then finishes it."""
    terminal = taps.terminal()
    reader = Bench(leave=7, detections=[Detection.CARD, Detection.TIMEOUT])
    outcome = terminal.tap(reader, "1.00", **FIXED).outcome
    assert (outcome.reason, outcome.rule) == ("card_may_have_paid", "TT-016")
    assert len(terminal.torn_records) == 1
    again = terminal.tap(reader, "1.00", torn=terminal.torn_records.newest(), **FIXED).outcome
    assert again.reason == "approved_offline" and len(terminal.torn_records) == 0  # TT-015


# --- transaction ------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", ["12.50", Decimal("12.5"), 1250])
def test_amounts(amount):
    assert tap(Bench(), amount).tags.get(0x9F02) == bytes.fromhex("000000001250")


@pytest.mark.parametrize(
    "amount",
    [12.5, "12.505", "-1", "abc", "", "1e3", "NaN", True, None, 10**12, Decimal("NaN"), -1],
)
def test_wrong_amounts(amount):
    with pytest.raises(UsageError):
        tap(Bench(), amount)


@pytest.mark.parametrize(
    "wrong",
    [{"date": "2611"}, {"date": "26112x"}, {"time": "1"}, {"type": 256}, {"currency": 1000},
     {"sequence": -1}, {"exponent": 10}, {"other": 1.5}],
    ids=str,
)  # fmt: skip
def test_wrong_transactions(wrong):
    with pytest.raises(UsageError):
        taps.terminal().transaction("1.00", **wrong)


def test_clock_that_is_not_set_stops_the_tap():
    reader = Bench()
    outcome = tap(reader, date="000000").outcome
    assert outcome.reason == "clock_not_set" and reader.commands == []


def test_transaction_defaults():
    terminal = taps.terminal()
    one, two = terminal.transaction("1"), terminal.transaction("1")
    assert (one.currency, one.exponent, one.type, one.amount) == (156, 2, 0, 100)
    assert (one.sequence, two.sequence) == (1, 2)
    assert terminal.transaction("0.5", exponent=3).amount == 500
    with pytest.raises(UsageError):
        Transaction(amount=1.5, date="261121", time="000000")
    with pytest.raises(UsageError):
        terminal.tap(Bench())
    with pytest.raises(UsageError):
        constant_random(b"123")


# --- step machine -----------------------------------------------------------------------------


def run(found, card) -> list[bytes]:
    commands = []
    while not found.finished:
        commands.append(step(found, card))
    return commands


def step(found, card) -> bytes:
    kind, data = found.kind, found.data
    if kind == StepKind.TRANSMIT:
        found.resume(Event.ANSWER, card.transmit(data))
    elif kind == StepKind.DETECT:
        card.reset()
        found.resume(Event.CARD)
    else:
        found.resume(Event.DONE)
    return data


def begin(amount: str = "12.50"):
    terminal = taps.terminal()
    transaction = terminal.transaction(amount, date="261121", time="101112", sequence=7)
    return terminal.begin(transaction, clock=FIXED["clock"], random=FIXED["random"])


def test_two_taps_interleaved_equal_two_taps_alone():
    alone = [run(begin(), taps.card()), run(begin("128.00"), taps.card("credit"))]
    one, two = begin(), begin("128.00")
    cards = taps.card(), taps.card("credit")
    seen: list[list[bytes]] = [[], []]
    while not (one.finished and two.finished):
        for i, found in enumerate((one, two)):
            if not found.finished:
                seen[i].append(step(found, cards[i]))
    assert seen == alone
    assert one.outcome.approved and two.outcome.status is Status.ONLINE_REQUEST
    assert two.complete("00").approved and one.outcome.reason == "approved_offline"


def test_misuse_raises_and_the_tap_goes_on():
    found, card = begin(), taps.card()
    with pytest.raises(UsageError):
        _ = found.outcome
    while not found.finished:
        kind, data = found.kind, found.data
        for wrong in (Event.HOST, Event.FOUND, Event.COLLISION):
            if kind == StepKind.DETECT and wrong is Event.COLLISION:
                continue
            with pytest.raises(KernelError):
                found.resume(wrong)
        with pytest.raises(KernelError):
            found.complete("00")
        assert (found.kind, found.data) == (kind, data)
        step(found, card)
    assert found.outcome.approved
    assert [ui.name for ui in found.outcome.shown] == ["present_card", "card_read_ok", "approved"]


def test_every_step_takes_unsupported_and_then_nothing_is_approved():
    for place in range(15):
        found, card = begin(), taps.card()
        for _ in range(place):
            if not found.finished:
                step(found, card)
        if found.finished or place > 10:
            continue  # the record was read: dropping it and showing the outcome decide nothing
        found.resume(Event.UNSUPPORTED)
        run(found, card)
        assert not found.outcome.approved


def test_equal_inputs_give_equal_bytes():
    one, two = Bench(taps.card()), Bench(taps.card())
    first, second = tap(one), tap(two)
    assert one.commands == two.commands
    assert first.outcome == second.outcome and first.rules() == second.rules()


def test_random_numbers_differ_by_default():
    numbers = {
        taps.terminal().tap(Bench(), "1.00").tags.get(0x9F37) for _ in range(5)
    }  # fmt: skip
    assert len(numbers) == 5


def test_nothing_shows_the_card_number():
    seen = []
    found = tap(Bench(), on_step=lambda tap, exchange: seen.append(repr(exchange)))
    text = " ".join([repr(found), repr(found.outcome), repr(found.transaction), *seen])
    digits = taps.PAN[6:-4]
    assert digits not in text and taps.PAN.encode().hex() not in text
    assert bytes.fromhex(taps.PAN[:-1]).hex() not in text
    assert repr(bytes.fromhex(taps.PAN[:-1]))[2:-1] not in text


def test_wipe():
    found = tap(Bench())
    outcome = found.outcome
    found.wipe()
    assert found.tags.get(0x57) is None and found.pan(unmasked=True) is None
    assert found.outcome == outcome
    with pytest.raises(KernelError):
        found.resume(Event.DONE)


def test_callback_that_raises_does_not_hide():
    def broken(ui: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tap(Bench(), on_ui=broken)


def test_card_may_raise_card_lost():
    class Card:
        def reset(self) -> None: ...

        def transmit(self, command: bytes) -> bytes:
            raise CardLost("gone")

    outcome = taps.terminal().tap(SimulatedReader(Card()), "1.00", **FIXED).outcome
    assert not outcome.approved


# --- a real card ------------------------------------------------------------------------------

REAL = """
[terminal]
country = "{9F1A}"
currency = "{5F2A}"
capabilities = "E0E9C8"

[[combination]]
aid = "{9F06}"
version = "{9F08}"
partial_match = false
ttq = "36000000"
terminal_floor_limit = 1
floor_limit = 0
transaction_limit = {DF20}
cvm_limit = {DF21}
ec_limit = {9F7B}
"""


def test_logged_tap_of_a_real_card():
    log = taps.real_log()
    limits = {tag: int(log["aid"][tag]) for tag in ("DF20", "DF21", "9F7B")}
    terminal = Terminal.from_toml(REAL.format(**{**log["terminal"], **log["aid"], **limits}))

    class Logged(Bench):
        def transmit(self, command: bytes) -> bytes:
            self.commands.append(command)
            return bytes.fromhex(log["apdu"][len(self.commands) - 1]["response"])

    reader = Logged()
    un = bytes.fromhex(log["terminal"]["9F37"])
    found = terminal.tap(
        reader, int(log["terminal"]["9F02"]), date=log["terminal"]["9A"], time="163621",
        random=constant_random(un), clock=lambda: 0,
    )  # fmt: skip
    assert [command.hex().upper() for command in reader.commands] == [
        pair["command"] for pair in log["apdu"]
    ]
    outcome = found.outcome
    assert (outcome.status, outcome.rule) == (Status.ONLINE_REQUEST, "QP-124")
    assert outcome.balance_minor == int(log["known"]["balance"]) and outcome.balance_is_before
    field55 = {tag: value.hex().upper() for _, tag, _, value in Message(outcome.field55)}
    card = {
        0x9F26: "AD03EE811AFAD484", 0x9F27: "80", 0x9F36: "0ADC", 0x82: "7C00",
        0x9F10: "07010103A00000010A010000038787868FD1FC", 0x84: "A000000333010101",
    }  # fmt: skip
    sent = {
        0x9F37: "2B29EBE4", 0x95: "0000000000", 0x9A: "170601", 0x9C: "00",
        0x9F02: "000000000001", 0x9F03: "000000000000", 0x5F2A: "0156", 0x9F1A: "0156",
    }  # fmt: skip
    assert {tag: field55[tag] for tag in card | sent} == card | sent
    assert field55[0x9F34] == "3F0000" and 0x5A not in field55 and 0x57 not in field55


def test_a_terminal_remembers_certificates_but_no_verdict():
    """The second tap of a card repeats no certificate; a forged signature is still refused."""
    terminal = Terminal.from_toml(resolve("tapkern:params/configs/demo.toml", Path()))
    for name, status in (("debit", "approved"), ("debit", "approved"), ("forged", "declined")):
        tap = terminal.tap(SimulatedReader(Card.load(name)), "1.00")
        assert tap.outcome.status == status
