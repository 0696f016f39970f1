"""What must never be approved: forged, altered, missing data, lost cards, garbage."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapkern import Detection, Message, Oda, Status, Terminal
from tapkern.readers.simulated import SimulatedReader
from tapkern.terminal import constant_random
from tests import taps
from tests.taps import FIXED, Bench, tap


def test_forged_card_sees_the_same_commands_and_is_declined():
    real, forged = Bench(taps.card()), Bench(taps.card("forged"))
    assert tap(real).outcome.approved
    outcome = tap(forged).outcome
    assert forged.commands == real.commands
    assert (outcome.status, outcome.reason, outcome.rule) == (
        Status.DECLINED, "authentication_failed", "QP-123",
    )  # fmt: skip
    assert outcome.oda is Oda.FAILED and outcome.oda_rule
    assert outcome.card_may_have_paid  # TT-006
    assert outcome.approval_code is None


class Recorded:
    """A card that gives the same answers whatever it is asked."""

    def __init__(self, answers: list[bytes]) -> None:
        self.answers, self.commands = answers, []

    def reset(self) -> None: ...

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        return self.answers[len(self.commands) - 1]


@pytest.fixture(scope="module")
def clean() -> tuple[list[bytes], list[bytes]]:
    """Commands and answers of an approved tap."""
    answers = []
    reader = Bench(taps.card(), change=lambda n, c, a: answers.append(a) or a)
    assert tap(reader).outcome.approved
    return reader.commands, answers


def place_of(answers: list[bytes], tag: int) -> tuple[int, int, int]:
    """Answer, offset and length of a data element."""
    for number, answer in enumerate(answers):
        for _, found, offset, value in Message(answer[:-2]):
            if found == tag:
                return number, offset, len(value)
    raise LookupError(f"{tag:X}")


@pytest.mark.parametrize("tag", [0x9F4B, 0x9F46, 0x90, 0x9F69, 0x92, 0x9F48, 0x8F, 0x9F4A, 0x9F07])
def test_any_altered_byte_of_authentication_data_is_declined(clean, tag):
    commands, answers = clean
    number, offset, length = place_of(answers, tag)
    for at in range(offset, offset + length):
        altered = bytearray(answers[number])
        altered[at] ^= 0x01
        card = Recorded([*answers[:number], bytes(altered), *answers[number + 1 :]])
        outcome = tap(Bench(card)).outcome
        assert (outcome.status, outcome.rule) == (Status.DECLINED, "QP-123"), at - offset
        assert outcome.oda is Oda.FAILED and card.commands == commands


@pytest.mark.parametrize(
    "other",
    [{"amount": "12.51"}, {"currency": 840}, {"random": constant_random(b"\0\0\0\0")}],
    ids=lambda other: next(iter(other)),
)
def test_signature_of_another_tap_is_refused(clean, other):
    """Amount, currency and 9F37 are signed: a replayed card is declined."""
    outcome = tap(Bench(Recorded(clean[1])), **other).outcome
    assert (outcome.status, outcome.rule, outcome.oda) == (Status.DECLINED, "QP-123", Oda.FAILED)


class Liar(Bench):
    """Tells the card something else than the terminal said, at one place of the PDOL data."""

    def __init__(self, at: int) -> None:
        super().__init__(taps.card())
        self.at = at

    def transmit(self, command: bytes) -> bytes:
        if command[:2] == b"\x80\xa8":
            told = bytearray(command)
            told[7 + self.at] ^= 0x01
            self.commands.append(command)
            return self.card.transmit(bytes(told))
        return super().transmit(command)


# PDOL of the card: 9F66 04 9F02 06 9F03 06 9F1A 02 95 05 5F2A 02 9A 03 9C 01 9F37 04
@pytest.mark.parametrize(("what", "at"), [("amount", 9), ("currency", 24), ("9F37", 32)])
def test_signature_over_other_terminal_data_is_refused(what, at):
    outcome = tap(Liar(at)).outcome
    assert outcome.status is not Status.APPROVED, what


def test_card_without_authentication_data_is_never_approved():
    for tag in ("9F4B", "9F69", "9F46", "90", "8F", "9F47", "9F32"):
        # The tag is changed to an unknown one of the same length: the element is missing.
        old = bytes.fromhex(tag)
        new = b"\xdf\x7e" if len(old) == 2 else b"\xc1"

        def hide(number: int, command: bytes, answer: bytes, old=old, new=new) -> bytes:
            return answer if number < 3 else answer.replace(old, new, 1)

        outcome = tap(Bench(taps.card(), change=hide)).outcome
        assert not outcome.approved, tag


def test_without_the_ca_key_nothing_is_approved():
    text = taps.DEMO.read_text("utf-8").replace('file = "tapkern:params/capk/test.toml"',
                                                'builtin = "unionpay"')  # fmt: skip
    outcome = Terminal.from_toml(text).tap(SimulatedReader(taps.card()), "12.50", **FIXED).outcome
    assert (outcome.status, outcome.rule, outcome.oda) == (Status.DECLINED, "QP-123", Oda.FAILED)


@pytest.mark.parametrize("number", range(1, 8))
@pytest.mark.parametrize("kind", ["leave", "mute"])
def test_card_that_leaves_at_any_command(number, kind):
    reader = Bench(taps.card(), **{kind: number})
    found = tap(reader)
    assert found.outcome.approved and found.outcome.reason == "approved_offline"
    if number == 7:  # TT-015: the last record of a TC; the card proves that it has not paid
        asked = [command[1] for command in reader.commands[7:]]
        assert asked == [0xA4, 0xA4, 0xB2, 0xB2, 0xB2, 0xCA, 0xCA, 0xCA, 0xA4, 0xA8, *4 * [0xB2]]
    else:  # Try Again happens inside; the second presentment pays
        assert found.outcome.commands == 7
        assert len(reader.commands) == 7 + number


@pytest.mark.parametrize("number", range(1, 8))
def test_card_that_always_leaves_is_never_approved(number):
    class Shy(Bench):
        def detect(self, timeout_ms: int) -> Detection:
            self.commands.clear()
            return super().detect(timeout_ms)

    outcome = tap(Shy(taps.card(), leave=number)).outcome
    assert not outcome.approved


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\x90", b"\x90\x00", b"\x6a\x82", bytes(300), b"\x6f\x81\xff\x90\x00", b"\xff" * 258],
    ids=len,
)
@pytest.mark.parametrize("number", range(1, 8))
def test_garbage_at_any_command(number, garbage):
    reader = Bench(taps.card(), change=lambda n, c, a: garbage if (n - 1) % 7 + 1 == number else a)
    outcome = tap(reader).outcome
    assert outcome.reason and not (outcome.approved and number > 2)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 7), st.binary(max_size=260))
def test_any_bytes_give_an_outcome(number, answer):
    reader = Bench(taps.card(), change=lambda n, c, a: answer if n == number else a)
    assert tap(reader).finished


@settings(max_examples=100, deadline=None)
@given(st.integers(3, 7), st.integers(0, 2000), st.integers(0, 7))
def test_one_flipped_bit_never_changes_what_is_approved(number, place, bit):
    """An approval with a flipped bit has the data of the clean one in all that is signed."""

    def change(n: int, command: bytes, answer: bytes) -> bytes:
        if n != number:
            return answer
        out = bytearray(answer)
        out[place % len(out)] ^= 1 << bit
        return bytes(out)

    found = tap(Bench(taps.card(), change=change))
    if found.outcome.approved:
        assert found.outcome.oda is Oda.SUCCESSFUL
        assert found.tags.get(0x5A) == bytes.fromhex(taps.PAN + "F")
