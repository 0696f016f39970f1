"""Answers in steps in the second terminal: APDU-003 with apdu.follow_61_6c."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from tests.oracle.scripted import (
    AID,
    Script,
    directory,
    document,
    entry,
    run,
    selected,
    short,
    template,
)
from tests.oracle.terminal import Lost, Result

CREDIT = "A000000333010102"
ON = {"apdu.follow_61_6c": True}
PPSE, SELECT, GPO, RECORD, LAST = 1, 2, 3, 4, 7
PLACES = (PPSE, SELECT, GPO, RECORD, LAST)
NO_APPLICATION = ("end_application", "no_application", "EP-060")
REFUSED = ("end_application", "record_refused", "QP-074")
REFUSALS = {
    PPSE: NO_APPLICATION,
    SELECT: NO_APPLICATION,
    GPO: ("try_another_interface", "gpo_refused", "QP-055"),
    RECORD: REFUSED,
    LAST: REFUSED,
}
GET_RESPONSE = "00C00000"


@dataclasses.dataclass
class Steps(Script):
    """steps: what a command of the flow (by number) and its follow-ups get before its answer.

    Hex with the status word, or "lost".
    """

    steps: dict[int, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    flow: bytes = b""
    number: int = 0
    left: list[str] = dataclasses.field(default_factory=list)
    true: bytes = b""

    def transmit(self, command: bytes) -> bytes:
        follows = command[:4].hex().upper() == GET_RESPONSE or command[:-1] == self.flow[:-1]
        if not follows:
            self.flow, self.number = command, self.number + 1
            self.left = list(self.steps.get(self.number, ()))
            self.true = super().transmit(command)
        if not self.left:
            return self.true
        word = self.left.pop(0)
        if word == "lost":
            raise Lost
        return bytes.fromhex(word)


def plain() -> list[bytes]:
    """The commands of the tap without steps."""
    return list(run().commands)


def stepped(place: int, steps: tuple[str, ...], on: bool = True, **more: Any) -> Result:
    switches = {"tt.recovery": False} | (ON if on else {})
    config = document(switches=switches, terminal={"passes": 0})
    return run(Steps(steps={place: steps}, **more), config)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("steps", "follow"),
    [
        (("6110",), [(True, 0x10)]),
        (("6100",), [(True, 0x00)]),
        (("6CFF",), [(False, 0xFF)]),
        (("6C00",), [(False, 0x00)]),
        (("6110", "6C05"), [(True, 0x10), (True, 0x05)]),
        (("6C05", "6110"), [(False, 0x05), (True, 0x10)]),
    ],
)
def test_an_answer_in_steps(
    place: int, steps: tuple[str, ...], follow: list[tuple[bool, int]]
) -> None:
    commands = plain()
    asked = commands[place - 1]
    more = [
        (bytes.fromhex(GET_RESPONSE + "00") if get else asked)[:-1] + bytes([length])
        for get, length in follow
    ]
    result = stepped(place, steps)
    assert short(result) == ("approved", "approved_offline", "QP-120")
    assert list(result.commands) == [*commands[:place], *more, *commands[place:]]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("steps", "sent"),
    [
        (("6110", "6110"), 1),
        (("6C10", "6C10"), 1),
        (("6110", "6C05", "6110"), 2),
        (("6110", "6C05", "6C05"), 2),
        (("6C10", "6105", "6C05"), 2),
        (("6C10", "6105", "6105"), 2),
        (("00006110",), 0),
        (("00006C10",), 0),
        (("6110", "006C05"), 1),
        (("6C10", "006105"), 1),
        (("6010",), 0),
        (("6210",), 0),
        (("6B10",), 0),
        (("6D10",), 0),
    ],
)
def test_one_of_each_and_none_with_data(place: int, steps: tuple[str, ...], sent: int) -> None:
    result = stepped(place, steps)
    assert short(result) == REFUSALS[place]
    assert len(result.commands) == place + sent
    assert result.card_may_have_paid == (place == LAST)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("steps", [("6110",), ("6C10",)])
def test_off_it_is_a_status_word(place: int, steps: tuple[str, ...]) -> None:
    result = stepped(place, steps, on=False)
    assert short(result) == REFUSALS[place] and len(result.commands) == place


def test_each_command_may_be_answered_in_steps() -> None:
    both = Steps(steps=dict.fromkeys(range(1, 8), ("6C05", "6110")))
    result = run(both, document(switches=ON))
    assert result.status == "approved" and len(result.commands) == 3 * len(plain())


@pytest.mark.parametrize(
    ("place", "word", "end"),
    [
        (GPO, "6985", ("try_another_interface", "gpo_refused", "QP-052")),
        (GPO, "6986", ("try_again", "see_phone", "QP-054")),
        (GPO, "00009000", ("try_another_interface", "bad_data", "QP-060")),
        (SELECT, "6A82", NO_APPLICATION),
        (RECORD, "6A83", REFUSED),
    ],
)
def test_the_last_status_word_decides(place: int, word: str, end: tuple[str, str, str]) -> None:
    reached = stepped(place, ("6110", word))
    direct = stepped(place, (word,))
    assert short(reached) == short(direct) == end


@pytest.mark.parametrize(
    ("place", "end"),
    [
        (PPSE, ("try_again", "card_lost", "EP-035")),
        (SELECT, ("try_again", "card_lost", "EP-035")),
        (GPO, ("try_again", "card_lost", "TT-002")),
        (RECORD, ("try_again", "card_lost", "TT-004")),
        (LAST, ("end_application", "card_may_have_paid", "TT-005")),
    ],
)
@pytest.mark.parametrize("steps", [(), ("6110",), ("6C10",), ("6110", "6C05")])
def test_no_answer_is_none_to_the_command_of_the_flow(
    place: int, end: tuple[str, str, str], steps: tuple[str, ...]
) -> None:
    result = stepped(place, (*steps, "lost"))
    assert short(result) == end and len(result.commands) == place + len(steps)
    assert result.card_may_have_paid == (place == LAST)


@pytest.mark.parametrize("steps", [("6110", "lost"), ("6C10", "lost")])
def test_a_request_goes_on_without_its_records(steps: tuple[str, ...]) -> None:
    """QP-173: 57 came with the GPO."""
    iad = "07010103A00000010A010000008766A1B2C3D4"
    result = stepped(RECORD, steps, cid="80", iad=iad)
    assert short(result) == ("online_request", "card_asked_online", "QP-124")


@pytest.mark.parametrize(("records", "steps", "fits"), [(124, 1, True), (125, 1, False)])
def test_they_count_among_the_commands(records: int, steps: int, fits: bool) -> None:
    """128 commands: PPSE, SELECT, GPO, records, and the steps of the last one."""
    afl = f"1001{records - 4:02X}0008010401"
    many = {(2, number): template("70", b"") for number in range(1, records - 3)}
    words = ("6110",) * steps
    result = stepped(3 + records, words, afl=afl, records=many)
    assert len(result.commands) == 128
    expected = ("approved", "approved_offline", "QP-120")
    if not fits:
        expected = ("end_application", "too_many_commands", "QP-070")
    assert short(result) == expected
    assert result.card_may_have_paid == (not fits)


def two(first: bool, second: bool, **more: Any) -> dict[str, Any]:
    """Two combinations, AID and CREDIT, each with or without the switch."""
    config = document(switches=ON if first else {}, terminal={"passes": 0})
    config["combination"].append(
        {**config["combination"][0], "aid": CREDIT, "switches": ON if second else {}, **more}
    )
    return config


@pytest.mark.parametrize(
    ("config", "followed"),
    [
        (two(True, True), True),
        (two(True, False), False),
        (two(False, True), False),
        (two(True, False, types=["01"]), True),  # what is not usable has no say
        (two(True, False, transaction_limit=1), True),
        (two(True, False, transaction_limit=1250), True),
        (two(True, False, transaction_limit=1251), False),
    ],
)
def test_the_directory_needs_all(config: dict[str, Any], followed: bool) -> None:
    result = run(Steps(steps={PPSE: ("6110",)}), config)
    assert (result.status == "approved") == followed
    assert len(result.commands) == (8 if followed else 1)


@pytest.mark.parametrize("on", [True, False])
def test_a_candidate_brings_its_own(on: bool) -> None:
    """The first candidate has the other setting and is not there."""
    entries = directory(entry(CREDIT, ("87", "01")), entry(AID, ("87", "02")))
    steps = {2: ("6110", "6A82"), 3: ("6C10",), 4: ("6110",)}
    result = run(Steps(ppse=entries, steps=steps), two(on, not on))
    asked = [command.hex().upper() for command in result.commands]
    assert selected(result)[:2] == [CREDIT, AID]
    assert (asked[2] == GET_RESPONSE + "10") == (not on)
    assert short(result) == (("approved", "approved_offline", "QP-120") if on else NO_APPLICATION)
