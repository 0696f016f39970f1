"""Readers that fail: what a tap then is, and that the sweep notices when it is something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tapkern import CardLost, Detection, ReaderError, Status
from tapkern.card import Card
from tapkern.terminal import Tap
from tapkern.torn import TornRecords
from tests.environment import readers, wires
from tests.environment.ground import Field, ride


def test_readers_that_fail_at_every_call() -> None:
    """A part of `python -m tests.environment`; the number is no divisor of the number of faults."""
    tally = readers.sweep(share=17)
    assert tally.findings == [] and tally.injected > 180


def test_connections_that_fail_at_every_call() -> None:
    tally = wires.sweep(share=11)
    assert tally.findings == [] and tally.injected > 60


def spoilt(call: str, error: Callable[[], BaseException], nth: int = 1) -> Field:
    """A field whose nth call of this name raises before the card has acted."""
    field = Field(Card.load("debit", random=bytes))

    def before(name: str, number: int) -> None:
        if name == call and field.calls.count(call) == nth:
            raise error()

    field.before = before
    return field


@pytest.mark.parametrize("call", ["detect", "transmit"])
@pytest.mark.parametrize("error", [ValueError, OSError, MemoryError, readers.Unprintable])
@pytest.mark.unmasked("error", "the reader of the test raises with a card number in it")
def test_a_mistake_of_a_reader_is_a_lost_reader(call: str, error: type[Exception]) -> None:
    """The documented error, with the finished tap and without the text of the mistake, which may
    hold an answer; the field is off."""
    field = spoilt(call, lambda: error("6200000000000001016"))
    with pytest.raises(ReaderError, match="the reader failed") as lost:
        ride(field)
    assert isinstance(lost.value.tap, Tap) and lost.value.tap.finished and not field.on
    assert isinstance(lost.value.__cause__, error)
    assert "6200" not in str(lost.value)


@pytest.mark.parametrize("answer", [None, "9000", [0x90, 0x00], 0x9000])
def test_an_answer_that_is_no_bytes_is_a_lost_reader(answer: Any) -> None:
    field = Field(Card.load("debit", random=bytes))
    field.after = lambda call, number, given: answer if call == "transmit" else given
    with pytest.raises(ReaderError, match="not bytes"):
        ride(field)
    field.after = lambda call, number, given: answer if call == "detect" else given
    with pytest.raises(ReaderError, match="no Detection"):
        ride(field)


def test_a_card_that_is_lost_by_detect_or_field_off() -> None:
    """Reader says that both may raise CardLost: no card came, and the field is off."""
    tap = ride(spoilt("detect", lambda: CardLost("left")))
    assert tap.outcome.status is Status.END_APPLICATION and tap.outcome.reason == "no_card"
    assert not tap.outcome.card_may_have_paid


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interrupt_leaves_the_field_off_and_the_record_kept(error: type[BaseException]) -> None:
    """TT-010: the program may end before the answer to the last record."""
    records = TornRecords()
    plain = Field(Card.load("debit", random=bytes))
    ride(plain, store=TornRecords())
    field = spoilt("transmit", error, plain.calls.count("transmit"))
    with pytest.raises(error):
        ride(field, store=records)
    assert not field.on and len(records) == 1


def test_a_callback_that_raises_leaves_the_field_off() -> None:
    field = Field(Card.load("debit", random=bytes))

    def show(ui: object) -> None:
        raise RuntimeError("the screen is gone")

    with pytest.raises(RuntimeError):
        ride(field, on_ui=show)
    assert not field.on
    assert ride(field).outcome.approved


def test_a_store_or_a_list_that_cannot_be_read_refuses() -> None:
    """TT-017, TK-042: OSError is a failed store, and a list that cannot tell."""

    def broken(*_: object) -> bool:
        raise OSError(5, "Input/output error")

    field = Field(Card.load("debit", random=bytes))
    tap = ride(field, store=broken)
    assert not tap.outcome.approved and field.debits == 0


# ---- what the sweep would tell ----


def test_a_swallowed_error_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that takes a broken reader for a card that said 9000."""
    import tapkern.driver as driver

    def transmit(tap: Any, reader: Any) -> Any:
        try:
            return driver.Event.ANSWER, reader.transmit(tap.data)
        except Exception:
            return driver.Event.ANSWER, b"\x90\x00"

    monkeypatch.setattr(driver, "_transmit", transmit)
    assert readers.sweep(["debit"], share=7).findings


def test_a_field_that_stays_on_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that leaves by an exception without a word to the reader."""
    import tapkern.driver as driver

    def drive(tap: Any, reader: Any, **more: Any) -> None:
        lost = driver._run(
            tap, reader, more["timeout_ms"], more["on_ui"], more["lookup"], more["store"]
        )
        if lost is not None:
            lost.tap = tap
            raise lost

    monkeypatch.setattr("tapkern.terminal.drive", drive)
    found = readers.sweep(["debit"], share=7).findings
    assert found and all("stays on" in one for one in found)


def test_detections_stay_what_they_are() -> None:
    assert set(readers.DETECTIONS.values()) >= set(Detection) - {Detection.CARD}
