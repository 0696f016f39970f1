"""Cards that answer in steps, as over T=0, and cards that do it wrong."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tapkern.card import Card, Fault
from tapkern.card.application import Application
from tests.card.terminal import DEBIT, PPSE, get_data, gpo, read, select

PURCHASE = [select(PPSE), select(DEBIT), gpo(), read(1), read(2), read(3), read(4)]


def debit(*faults: str) -> Card:
    return Card.load("debit", faults=faults, random=lambda count: bytes(range(count)))


def get(length: int) -> bytes:
    """GET RESPONSE (CMD-014)."""
    return bytes([0x00, 0xC0, 0x00, 0x00, length & 0xFF])


def with_le(command: bytes, length: int) -> bytes:
    return command[:-1] + bytes([length & 0xFF])


def atc(card: Card) -> int:
    (application,) = (one for one in card.applications if isinstance(one, Application))
    return application.counters.atc


def true_answers() -> list[bytes]:
    card = debit()
    return [card.transmit(command) for command in PURCHASE]


def patient(card: Card, commands: Iterable[bytes], most: int = 9) -> list[bytes]:
    """A terminal that follows every 61xx and 6Cxx: the final answers."""
    answers = []
    for command in commands:
        answer = card.transmit(command)
        for _ in range(most):
            if len(answer) > 2 or answer[0] not in (0x61, 0x6C):
                break
            command = get(0) if answer[0] == 0x61 else command
            command = with_le(command, answer[1])
            answer = card.transmit(command)
        answers.append(answer)
    return answers


def test_the_data_wait_for_get_response() -> None:
    card = debit("t0-61")
    for command in PURCHASE[:2]:
        card.transmit(command)
    true = true_answers()[2]
    length = len(true) - 2
    assert card.transmit(PURCHASE[2]) == bytes([0x61, length])
    assert card.transmit(get(length - 1)) == bytes([0x6C, length])
    assert card.transmit(get(length)) == true
    assert card.transmit(get(length)) == b"\x6d\x00"  # it is fetched once


def test_the_exact_length_is_asked_for() -> None:
    card = debit("t0-6c")
    for command in PURCHASE[:2]:
        card.transmit(command)
    true = true_answers()[2]
    length = len(true) - 2
    assert card.transmit(PURCHASE[2]) == bytes([0x6C, length])
    assert card.transmit(with_le(PURCHASE[2], length + 1)) == bytes([0x6C, length])
    assert card.transmit(with_le(PURCHASE[2], length)) == true
    assert atc(card) == 1


@pytest.mark.parametrize(
    "fault",
    ["t0-61", "t0-61:twice", "t0-61:exact", "t0-61:longer", "t0-6c", "t0-6c:more", "t0-6c:longer"],
)
def test_who_follows_gets_everything_and_pays_once(fault: str) -> None:
    every = [f"{fault}{',' if ':' in fault else ':'}command={name}" for name in (
        "ppse", "select", "gpo", "record", "last-record")]  # fmt: skip
    for faults in ([fault], every):
        card = debit(*faults)
        assert patient(card, PURCHASE) == true_answers()
        assert (card.balance, atc(card)) == (18750, 1)
        card.reset()
        assert patient(card, PURCHASE)[-1][-2:] == b"\x90\x00"
        assert (card.balance, atc(card)) == (17500, 2)


@pytest.mark.parametrize("fault", ["t0-61:last-record", "t0-6c:last-record"])
def test_the_last_record_commits_before_it_is_fetched(fault: str) -> None:
    card = debit(fault)
    for command in PURCHASE[:-1]:
        card.transmit(command)
    assert card.balance == 20000
    assert len(card.transmit(PURCHASE[-1])) == 2 and card.balance == 18750
    patient(card, PURCHASE[-1:])
    assert card.balance == 18750


@pytest.mark.parametrize(
    ("fault", "answers"),
    [
        ("t0-61:twice", ["61{0}", "61{0}", "{data}9000"]),
        ("t0-61:exact", ["61{0}", "6C{0}", "{data}9000"]),
        ("t0-61:data", ["{data}61{0}"]),
        ("t0-61:longer", ["61{1}", "{data}9000"]),
        ("t0-61:parts", ["61{half}", "{first}61{half}", "{second}9000"]),
        ("t0-6c:always", ["6C{0}"] * 5),
        ("t0-6c:data", ["{data}6C{0}"]),
        ("t0-6c:more", ["6C{0}", "61{0}", "{data}9000"]),
        ("t0-6c:longer", ["6C{1}", "{data}9000"]),
        ("t0-6c:short", ["6C{0}", "{short}9000"]),
    ],
)
def test_the_ways_of_a_card(fault: str, answers: list[str]) -> None:
    data = true_answers()[2][:-2].hex().upper()
    half = len(data) // 4
    assert len(data) == 4 * half
    words = {
        "data": data, "half": f"{half:02X}", "first": data[: 2 * half], "second": data[2 * half :],
        "short": data[:-2],
    }  # fmt: skip
    lengths = [f"{len(data) // 2 + more:02X}" for more in (0, 1)]
    card = debit(fault)
    command = PURCHASE[2]
    patient(card, PURCHASE[:2])
    for expected in answers:
        answer = card.transmit(command)
        assert answer.hex().upper() == expected.format(*lengths, **words)
        command = get(0) if answer[-2] == 0x61 else command
        command = with_le(command, answer[-1])
    assert atc(card) == 1


def test_another_command_ends_the_waiting() -> None:
    for fault in ("t0-61", "t0-6c"):
        card = debit(fault)
        patient(card, PURCHASE[:2])
        length = card.transmit(PURCHASE[2])[1]
        assert card.transmit(read(1))[-2:] == b"\x90\x00"
        left = get(length) if fault == "t0-61" else with_le(PURCHASE[2], length)
        assert card.transmit(left) in (b"\x6d\x00", b"\x67\x00")
        card.reset()
        assert card.transmit(get(length)) == b"\x6d\x00"


@pytest.mark.parametrize("fault", ["t0-61:get-data", "t0-6c:get-data"])
def test_refusals_and_exact_lengths_are_answered_at_once(fault: str) -> None:
    card = debit(fault)
    patient(card, PURCHASE[:2])
    assert card.transmit(get_data("9F36"))[0] in (0x61, 0x6C)
    assert card.transmit(get_data("9F7F")) == b"\x6a\x88"
    exact = card.transmit(with_le(get_data("9F36"), 5))
    assert len(exact) == (2 if fault == "t0-61:get-data" else 7)


def test_other_faults_keep_their_place() -> None:
    """What is in front changes the data once; what is behind meets every answer."""
    card = debit("truncate:gpo", "t0-6c:gpo")
    patient(card, PURCHASE[:2])
    (answer,) = patient(card, PURCHASE[2:3])
    assert answer == true_answers()[2][:-3] + b"\x90\x00"
    card = debit("t0-61:gpo", "truncate:get-response")
    patient(card, PURCHASE[:2])
    assert patient(card, PURCHASE[2:3]) == [answer]
    card = debit("t0-6c:gpo,times=1", "status:get-response,sw=6F00")
    patient(card, PURCHASE[:2])
    assert patient(card, PURCHASE[2:3]) == [true_answers()[2]]
    assert len(card.transmit(PURCHASE[2])) > 2  # the next one is answered at once


def test_they_can_be_named() -> None:
    assert Fault.parse("t0-61:gpo,twice") == Fault("t0-61", way="twice")
    assert str(Fault.parse("t0-6c:last-record,always")) == "t0-6c:command=last-record,way=always"
