"""The issuer's answer in the full flow: CS-038, CS-043, DC-051, what is told next time."""

from __future__ import annotations

import pytest

from tapkern.card import Card
from tests.card.full_terminal import AAC, ARQC, FAMILIES, TC, Terminal, cvr, load, stored
from tests.card.terminal import DEBIT, select, send, status


@FAMILIES
def test_online_transaction_resets_what_it_should_cs043(df69: str) -> None:
    card = load("atc = 5", "last_online_atc = 1")
    given = Terminal(card, df69=df69).start().online()
    assert (given.kind, cvr(given)) == ("TC", "602000")
    assert stored(card, "9F13") == "0006"
    given = Terminal(card, df69=df69).start().generate(TC)
    assert (given.kind, cvr(given)) == ("TC", "900000")


def test_arpc_is_checked_once_cs038() -> None:
    card = Card.load("load")
    terminal = Terminal(card).start()
    terminal.generate(ARQC)
    right = terminal.session().issuer_authentication("00")
    assert terminal.authenticate(data=right[:9]) == "6700"
    assert terminal.authenticate(data=right + b"\x00") == "6700"
    assert status(card, b"\x00\x82\x00\x01\x0a" + right) == "6A86"
    assert status(card, b"\x00\x82\x00\x00\x0a" + right + b"\x00") == "6700"
    assert terminal.authenticate(data=right) == "9000"
    assert terminal.authenticate(data=right) == "6985"


def test_arpc_belongs_between_the_cryptograms() -> None:
    card = Card.load("load")
    command = b"\x00\x82\x00\x00\x0a" + bytes(10)
    send(card, select(DEBIT))
    assert status(card, command) == "6985"
    terminal = Terminal(card).start()
    assert status(card, command) == "6985"
    terminal.generate(TC)
    assert terminal.authenticate() == "6985"
    terminal = Terminal(card).start()
    terminal.generate(ARQC)
    terminal.generate(TC, "00")
    assert terminal.authenticate() == "6985"
    plain = load('aip = "7800"')
    terminal = Terminal(plain).start()
    terminal.generate(ARQC)
    assert terminal.authenticate() == "6985"
    assert terminal.generate(TC, "00").kind == "TC"


@FAMILIES
@pytest.mark.parametrize("place", range(10))
def test_wrong_arpc_declines_and_is_told_next_time(df69: str, place: int) -> None:
    card = Card.load("load")
    terminal = Terminal(card, df69=df69).start()
    terminal.generate(ARQC)
    wrong = bytearray(terminal.session().issuer_authentication("00"))
    wrong[place] ^= 1
    assert terminal.authenticate(data=bytes(wrong)) == "6300"
    right = terminal.session().issuer_authentication("00")
    assert terminal.authenticate(data=right) == "6985"
    given = terminal.generate(TC, "00")
    assert (given.kind, cvr(given), given.cid) == ("AAC", "280000", 0x03)
    assert stored(card, "9F13") == "0001"
    given = Terminal(card, df69=df69).start().generate(TC)
    assert (given.kind, cvr(given)) == ("ARQC", "a08800")


def test_missing_arpc_declines_where_it_is_mandatory() -> None:
    card = Card.load("load")
    terminal = Terminal(card).start()
    terminal.generate(ARQC)
    assert terminal.script("04DA9F79", "000000050000") == "6985"
    given = terminal.generate(TC, "00")
    assert (given.kind, cvr(given)) == ("AAC", "200400")
    assert terminal.script("04DA9F79", "000000050000") == "6985"
    assert card.balance == 20000 and stored(card, "9F13") == "0001"
    optional = load("atc = 7", "[application.risk]", "issuer_authentication = 0")
    terminal = Terminal(optional).start()
    terminal.generate(ARQC)
    assert terminal.generate(TC, "00").kind == "TC"
    assert stored(optional, "9F13") == "0008"
    assert terminal.script("04DA9F79", "000000050000") == "9000"


def test_arpc_of_another_transaction_is_wrong() -> None:
    card = Card.load("load")
    old = Terminal(card).start()
    old.generate(ARQC)
    replayed = old.session().issuer_authentication("00")
    terminal = Terminal(card).start()
    terminal.generate(ARQC)
    assert terminal.authenticate(data=replayed) == "6300"


def test_unfinished_online_transaction_goes_online_again() -> None:
    card = Card.load("load")
    Terminal(card).start().generate(ARQC)
    given = Terminal(card).start().generate(TC)
    assert (given.kind, cvr(given)) == ("ARQC", "a08000")
    assert Terminal(card).start().online().kind == "TC"
    assert Terminal(card).start().generate(TC).kind == "TC"


@pytest.mark.parametrize("code", ["Y3", "Z3"])
def test_unable_to_go_online_is_told_cs043(code: str) -> None:
    card = Card.load("load")
    terminal = Terminal(card).start()
    terminal.generate(ARQC)
    given = terminal.generate(TC if code == "Y3" else AAC, code)
    assert (given.kind, cvr(given)) == (("TC", "610000") if code == "Y3" else ("AAC", "210000"))
    assert stored(card, "9F13") == "0001"


def test_every_other_code_is_an_online_answer_cs043() -> None:
    for code in ("00", "51", "Y1", "Z1"):
        card = load("atc = 9")
        terminal = Terminal(card).start()
        terminal.generate(ARQC)
        assert terminal.authenticate(code) == "9000"
        given = terminal.generate(AAC, code)
        assert given.cvr[1] == 0x20 and stored(card, "9F13") == "000A"


def test_declined_by_the_issuer_is_no_approval() -> None:
    given = Terminal(Card.load("load")).start().online(AAC, "51")
    assert (given.kind, cvr(given)) == ("AAC", "200000")


def test_tag_91_within_cdol2_dc051() -> None:
    cdol2 = 'cdol2 = "8A02910A9F3704"'
    card = load('aip = "7900"', "[application.flow]", cdol2)
    for code, forged, wanted in (("00", 0, "TC"), ("00", 1, "AAC")):
        terminal = Terminal(card).start()
        terminal.generate(ARQC)
        value = bytearray(terminal.session().issuer_authentication(code))
        value[0] ^= forged
        assert terminal.generate(TC, code, t91=value.hex()).kind == wanted
        expected = "6985" if forged else "9000"
        assert terminal.script("84240000") == expected
    assert Terminal(card).start().generate(TC).cvr.hex()[4:] == "8810"  # told the next time


def test_failed_authentication_by_the_terminal_is_told_next_time() -> None:
    card = Card.load("load")
    Terminal(card, t95="4800000000").start().generate(AAC)
    given = Terminal(card).start().generate(TC)
    assert cvr(given) == "900104"
    Terminal(card).start().online()
    assert cvr(Terminal(card).start().generate(TC)) == "900000"


def test_challenge() -> None:
    card = Card.load("load")
    assert status(card, bytes.fromhex("0084000000")) == "6985"
    send(card, select(DEBIT))
    one, two = (send(card, bytes.fromhex("0084000000")) for _ in range(2))
    assert len(one) == 8 and one != two
    assert status(card, bytes.fromhex("0084000100")) == "6A86"
    assert status(card, bytes.fromhex("0084000004")) == "6C08"


def test_cryptogram_version_17_cs035() -> None:
    card = load("cvn = 17")
    assert Terminal(card).start().online().kind == "TC"
