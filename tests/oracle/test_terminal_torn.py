"""Torn taps in the second terminal, on simulated cards: 30 section 14, TT-005, TT-010 to TT-020."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tapkern.card import Card
from tests.oracle.scripted import NUMBER, Script, document, run, short
from tests.oracle.terminal import (
    Cancelled,
    Configuration,
    Lost,
    Result,
    Transaction,
    complete,
    tap,
)

DEMO = Path(__file__).parents[2] / "src/tapkern/params/configs/demo.toml"
LAST = 7  # the last READ RECORD of the first presentment
RECOVERED = ("approved", "recovered", "QP-120")
NEW_TAP = ("approved", "approved_offline", "QP-120")
COMMANDS = ["A4", "A4", "B2", "B2", "B2", "CA", "CA", "B2"]


def doubtful(rule: str) -> tuple[str, str, str]:
    return "end_application", "card_may_have_paid", rule


@dataclasses.dataclass
class Tear:
    """A tap of cards that leave. tears: command number -> "before" or "after" the card has acted,
    or "cancel"; below 0 the number of a presentment. others: who comes after the first presentment,
    None being nobody. late: ms before each presentment. answers: another answer, by the number of
    the command. fails: the call of the store that fails."""

    card: Card = dataclasses.field(default_factory=lambda: Card.load("debit"))
    tears: dict[int, str] = dataclasses.field(default_factory=lambda: {LAST: "after"})
    others: list[Card | None] = dataclasses.field(default_factory=list)
    late: int = 0
    answers: dict[int, str] = dataclasses.field(default_factory=dict)
    fails: int = 0
    record: bytes | None = None
    calls: list[str] = dataclasses.field(default_factory=list)
    presented: int = 0
    now: int = 0
    count: int = 0
    here: Card | None = None

    def present(self) -> Callable[[bytes], bytes] | None:
        self.now += self.late if self.presented else 0
        self.here = self.others.pop(0) if self.presented and self.others else self.card
        self.presented += 1
        if self.tears.get(-self.presented) == "cancel":
            raise Cancelled
        if self.here is None:
            return None
        self.here.reset()
        return self.transmit

    def transmit(self, command: bytes) -> bytes:
        self.count += 1
        when = self.tears.get(self.count)
        if when == "cancel":
            raise Cancelled
        if when == "before" or self.here is None:
            raise Lost
        answer = self.here.transmit(command)
        if when:
            raise Lost
        return bytes.fromhex(self.answers[self.count]) if self.count in self.answers else answer

    def store(self, record: bytes | None) -> bool:
        self.calls.append("drop" if record is None else "keep")
        if len(self.calls) == self.fails:
            return False
        self.record = record
        return True

    def run(self, terminal: dict[str, Any] | None = None, on: bool = True, **more: Any) -> Result:
        torn, switches = more.pop("torn", None), more.pop("switches", {})
        settings = tomllib.loads(DEMO.read_text(encoding="utf-8"))
        settings["terminal"] |= terminal or {}
        for one in settings["combination"]:
            one["switches"] = one.get("switches", {}) | {"tt.recovery": on} | switches
        facts = {"amount": 1250, "date": "261121", "time": "101112", "sequence": 7}
        return tap(
            Configuration.from_document(settings, DEMO.parent),
            Transaction(**(facts | {"unpredictable": NUMBER} | more)),
            self.present,
            store=self.store,
            clock=lambda: self.now,
            torn=torn,
        )


def instructions(result: Result) -> list[str]:
    return [command[1:2].hex().upper() for command in result.commands]


def abandoned(**more: Any) -> Tear:
    """A card that has paid, and nobody came in time."""
    tear = Tear(others=[None])
    assert short(tear.run(**more)) == doubtful("TT-016") and tear.record
    return tear


def test_the_card_had_paid() -> None:
    """TT-011 to TT-014, TT-020: no GPO, and the data of the tap that was torn."""
    tear, plain = Tear(), Tear(tears={})
    whole, result = plain.run(), tear.run()
    assert short(result) == RECOVERED and short(whole) == NEW_TAP
    assert instructions(result)[LAST:] == COMMANDS
    assert [c[2:4].hex() for c in result.commands if c[1] == 0xCA] == ["9f36", "9f5d"]
    assert tear.card.balance == plain.card.balance == 18750
    assert tear.calls == ["keep", "drop"] and not result.card_may_have_paid
    assert len(result.field55) == len(whole.field55) and result.balance == whole.balance


def test_the_card_had_not_paid() -> None:
    """TT-015: a new GPO in the same presentment, and one debit."""
    tear = Tear(tears={LAST: "before"})
    result = tear.run()
    assert short(result) == NEW_TAP and tear.card.balance == 18750 and tear.presented == 2
    assert instructions(result).count("A8") == 2 and tear.calls == ["keep", "drop"] * 2


def test_off_is_off() -> None:
    tear = Tear()
    assert short(tear.run(on=False)) == doubtful("TT-005") and not tear.calls


@pytest.mark.parametrize(
    ("fails", "expected"),
    [(1, ("end_application", "store_failed", "TT-017")),
     (2, ("end_application", "store_failed", "TT-015"))],
)  # fmt: skip
def test_a_store_that_fails(fails: int, expected: tuple[str, ...]) -> None:
    tear = Tear(tears={LAST: "before"}, fails=fails)
    result = tear.run()
    assert short(result) == expected and tear.card.balance == 20000
    assert result.card_may_have_paid is (fails == 2) is (tear.record is not None)


@pytest.mark.parametrize("compared", [True, False])
@pytest.mark.parametrize(
    "change", ['pan = "6200000000000009993"', 'psn = "02"', 'aid = "A00000033301010101"']
)
def test_another_card_is_not_touched(change: str, compared: bool) -> None:
    """TT-012, TT-015; XA section 9: another number, another sequence number, another name."""
    tear = Tear()
    other = Card.from_toml(f'base = "debit"\n[[application]]\n{change}\n')
    tear.others = [other, other, tear.card]
    result = tear.run(switches={"qp.check_pan_57": compared})
    assert short(result) == RECOVERED and tear.presented == 4
    assert other.balance == 20000 and "A8" not in instructions(result)[LAST:]
    assert "CA" not in instructions(result)[LAST : -len(COMMANDS)]


@pytest.mark.parametrize(
    ("number", "answer", "rule"),
    [
        (13, "9F360200029000", "TT-012"),
        (13, "6A88", "TT-012"),
        (13, "9F3602000100" + "9000", "TT-012"),
        (14, "6985", "TT-019"),
        (14, "9F5D050000018750" + "9000", "TT-019"),
        (14, "9F5D0600000001875A9000", "TT-019"),
        (14, "9F5D060000000187519000", "TT-013"),
        (15, "6A83", "TT-014"),
        (15, "70009000", None),
    ],
)
def test_no_proof_no_approval(number: int, answer: str, rule: str | None) -> None:
    """TT-019, TT-020: no approval, and the record stays."""
    tear = Tear(answers={number: answer})
    result = tear.run()
    assert result.status != "approved" and result.card_may_have_paid and tear.record
    assert rule is None or short(result) == doubtful(rule)
    assert instructions(result).count("A8") == 1


@pytest.mark.parametrize("number", [*range(8, 16)])
@pytest.mark.parametrize("when", ["before", "after"])
def test_lost_once_more(number: int, when: str) -> None:
    tear = Tear(tears={LAST: "after", number: when})
    assert short(tear.run({"passes": 0})) == RECOVERED
    assert tear.presented == 3 and tear.card.balance == 18750


@pytest.mark.parametrize("number", [*range(8, 24)])
@pytest.mark.parametrize("when", ["before", "after"])
def test_lost_once_more_and_not_paid_at_first(number: int, when: str) -> None:
    """One debit, whenever it is lost, when it is approved."""
    tear = Tear(tears={LAST: "before", number: when})
    result = tear.run()
    assert result.status == "approved" and tear.card.balance == 18750 and tear.record is None


@pytest.mark.parametrize(("late", "expected"), [(9999, RECOVERED), (10000, RECOVERED)])
def test_the_window(late: int, expected: tuple[str, ...]) -> None:
    """TT-016, FF803A."""
    assert short(Tear(late=late).run()) == expected
    assert short(Tear(late=10001).run()) == doubtful("TT-016")
    assert short(Tear(late=10001).run({"retap_time": 11})) == RECOVERED


def test_it_ends_without_time() -> None:
    tear = Tear(tears={number: "before" for number in range(LAST, 99)})
    result = tear.run()
    assert short(result) == doubtful("TT-016") and tear.presented == 21
    assert result.card_may_have_paid


CANCELLED = ("end_application", "cancelled", "")


@pytest.mark.parametrize("number", [-1, 1, 2, 3, 4, 5, 6])
def test_cancelled_before_the_last_record(number: int) -> None:
    """TT-004: nothing was paid; a number below 0 is a presentment that nobody waited for."""
    tear = Tear(tears={number: "cancel"})
    result = tear.run()
    assert short(result) == CANCELLED and not result.card_may_have_paid
    assert tear.card.balance == 20000 and not tear.calls


@pytest.mark.parametrize("on", [True, False])
def test_cancelled_at_the_last_record(on: bool) -> None:
    """TT-005, TT-018: only the card knows; what was kept stays."""
    tear = Tear(tears={LAST: "cancel"})
    result = tear.run(on=on)
    assert short(result) == doubtful("TT-005") and result.card_may_have_paid
    assert tear.calls == ["keep"] * on and (tear.record is not None) is on


@pytest.mark.parametrize("number", [-2, *range(8, 16)])
def test_a_recovery_that_is_cancelled(number: int) -> None:
    """TT-016: the window is over, and the record stays; later it is brought to its end."""
    tear = Tear(tears={LAST: "after", number: "cancel"})
    result = tear.run()
    assert short(result) == ("end_application", "cancelled", "TT-016")
    assert result.card_may_have_paid and tear.calls == ["keep"]
    tear.tears = {}
    assert short(tear.run(torn=tear.record, time="101130")) == RECOVERED


def test_a_new_tap_that_is_cancelled() -> None:
    """TT-015: what was kept is dropped, so nothing is in doubt until the next last record."""
    for number, expected in ((16, CANCELLED), (20, CANCELLED), (21, doubtful("TT-005"))):
        tear = Tear(tears={LAST: "before", number: "cancel"})
        result = tear.run()
        assert short(result) == expected, number
        assert result.card_may_have_paid is (expected != CANCELLED)


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"time": "101212"}, None),
        ({"time": "101213"}, "TT-016"),
        ({"time": "101111"}, "TT-016"),
        ({"amount": 1251}, "TT-016"),
        ({"other": 1}, "TT-016"),
        ({"currency": 344}, "TT-016"),
        ({"date": "261122", "time": "000000"}, "TT-016"),
    ],
)
def test_after_a_restart(more: dict[str, Any], rule: str | None) -> None:
    """TT-010, TT-016, FF803C."""
    tear = abandoned()
    tear.tears, before = {}, tear.count
    values = {"sequence": 8, "time": "101130", "unpredictable": bytes(8), **more}
    result = tear.run(torn=tear.record, **values)
    assert tear.card.balance == 18750
    if rule is None:
        assert short(result) == RECOVERED and tear.record is None
        assert bytes.fromhex("9F3704") + NUMBER[:4] in result.field55
        assert bytes.fromhex("9F210310") in result.data_record
    else:
        assert short(result) == doubtful(rule) and tear.count == before and tear.record
        assert result.card_may_have_paid


def test_over_midnight() -> None:
    tear = abandoned(date="281231", time="235950")
    tear.tears = {}
    result = tear.run(torn=tear.record, date="290101", time="000050")
    assert short(result) == RECOVERED


def test_a_changed_record() -> None:
    """TT-019: nothing is asked of a card."""
    tear = abandoned()
    record, before = tear.record or b"", tear.count
    for at in range(0, len(record), 7):
        wrong = record[:at] + bytes((record[at] ^ 4,)) + record[at + 1 :]
        assert short(tear.run(torn=wrong)) == doubtful("TT-019")
    assert tear.count == before


@pytest.mark.parametrize(
    ("change", "source"),
    [("", "9f5d"), ("cap = '9800F000'\nidd = 1", "9f79"), ("cap = '9800F000'\nidd = 3", "9f79"),
     ("cap = '9800F000'\nidd = 2", "")],
)  # fmt: skip
def test_the_balance_that_was_told(change: str, source: str) -> None:
    """TT-013, QP-150: GET DATA of what the answer to GPO has told."""
    tear = Tear(Card.from_toml(f'base = "debit"\n[[application]]\n{change}\n'))
    result = tear.run()
    asked = [c[2:4].hex() for c in result.commands if c[1] == 0xCA]
    assert asked == (["9f36", source] if source else ["9f36"])
    assert short(result) == (RECOVERED if source else doubtful("TT-019"))


def test_a_host_that_approves_drops_the_record() -> None:
    """QP-121, QP-129: a recovered TC whose authentication fails goes online."""
    online = Card.from_toml(
        'base = "debit"\nfaults = ["sdad-bit"]\n[[application]]\nctq = "2000"\n'
    )
    tear = Tear(online)
    result = tear.run()
    assert short(result) == ("online_request", "authentication_failed_online", "QP-121")
    assert result.card_may_have_paid and tear.record
    assert complete(result, "51").card_may_have_paid and tear.calls == ["keep"]
    assert complete(result, "00").status == "approved" and tear.calls == ["keep", "drop"]


def test_a_card_whose_number_is_not_known_is_not_recovered() -> None:
    """TT-012: there would be nothing to know it by."""
    kept: list[bytes | None] = []
    script = Script(pan=None, track=None, lost=(7,))
    result = run(
        script, document(switches={"tt.recovery": True}), store=lambda one: not kept.append(one)
    )
    assert short(result) == doubtful("TT-005") and len(kept) == 1


@pytest.mark.parametrize(
    ("told", "number", "expected"),
    [
        ({"cid": "80"}, 7, doubtful("TT-005")),
        ({"iad": "07010103A00000"}, 7, doubtful("TT-005")),
        ({"cid": "80"}, 6, ("try_again", "card_lost", "QP-173")),
        ({"cid": "80", "iad": "07010103A00000"}, 7, ("try_again", "card_lost", "QP-173")),
    ],
)
def test_a_card_of_two_minds_is_not_asked_for_another_payment(
    told: dict[str, str], number: int, expected: tuple[str, ...]
) -> None:
    """TT-005, QP-006, QP-173: taken as ARQC, but its last record may be that of a TC."""
    script = Script(track=None, lost=(number,), **told)
    result = run(script, document({"passes": 0}))
    assert short(result) == expected
    assert result.card_may_have_paid is (expected[2] == "TT-005")
