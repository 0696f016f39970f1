"""The catalogue of faults and the three ways to name one: in code, as text, in a card file."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tapkern.card import Card, Fault, names
from tapkern.card.faults import KINDS, describe, draw
from tapkern.card.faults.wire import COMMANDS, command_name
from tapkern.card.model import INSTRUCTIONS
from tapkern.card.serve import TcpServer, VpcdCard
from tapkern.cli.main import main
from tapkern.errors import CardLost, CardTimeout, UsageError
from tapkern.readers import open_reader
from tests.card.terminal import DEBIT, PPSE, get_data, gpo, read, select, start
from tests.card.test_serve import FakeReader, ask, connect, running

RULES = Path(__file__).parents[2] / "kernel_c" / "rules.def"
PURCHASE = [select(PPSE), select(DEBIT), gpo(), read(1), read(2), read(3), read(4)]


def debit(*faults: Fault, **more: object) -> Card:
    return Card.load("debit", faults=faults, **more)  # type: ignore[arg-type]


def purchase(card: Card) -> list[bytes]:
    """The answers of a whole purchase."""
    return [card.transmit(command) for command in PURCHASE]


def test_every_entry_is_explained_and_names_a_rule_that_exists() -> None:
    rules = set(re.findall(r'"([A-Z]+-\d+)"', RULES.read_text(encoding="utf-8")))
    for kind in KINDS.values():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", kind.name)
        assert 10 < len(kind.meaning) < 100 and not kind.meaning.endswith(".")
        for case in (kind, *kind.cases):
            assert {case.rule, case.sm_rule or case.rule} <= rules, f"{kind.name}: {case.rule}"
        names = [parameter.name for parameter in kind.parameters]
        assert len(set(names)) == len(names)
        for case in kind.cases:
            fault = Fault(kind.name, **case.values)
            assert fault.case is case, f"{kind.name}: {case.values} is hidden by a later case"
        for parameter in kind.parameters:
            assert parameter.meaning and parameter.take(parameter.default) == parameter.default


def test_the_description_is_plain_data() -> None:
    found = {entry["name"]: entry for entry in json.loads(json.dumps(describe()))}
    assert list(found) == list(KINDS)
    leave = found["leave-after"]
    assert (leave["layer"], leave["rule"]) == ("field", "TT-002")
    assert [parameter["name"] for parameter in leave["parameters"]] == [
        "apdu", "command", "nth", "times",
    ]  # fmt: skip
    assert leave["cases"][0] == {
        "values": "command=ppse", "rule": "EP-035", "sm_rule": "EP-035", "harmless": "",
    }  # fmt: skip


def test_a_fault_has_three_spellings() -> None:
    fault = Fault("refuse", command="select", sw="6A82")
    assert fault == Fault.parse("refuse:select,sw=6a82") == Fault.parse(str(fault))
    assert hash(fault) == hash(Fault.parse(str(fault))) and fault != Fault("refuse")
    card = Card.from_toml(
        'base = "debit"\nfaults = ["sdad-bit"]\n'
        '[[fault]]\nname = "refuse"\ncommand = "select"\nsw = "6A82"\n'
    )
    assert card.profile.faults == (Fault("sdad-bit"), fault)
    assert Fault.parse("leave-after:5") == Fault("leave-after", apdu=5)
    assert Fault.parse("leave-after:gpo") == Fault("leave-after")
    assert repr(Fault("leave-after", apdu=5)) == "Fault.parse('leave-after:apdu=5')"


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("explode", "there is no fault 'explode'", "leave-after"),
        ("leave-after:speed=3", "'speed=3' is no value", "apdu, command, nth, times"),
        ("leave-after:perhaps", "'perhaps' is no value", "apdu"),
        ("leave-after:apdu=300", "apdu must be a number, 0 to 255", ""),
        ("leave-after:command=gac", "command must be one of ppse", ""),
        ("refuse:sw=69", "sw must be 2 bytes in hex", ""),
        ("refuse:sw=zz", "sw must be 2 bytes in hex", ""),
        ("sdad-bit:1", "'1' is no value", "it has none"),
        ("", "there is no fault ''", "known"),
    ],
)
def test_mistakes_in_a_fault(text: str, what: str, hint: str) -> None:
    with pytest.raises(UsageError) as error:
        Fault.parse(text)
    assert what in error.value.what and hint in error.value.hint


@pytest.mark.parametrize(
    ("toml", "what"),
    [
        ('[[fault]]\nname = "explode"', "there is no fault 'explode'"),
        ('[[fault]]\napdu = 1', "name is missing"),
        ('[[fault]]\nname = "leave-after"\nspeed = 1', "has no parameter 'speed'"),
        ('[[fault]]\nname = "leave-after"\napdu = true', "apdu must be a number"),
        ('[[fault]]\nname = "leave-after"\ncommand = 4', "command must be one of"),
        ('[[fault]]\nname = "refuse"\nsw = 27010', "sw must be 2 bytes"),
        ('faults = ["leave-after:apdu=x"]', "apdu must be a number"),
    ],
)  # fmt: skip
def test_mistakes_in_a_card_file(toml: str, what: str) -> None:
    with pytest.raises(UsageError, match=re.escape(what)) as error:
        Card.from_toml(f'base = "debit"\n{toml}\n', "mine")
    assert error.value.where.startswith("card mine")


def test_equal_generators_draw_equal_faults() -> None:
    drawn = [draw(random.Random(seed)) for seed in range(300)]
    assert drawn == [draw(random.Random(seed)) for seed in range(300)]
    assert len({fault.name for fault in drawn}) > len(KINDS) / 2
    assert draw(random.Random(1), ["sdad-bit"]) == Fault("sdad-bit")


def test_any_fault_with_any_values_makes_a_card_that_answers() -> None:
    """No fault makes a card that cannot be personalised, or that raises what no reader expects."""
    for seed in range(400):
        source = random.Random(seed)
        faults = [draw(source) for _ in range(source.randint(1, 3))]
        card = Card.load(
            source.choice(names()), faults=faults, sleep=lambda _: None, random=source.randbytes
        )
        for _ in range(2):
            card.reset()
            with suppress(CardLost):
                purchase(card)


def test_leaving_before_or_after_a_command() -> None:
    for fault, atc in ((Fault("leave-before"), 0), (Fault("leave-after"), 1)):
        card = debit(fault)
        start(card)
        with pytest.raises(CardLost):
            card.transmit(gpo())
        card.reset()
        start(card)
        assert card.transmit(get_data("9F36"))[3:5] == atc.to_bytes(2, "big")


def test_leaving_takes_what_was_prepared_along() -> None:
    card = debit(Fault("leave-before", apdu=6, times=1))
    for command in PURCHASE[:5]:
        card.transmit(command)
    with pytest.raises(CardLost):
        card.transmit(read(3))
    assert card.transmit(read(4)) == b"\x69\x85"  # CS-044: not even selected any more
    card.reset()
    assert [answer[-2:] for answer in purchase(card)] == [b"\x90\x00"] * 7
    assert card.balance == 18750


@pytest.mark.parametrize(("name", "left"), [("before", 20000), ("after", 18750)])
def test_leaving_around_the_commit(name: str, left: int) -> None:
    card = debit(Fault(f"leave-{name}-commit", times=1))
    with pytest.raises(CardLost):
        purchase(card)
    assert card.balance == left


def test_leaving_at_any_byte_never_pays_half() -> None:
    """LD-131: after any byte count the card has paid all or nothing, as the count says."""
    card = debit()
    answers = purchase(card)
    sizes = [len(c) + len(a) for c, a in zip(PURCHASE, answers, strict=True)]
    commit = sum(sizes[:-1]) + len(PURCHASE[-1])
    edges = {commit + near for near in (-1, 0, 1)} | {sum(sizes) - 1, sum(sizes)}
    for count in sorted(edges | set(range(0, sum(sizes), 17))):
        card = debit(Fault("leave-at-byte", count=count))
        try:
            got = purchase(card)
        except CardLost:
            assert count < sum(sizes)
        else:
            assert count == sum(sizes) and len(got) == 7
        assert card.balance == (18750 if count >= commit else 20000), count


def test_the_last_record_is_that_of_the_newest_answer() -> None:
    for name, branch in (("debit", ""), ("dual", "00"), ("dual", "01")):
        card = Card.load(name, faults=[Fault("leave-before-commit")])
        start(card)
        afl = card.transmit(gpo(df69=branch))
        places = afl[afl.index(b"\x94") + 2 :][: afl[afl.index(b"\x94") + 1]]
        numbers = [
            (sfi >> 3, number)
            for sfi, first, last, _ in (places[i : i + 4] for i in range(0, len(places), 4))
            for number in range(first, last + 1)
        ]
        for sfi, number in numbers[:-1]:
            card.transmit(read(number, sfi))
        with pytest.raises(CardLost):
            card.transmit(read(numbers[-1][1], numbers[-1][0]))


def test_which_command_it_is() -> None:
    for command, fault in (
        (0, "refuse:ppse"), (1, "refuse:select"), (2, "refuse:gpo"), (4, "refuse:record,nth=2"),
        (6, "refuse:last-record"), (3, "refuse:4"),
    ):  # fmt: skip
        answers = purchase(debit(Fault.parse(f"{fault},sw=6FFF")))
        refused = [n for n, answer in enumerate(answers) if answer == b"\x6f\xff"]
        assert refused == [command], fault
    card = debit(Fault.parse("refuse:get-data,sw=6FFF"))
    start(card)
    assert card.transmit(get_data("9F79")) == b"\x6f\xff"
    assert card.transmit(bytes.fromhex("80AF400000")) == b"\x6d\x00"


def test_every_instruction_of_the_card_has_a_name() -> None:
    for ins in INSTRUCTIONS:
        name = command_name(bytes([0, ins, 0, 0]), None)
        assert name in COMMANDS and name != "other", f"{ins:02X}"
    assert command_name(b"\x00\x77\x00\x00", None) == command_name(b"\x00", None) == "other"


def test_refusing_is_not_acting_and_a_status_word_is() -> None:
    for fault, left in (("refuse:last-record", 20000), ("status:last-record", 18750)):
        card = debit(Fault.parse(fault))
        assert purchase(card)[-1][-2:] in (b"\x69\x85", b"\x62\x83")
        assert card.balance == left


def test_times() -> None:
    card = debit(Fault("status", command="gpo", sw="6F00", times=2))
    found = []
    for _ in range(4):
        card.reset()
        found.append(purchase(card)[2][-2:].hex())
    assert found == ["6f00", "6f00", "9000", "9000"]


def test_whole_answers() -> None:
    good = purchase(debit())[0]
    for fault, answer in (
        ("empty:ppse", good[-2:]),
        ("empty:ppse,data=6F00", b"\x6f\x00\x90\x00"),
        ("truncate:ppse,count=3", good[:-5] + good[-2:]),
        ("truncate:ppse,count=256", good[-2:]),
        ("runt:ppse", good[:1]),
        ("oversize:ppse,size=257", good[:-2].ljust(257, b"\x00") + good[-2:]),
        ("flip:ppse,bit=15", good[:1] + bytes([good[1] ^ 1]) + good[2:]),
    ):
        assert debit(Fault.parse(fault)).transmit(PURCHASE[0]) == answer, fault
    assert debit(Fault("flip", command="ppse", bit=8)).transmit(b"\x00\xa4\x04\x00") == b"\x67\x00"


def test_a_late_answer_calls_sleep() -> None:
    slept: list[float] = []
    card = debit(Fault("delay", command="ppse", ms=1500), sleep=slept.append)
    assert purchase(card) == purchase(debit()) or slept
    assert slept == [1.5]


@pytest.fixture
def leaving() -> Iterator[TcpServer]:
    card = debit(Fault("leave-after", times=1), Fault("silent", command="select", times=1))
    with TcpServer(card, mute=0.3) as server, running(server.serve):
        yield server


def test_leaving_closes_the_connection_and_silence_sends_nothing(leaving: TcpServer) -> None:
    with connect(leaving.address) as connection:
        ask(connection, select(PPSE))
        connection.sendall(b"\x00\x0e" + select(DEBIT))  # no answer, but the card is there
        assert ask(connection, get_data("9F36")) == bytes.fromhex("9F360200009000")
        connection.sendall(len(gpo()).to_bytes(2, "big") + gpo())
        assert connection.recv(1) == b""
    with connect(leaving.address) as connection:
        ask(connection, select(DEBIT))
        assert ask(connection, get_data("9F36")) == bytes.fromhex("9F360200019000")


def test_a_mute_card_does_not_wait_for_ever() -> None:
    card = debit(Fault("silent", command="ppse"))
    with (
        TcpServer(card, mute=0.3) as server,
        running(server.serve),
        connect(server.address) as connection,
    ):
        connection.sendall(b"\x00\x14" + select(PPSE))
        assert connection.recv(1) == b""


def test_leaving_takes_the_card_out_of_a_virtual_reader() -> None:
    reader = FakeReader()
    card = debit(Fault("leave-after", command="ppse"))
    with VpcdCard(card, *reader.address) as inserted:
        reader.accept()
        reader.send(select(PPSE))
        inserted.serve()
    assert reader.connection is not None and reader.connection.recv(1) == b""
    reader.close()


def test_silence_is_another_error_than_leaving() -> None:
    with pytest.raises(CardTimeout):
        debit(Fault("silent", command="ppse")).transmit(select(PPSE))


def test_only_a_simulated_card_takes_a_fault() -> None:
    assert open_reader("sim:debit", faults=["leave-after:5"])
    with pytest.raises(UsageError, match="only a simulated card"):
        open_reader("tcp:127.0.0.1:1", faults=["leave-after:5"])


def test_a_fault_may_be_text() -> None:
    card = Card.load("debit", faults=["leave-after:command=ppse"])
    assert (
        card.profile.faults
        == Card.load("debit", faults=[Fault("leave-after", command="ppse")]).profile.faults
    )
    with pytest.raises(UsageError, match="no fault"):
        Card.load("debit", faults=["leave"])


@pytest.mark.unmasked("output", "the usual value of a fault is a number of the catalogue")
def test_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["card", "faults"]) == 0
    out = capsys.readouterr().out
    assert "leave-after              TT-002" in out and "number of the command" in out
    assert main(["card", "faults", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["faults"] == describe()
    assert main(["card", "show", "debit", "--fault", "leave-after:5"]) == 0
    assert "fault leave-after apdu=5: the card acts" in capsys.readouterr().out
    tap = ["tap", "--reader", "sim:debit", "--amount", "1.00", "--json", "--fault"]
    assert main([*tap, "sdad-bit"]) == 1
    assert json.loads(capsys.readouterr().out)["reason"] == "authentication_failed"
    assert main([*tap, "sdad"]) == 2
    assert "known" in capsys.readouterr().out
