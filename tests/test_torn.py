"""A card that leaves at the last READ RECORD is brought to its end (TT-010...TT-020)."""

from __future__ import annotations

from typing import Any

import pytest

from tapkern import CardLost, Outcome, Status, Terminal, UsageError
from tapkern.card import Card
from tapkern.card.tlv import encode
from tests.taps import FIXED, HEAD, Bench
from tests.tear import FailingRecords

CONFIGURATION = (
    HEAD
    + """[[combination]]
aid = "A000000333"
ttq = ["emv_mode", "contact_chip", "signature", "fdda_01"]
floor_limit = "200.00"
[combination.switches]
"tt.recovery" = {on}
{switches}
"""
)


def terminal(times: str = "", *, on: bool = True, switches: str = "") -> Terminal:
    """An offline terminal that recovers torn taps."""
    flag = str(on).lower()
    return Terminal.from_toml(CONFIGURATION.format(terminal=times, on=flag, switches=switches))


class Field(Bench):
    """A reader that cards leave: tear maps the number of a command to "before" or "after" the
    card has acted. cards: who comes at the presentments after the first one."""

    def __init__(self, card: Card, tear: dict[int, str], cards: list[Card] | None = None) -> None:
        super().__init__(card)
        self.tear, self.cards, self.presented = tear, cards or [], 0

    def detect(self, timeout_ms: int) -> Any:
        if self.presented and self.cards:
            self.card = self.cards.pop(0)
        self.presented += 1
        return super().detect(timeout_ms)

    def transmit(self, command: bytes) -> bytes:
        when = self.tear.get(len(self.commands) + 1, "")
        if when == "before":
            self.commands.append(command)
            raise CardLost("left")
        answer = super().transmit(command)
        if when == "after":
            raise CardLost("left")
        return answer


def debit(**more: Any) -> Card:
    return Card.load("debit", random=lambda count: bytes(range(1, count + 1)), **more)


def ends(reader: Bench, store: FailingRecords | None = None, **more: Any) -> Outcome:
    """A purchase of 12.50 with a store; its outcome."""
    found = more.pop("terminal", None) or terminal()
    amount = more.pop("amount", "12.50")
    store = FailingRecords() if store is None else store
    return found.tap(reader, amount, store=store, **{**FIXED, **more}).outcome


LAST = 7  # the last READ RECORD of this card


def gone(card: Card) -> Field:
    """A card that has paid, leaves at its last record and does not come back."""
    return Field(card, {n: "after" if n == LAST else "before" for n in range(LAST, 200)})


def instructions(reader: Bench) -> list[str]:
    return [command[1:4].hex().upper() for command in reader.commands]


def test_the_card_had_paid() -> None:
    """TT-011...TT-014: no second GPO; PAN, ATC and balance fit; the record's copy is proof."""
    card, store = debit(), FailingRecords()
    reader = Field(card, {LAST: "after"})
    outcome = ends(reader, store)
    assert (outcome.status, outcome.reason, outcome.rule) == (
        Status.APPROVED, "recovered", "QP-120",
    )  # fmt: skip
    assert card.balance == 18750 and outcome.balance_minor == 18750
    assert instructions(reader)[LAST:] == [
        "A40400", "A40400", "B2010C", "B2020C", "B2030C", "CA9F36", "CA9F5D", "B2040C",
    ]  # fmt: skip
    assert store.newest() is None and store.calls == 2
    assert not outcome.card_may_have_paid and outcome.shown[1].message == 0x21


def test_the_card_had_not_paid() -> None:
    """TT-015: what was kept is dropped, and a new tap pays once, in the same presentment."""
    card, store = debit(), FailingRecords()
    reader = Field(card, {LAST: "before"})
    outcome = ends(reader, store)
    assert outcome.approved and outcome.reason == "approved_offline"
    assert card.balance == 18750 and reader.presented == 2
    assert [i[:2] for i in instructions(reader)].count("A8") == 2
    assert store.newest() is None and store.calls == 4


def test_without_the_switch_nothing_is_kept() -> None:
    """TT-005, TT-018: no recovery, no approval."""
    card, store = debit(), FailingRecords()
    outcome = ends(Field(card, {LAST: "after"}), store, terminal=terminal(on=False))
    assert (outcome.status, outcome.rule) == (Status.END_APPLICATION, "TT-005")
    assert outcome.card_may_have_paid and store.calls == 0


@pytest.mark.parametrize("fails", [1, 2])
def test_a_store_that_fails(fails: int) -> None:
    """TT-017: what cannot be kept is not paid; what cannot be dropped is not paid again."""
    card, store = debit(), FailingRecords(fails)
    outcome = ends(Field(card, {LAST: "before"}), store)
    assert outcome.reason == "store_failed" and card.balance == 20000
    assert (outcome.rule, store.newest() is not None) == (
        ("TT-017", False) if fails == 1 else ("TT-015", True)
    )


def test_another_card_is_not_touched() -> None:
    """TT-012, TT-015: another card number; the same card is asked for until it comes."""
    other = Card.from_toml('base = "debit"\n[[application]]\npan = "6200000000000009993"\n')
    for switches in ("", '"qp.check_pan_57" = false'):
        card, store, found = debit(), FailingRecords(), terminal(switches=switches)
        reader = Field(card, {LAST: "after"}, [other, card])
        assert ends(reader, store, terminal=found).reason == "recovered"
        assert other.balance == 20000 and card.balance == 18750 and reader.presented == 3


def test_a_card_without_the_application_is_not_it() -> None:
    """TT-011: the application of the torn tap, no other one."""
    card = debit()
    longer = Card.from_toml('base = "debit"\n[[application]]\naid = "A00000033301010101"\n')
    others = [Card.load("credit"), Card.load("blocked-card"), longer]
    reader = Field(card, {LAST: "after"}, [*others, card])
    assert ends(reader).reason == "recovered" and reader.presented == 5


def test_lost_again_and_again() -> None:
    """TT-016: within the window every loss asks for the card again, and it pays once."""
    card = debit()
    tears = {LAST: "after", 9: "before", 14: "after", 20: "before", 30: "after"}
    assert ends(Field(card, tears)).reason == "recovered"
    assert card.balance == 18750


def test_a_card_that_never_answers_ends() -> None:
    """TT-016: also when no time passes."""
    reader = Field(debit(), {n: "before" for n in range(LAST, 200)})
    outcome = ends(reader)
    assert (outcome.status, outcome.rule) == (Status.END_APPLICATION, "TT-016")
    assert outcome.card_may_have_paid and reader.presented == 21


@pytest.mark.parametrize(("passed", "recovered"), [(9999, True), (10000, True), (10001, False)])
def test_the_window(passed: int, recovered: bool) -> None:
    """TT-016, FF803A: so many seconds to present the card again."""
    card, store, times = debit(), FailingRecords(), [1000]
    reader = Field(card, {LAST: "after"})
    plain = reader.detect

    def late(timeout_ms: int) -> Any:
        if reader.presented:
            times[0] += passed
        return plain(timeout_ms)

    reader.detect = late  # type: ignore[method-assign]
    outcome = ends(reader, store, clock=lambda: times[0])
    assert (outcome.reason == "recovered") is recovered
    assert recovered or (outcome.rule == "TT-016" and outcome.card_may_have_paid)
    assert (store.newest() is None) is recovered


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda c: encode(0x9F36, b"\x00\x02") + b"\x90\x00" if c[2:4] == b"\x9f\x36" else None,
         "TT-012"),
        (lambda c: b"\x6a\x88" if c[2:4] == b"\x9f\x36" else None, "TT-012"),
        (lambda c: encode(0x9F5D, bytes(6)) + b"\x90\x00" if c[2:4] == b"\x9f\x5d" else None,
         "TT-013"),
        (lambda c: b"\x6a\x88" if c[2:4] == b"\x9f\x5d" else None, "TT-019"),
        (lambda c: b"\x6a\x83" if c[1:3] == b"\xb2\x04" else None, "TT-014"),
    ],
)  # fmt: skip
def test_no_proof_no_approval(change: Any, rule: str) -> None:
    """TT-019: another count or none, a strange balance or none, no copy of the record."""
    card, store = debit(), FailingRecords()
    reader = Field(card, {LAST: "after"})

    def late(number: int, command: bytes, answer: bytes) -> bytes:
        return (change(command) or answer) if number > LAST else answer

    reader.change = late
    outcome = ends(reader, store)
    assert (outcome.status, outcome.reason, outcome.rule) == (
        Status.END_APPLICATION, "card_may_have_paid", rule,
    )  # fmt: skip
    assert outcome.card_may_have_paid and store.newest() is not None


def test_a_copy_that_is_not_signed_is_no_proof() -> None:
    """TT-020: the balance fits, the signature of the copy does not."""
    card = debit()
    reader = Field(card, {LAST: "after"})

    def late(number: int, _: bytes, answer: bytes) -> bytes:
        at = answer.find(b"\x9f\x69\x08") + 5
        return answer if at < 5 else answer[:at] + bytes((answer[at] ^ 1,)) + answer[at + 1 :]

    reader.change = late
    outcome = ends(reader)
    assert (outcome.status, outcome.rule) == (Status.DECLINED, "QP-123")
    assert not outcome.approved and outcome.card_may_have_paid


def test_after_a_restart() -> None:
    """TT-010: the record brings a new context to the end of the tap."""
    card, store = debit(), FailingRecords()
    lost = gone(card)
    assert ends(lost, store).rule == "TT-016"
    record = store.newest()
    assert record is not None and len(record) == 512 and card.balance == 18750
    again = Field(card, {})
    outcome = ends(again, store, torn=record, time="101150", sequence=8)
    assert outcome.reason == "recovered" and card.balance == 18750 and store.newest() is None
    assert not any(command[1] == 0xA8 for command in again.commands)


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"time": "101212"}, None),
        ({"time": "101213"}, "TT-016"),
        ({"time": "101111"}, "TT-016"),
        ({"date": "261120"}, "TT-016"),
        ({"date": "261123", "time": "000000"}, "TT-016"),
        ({"amount": "12.51"}, "TT-016"),
        ({"other": "0.01"}, "TT-016"),
        ({"type": 0x01}, "TT-016"),
        ({"currency": 344}, "TT-016"),
    ],
)
def test_what_a_record_can_be_used_for(more: dict[str, Any], rule: str | None) -> None:
    """TT-016, FF803C: the same purchase, within its time; nothing is asked of a card else."""
    card, store = debit(), FailingRecords()
    lost = gone(card)
    ends(lost, store)
    again = Field(card, {})
    outcome = ends(again, store, torn=store.newest(), **{"time": "101130", **more})
    if rule is None:
        assert outcome.reason == "recovered"
        return
    assert (outcome.status, outcome.rule) == (Status.END_APPLICATION, rule)
    assert again.commands == [] and outcome.card_may_have_paid and store.newest() is not None


def test_midnight() -> None:
    """TT-016: the day may change in between."""
    card, store = debit(), FailingRecords()
    lost = gone(card)
    ends(lost, store, date="281231", time="235950")
    outcome = ends(Field(card, {}), store, torn=store.newest(), date="290101", time="000050")
    assert outcome.reason == "recovered"


def test_an_altered_record_is_refused() -> None:
    """TT-019: any byte of it changed."""
    card, store = debit(), FailingRecords()
    lost = gone(card)
    ends(lost, store)
    record = store.newest()
    assert record is not None
    for at in range(0, 512, 3):
        wrong = record[:at] + bytes((record[at] ^ 0x10,)) + record[at + 1 :]
        reader = Field(card, {})
        outcome = ends(reader, FailingRecords(), torn=wrong)
        assert outcome.rule == "TT-019" and not outcome.approved and reader.commands == []
    with pytest.raises(UsageError):
        ends(Field(card, {}), torn=record[:-1])


@pytest.mark.parametrize(("source", "recovered"), [("iad", True), ("strict", False)])
def test_another_configuration(source: str, recovered: bool) -> None:
    """TT-011: the kept answer has to be an approval under the rules of now, too."""

    def found(name: str) -> Terminal:
        return terminal(switches=f'"qp.cid_source" = "{name}"')

    card = Card.from_toml('base = "debit"\n[[application]]\ncid_in_gpo = true\n')
    store = FailingRecords()
    lost = gone(card)
    lost.change = lambda _n, _c, answer: answer.replace(b"\x9f\x27\x01\x40", b"\x9f\x27\x01\x80")
    ends(lost, store, terminal=found("iad"))
    outcome = ends(Field(card, {}), store, torn=store.newest(), terminal=found(source))
    assert (outcome.reason == "recovered") is recovered
    assert recovered or (outcome.rule == "TT-011" and outcome.card_may_have_paid)


@pytest.mark.parametrize("amount", ["0", "0.01"])
def test_nothing_to_pay(amount: str) -> None:
    """TT-020: at an amount of 0 both balances are the same, and the record alone is proof."""
    card, store = debit(faults=["tc-despite-online"]), FailingRecords()
    found = terminal(switches='"qp.tc_despite_online" = "accept"')
    reader = Field(card, {LAST: "after"})
    assert ends(reader, store, terminal=found, amount=amount).reason == "recovered"
    asked = [command[2:4].hex() for command in reader.commands if command[1] == 0xCA]
    assert asked == (["9f36"] if amount == "0" else ["9f36", "9f5d"])


def test_the_application_has_another_kernel_beside_ours() -> None:
    """TT-011, EP-072: of two combinations with its name, the one whose kernel is there."""
    other = """[[combination]]
aid = "A000000333010101"
kernel = 3
ttq = ["emv_mode"]
floor_limit = "200.00"
"""
    text = CONFIGURATION.format(terminal="", on="true", switches="")
    text = text.replace('"A000000333"', '"A000000333010101"')
    both = Terminal.from_toml(text.replace("[[combination]]", other + "[[combination]]", 1))
    every = Card.from_toml(  # 9F2A 00: the terminal chooses the kernel
        'base = "debit"\n[[application]]\nkernel = "00"\n',
        random=lambda count: bytes(range(1, count + 1)),
    )
    reader = Field(every, {LAST + 1: "after"})
    outcome = ends(reader, terminal=both)
    assert [command[1] for command in reader.commands[:4]] == [0xA4, 0xA4, 0xA4, 0xA8]
    assert (outcome.status, outcome.reason) == (Status.APPROVED, "recovered")
    assert reader.presented == 2
