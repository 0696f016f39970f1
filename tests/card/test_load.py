"""A whole load, with the issuer's host at the other end: file 74 §2, LD-004 to LD-007."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapkern.card import Card
from tapkern.issuer.check import Issuer
from tapkern.issuer.host import Behaviour, Host, HostReply
from tests.card.full_terminal import ARQC, TC, Given, Terminal, stored
from tests.card.terminal import DEBIT, objects, read, select, send, status

FAMILIES = pytest.mark.parametrize("df69", ["00", "01"], ids=["RSA", "SM"])
SENT = ("9F02", "9F03", "9F1A", "95", "5F2A", "9A", "9C", "9F37")


def field55(terminal: Terminal, given: Given) -> bytes:
    """The online request of a cryptogram."""
    values = {tag: bytes.fromhex(terminal.values[tag]) for tag in SENT}
    values |= {tag: terminal.data[tag] for tag in ("82", "5A", "5F34")}
    values |= {
        "9F26": given.ac,
        "9F27": bytes([given.cid]),
        "9F10": given.iad,
        "9F36": given.atc.to_bytes(2, "big"),
    }
    return b"".join(
        bytes.fromhex(tag) + bytes([len(value)]) + value for tag, value in values.items()
    )


def commands(reply: HostReply) -> list[bytes]:
    """The commands in the scripts of an answer."""
    return [objects(template)["86"] for template in reply.scripts]


def loading(card: Card, amount: int, df69: str = "00") -> Terminal:
    return Terminal(card, amount, df69, t9C="60").start()


def accepted(terminal: Terminal, host: Host) -> HostReply:
    """ARQC, host, EXTERNAL AUTHENTICATE, second GENERATE AC."""
    given = terminal.generate(ARQC)
    assert given.kind == "ARQC"
    reply = host.answer(field55(terminal, given))
    assert reply.approved, reply
    assert terminal.authenticate(data=reply.tag91) == "9000"
    assert terminal.generate(TC, "00").kind == "TC"
    return reply


@FAMILIES
def test_whole_load(df69: str, tmp_path: Path) -> None:
    state, host = tmp_path / "card.json", Host(Issuer.ready(), behaviour=Behaviour.LOAD)
    card = Card.load("load", state=state)
    terminal = loading(card, 30000, df69)
    assert stored(card, "9F79") == "000000020000" and stored(card, "9F77") == "000000100000"
    reply = accepted(terminal, host)
    (command,) = commands(reply)
    assert command[:5].hex().upper() == "04DA9F790A"
    assert status(card, command) == "9000"
    assert stored(card, "9F79") == "000000050000" and stored(card, "9F13") == "0001"
    card.reset()
    again = Card.load("load", state=state)
    assert again.balance == 50000
    send(again, select(DEBIT))
    record = send(again, read(1, 12)).hex().upper()  # LG-005
    assert record.startswith("9F79" + "000000020000" + "000000050000" + "260601")
    paid = Terminal(again, 50000, df69, t9F7A="01").start()
    assert paid.generate(TC).kind == "TC" and again.balance == 0


@FAMILIES
def test_two_loads_after_each_other_count_from_the_card(df69: str) -> None:
    card, host = Card.load("load"), Host(Issuer.ready(), behaviour=Behaviour.LOAD)
    for balance in (30000, 40000):
        terminal = loading(card, 10000, df69)
        (command,) = commands(accepted(terminal, host))
        assert status(card, command) == "9000"
        assert card.balance == balance
        card.reset()


def test_repeated_script_credits_once() -> None:
    card, host = Card.load("load"), Host(Issuer.ready(), behaviour=Behaviour.LOAD)
    terminal = loading(card, 10000)
    (command,) = commands(accepted(terminal, host))
    assert status(card, command) == "9000"
    assert status(card, command) == "6985"
    assert card.balance == 30000
    send(card, select(DEBIT))
    assert status(card, command) == "6985"
    accepted(loading(card, 10000), host)
    assert status(card, command) == "6988"  # another ATC and another cryptogram
    assert card.balance == 30000


def test_wrong_arpc_of_the_host_loads_nothing() -> None:
    card = Card.load("load")
    host = Host(Issuer.ready(), behaviour=Behaviour.WRONG_ARPC)
    terminal = loading(card, 10000)
    reply = host.answer(field55(terminal, terminal.generate(ARQC)))
    assert terminal.authenticate(data=reply.tag91) == "6300"
    assert terminal.generate(TC, "00").kind == "AAC"
    assert terminal.script("04DA9F79", "000000030000") == "6985"
    assert card.balance == 20000


@pytest.mark.parametrize("at", ["before", "after", "lost"])
def test_tear_around_the_script(at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The field goes before or behind the commit, or the memory cannot be written."""
    import os

    state, host = tmp_path / "card.json", Host(Issuer.ready(), behaviour=Behaviour.LOAD)
    card = Card.load("load", state=state)
    terminal = loading(card, 10000)
    (command,) = commands(accepted(terminal, host))
    if at == "lost":

        def broken(*_: object) -> None:
            raise OSError("disk full")

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", broken)
            assert status(card, command) == "6581"
    elif at == "after":
        assert status(card, command) == "9000"
    card.reset()
    for seen in (card, Card.load("load", state=state)):
        assert seen.balance == (30000 if at == "after" else 20000)
        send(seen, select(DEBIT))
        assert status(seen, command) == "6985"
        assert (status(seen, read(1, 12)) == "6A83") if at != "after" else send(seen, read(1, 12))


@pytest.mark.parametrize("done", range(6))
def test_tear_between_any_two_commands(done: int, tmp_path: Path) -> None:
    """What is only prepared is gone, what was answered stays: the balance is old or new."""
    state, host = tmp_path / "card.json", Host(Issuer.ready(), behaviour=Behaviour.LOAD)
    card = Card.load("load", state=state)
    terminal = Terminal(card, 10000, t9C="60")
    steps = 0
    if done > steps:
        terminal.start()
    reply = None
    if done > 1:
        reply = host.answer(field55(terminal, terminal.generate(ARQC)))
    if done > 2:
        assert reply and terminal.authenticate(data=reply.tag91) == "9000"
    if done > 3:
        terminal.generate(TC, "00")
    if done > 4:
        assert reply and status(card, commands(reply)[0]) == "9000"
    del card
    again = Card.load("load", state=state)
    assert again.balance == (30000 if done > 4 else 20000)
    send(again, select(DEBIT))
    assert stored(again, "9F36") == f"{min(done, 1):04X}"
    assert Terminal(again).start().generate(TC).kind == ("ARQC" if done in (2, 3) else "TC")
