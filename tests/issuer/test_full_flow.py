"""Host and card through the debit/credit flow: load end to end, issuer authentication, scripts.

The terminal between them is the scripted one of tests/card; it only carries bytes.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tapkern.card import Card
from tapkern.issuer import keyfile, scripts
from tapkern.issuer.accounts import Account, Accounts
from tapkern.issuer.check import Issuer
from tapkern.issuer.host import Host, HostReply, Reversal
from tapkern.issuer.make import new_issuer
from tapkern.issuer.reasons import Failure, Reason
from tapkern.issuer.tlv import decode, encode
from tests.card.full_terminal import AAC, ARQC, TC, Given, Terminal, stored
from tests.card.terminal import DEBIT, select, status

FAMILIES = pytest.mark.parametrize("df69", ["00", "01"], ids=["3DES", "SM4"])
PAN = "6200000000000001180"
CARD = (PAN, "01")
TAGS = ("9F02", "9F03", "9F1A", "95", "5F2A", "9A", "9C", "9F37")


def request(terminal: Terminal, given: Given) -> bytes:
    """What a terminal sends to the host after GENERATE AC."""
    objects = {int(tag, 16): bytes.fromhex(terminal.values[tag]) for tag in TAGS}
    objects |= {0x9F26: given.ac, 0x9F27: bytes([given.cid]), 0x9F10: given.iad}
    objects |= {0x9F36: given.atc.to_bytes(2, "big"), 0x82: terminal.data["82"]}
    objects |= {tag: terminal.data[f"{tag:X}"] for tag in (0x57, 0x5A, 0x5F34)}
    return b"".join(encode(tag, value) for tag, value in objects.items())


def begin(card: Card, amount: int, df69: str, type: str) -> tuple[Terminal, bytes]:
    """Everything up to the online request."""
    terminal = Terminal(card, amount, df69, t9C=type).start()
    given = terminal.generate(ARQC)
    assert given.kind == "ARQC"
    return terminal, request(terminal, given)


def finish(terminal: Terminal, reply: HostReply) -> list[str]:
    """EXTERNAL AUTHENTICATE, scripts and the second GENERATE AC; every status word."""
    told = [terminal.authenticate(data=reply.tag91)] if reply.tag91 else []
    run = {tag: body for template in reply.scripts for tag, body in decode(template)}
    told += deliver(terminal, run.get(0x71, b""))
    given = terminal.generate(TC if reply.approved else AAC, reply.code or "Z3")
    told.append(given.kind)
    return told + deliver(terminal, run.get(0x72, b""))


def deliver(terminal: Terminal, body: bytes) -> list[str]:
    return [status(terminal.card, apdu) for tag, apdu in decode(body) if tag == 0x86]


def host(behaviour: str = "verify", account: Account | None = None, **options: object) -> Host:
    accounts = Accounts({CARD: account or Account(100_000)})
    return Host(Issuer.ready(), accounts, behaviour, **options)  # type: ignore[arg-type]


def left(of: Host) -> int:
    account = of.accounts.find(CARD)
    assert account is not None
    return account.balance


@FAMILIES
@pytest.mark.parametrize(("type", "paid"), [("60", 5000), ("63", 0)])
def test_load_end_to_end(df69: str, type: str, paid: int) -> None:
    card, here = Card.load("load"), host("load")
    terminal, asked = begin(card, 5000, df69, type)
    reply = here.answer(asked)
    assert reply.approved and reply.check is not None and reply.check.balance == 20_000
    assert finish(terminal, reply) == ["9000", "TC", "9000"]
    assert stored(card, "9F79") == "000000025000" and card.balance == 25_000
    assert left(here) == 100_000 - paid
    # the next load starts from what the card tells then
    terminal, asked = begin(card, 1, df69, type)
    assert finish(terminal, here.answer(asked)) == ["9000", "TC", "9000"]
    assert card.balance == 25_001


@FAMILIES
def test_a_repeated_load_credits_nothing(df69: str) -> None:
    """The same request twice, and the script of both answers: the card is loaded once."""
    card, here = Card.load("load"), host("load")
    terminal, asked = begin(card, 5000, df69, "60")
    first, second = here.answer(asked), here.answer(asked)
    assert second.repeated and second.scripts == first.scripts and left(here) == 95_000
    assert finish(terminal, first) == ["9000", "TC", "9000"]
    ((_, body),) = decode(second.scripts[0])
    assert deliver(terminal, body) == ["6985"]
    assert card.balance == 25_000
    other, _ = begin(card, 5000, df69, "60")
    other.authenticate()
    other.generate(TC, "00")
    assert deliver(other, body) == ["6988"]  # sealed for another transaction
    assert card.balance == 25_000


@FAMILIES
def test_a_load_that_never_came_is_reversed(df69: str) -> None:
    card, here = Card.load("load"), host("load")
    _, asked = begin(card, 5000, df69, "60")
    assert here.answer(asked).approved and left(here) == 95_000
    assert here.reverse(asked) is Reversal.REVERSED and left(here) == 100_000
    assert here.answer(asked).code == "05" and card.balance == 20_000


@FAMILIES
def test_a_load_above_the_limit_is_declined(df69: str) -> None:
    card, here = Card.load("load"), host("load")
    terminal, asked = begin(card, 80_001, df69, "60")
    reply = here.answer(asked)
    assert reply.reason is Reason.ABOVE_PURSE_LIMIT and not reply.scripts
    assert finish(terminal, reply) == ["9000", "AAC"]
    assert card.balance == 20_000 and left(here) == 100_000


@FAMILIES
def test_both_cryptograms_of_a_purchase_are_right(df69: str) -> None:
    card, here = Card.load("load"), host()
    terminal, asked = begin(card, 1250, df69, "00")
    reply = here.answer(asked)
    assert terminal.authenticate(data=reply.tag91) == "9000"
    second = terminal.generate(TC, "00")
    check = here.answer(request(terminal, second)).check
    assert check is not None and check.passed and check.kind is not None
    assert check.kind.name == "TC"


@FAMILIES
def test_a_wrong_arpc_is_refused_by_the_card(df69: str) -> None:
    card = Card.load("load")
    terminal, asked = begin(card, 1250, df69, "00")
    reply = host("wrong-arpc").answer(asked)
    assert reply.approved and finish(terminal, reply) == ["6300", "AAC"]


@FAMILIES
@pytest.mark.parametrize("template", [scripts.BEFORE, scripts.AFTER])
def test_scripts(df69: str, template: int) -> None:
    """A limit, then the block of the application, which comes in time to decline or does not."""
    card = Card.load("load")
    commands = [scripts.put_amount(0x9F78, 123), scripts.APPLICATION_BLOCK]
    here = host("script", commands=commands, script_id=b"\x00\x00\x00\x01", template=template)
    terminal, asked = begin(card, 1250, df69, "00")
    told = finish(terminal, here.answer(asked))
    kind = "AAC" if template == scripts.BEFORE else "TC"
    assert sorted(told) == sorted(["9000", "9000", "9000", kind])
    assert stored(card, "9F78") == "000000000123"
    card.reset()
    assert card.transmit(select(DEBIT))[-2:].hex() == "6283"


@FAMILIES
def test_a_changed_script_changes_nothing(df69: str) -> None:
    card = Card.load("load")
    here = host("load")
    terminal, asked = begin(card, 5000, df69, "60")
    ((_, body),) = decode(here.answer(asked).scripts[0])
    terminal.authenticate()
    terminal.generate(TC, "00")
    changed = body[:12] + bytes([body[12] ^ 0x10]) + body[13:]
    assert deliver(terminal, changed) == ["6988"] and card.balance == 20_000


@FAMILIES
def test_pin_change(df69: str) -> None:
    """With and without the old PIN; the card then takes the new one and no other."""
    card = Card.load("load")
    for change, right, wrong in (
        (scripts.pin_change("97531"), "97531", "1234"),
        (scripts.pin_change("246802", "97531"), "246802", "97531"),
    ):
        terminal, asked = begin(card, 1250, df69, "00")
        told = finish(terminal, host("script", commands=[change]).answer(asked))
        assert told == ["9000", "TC", "9000"]
        terminal = Terminal(card, df69=df69).start()
        assert verify_pin(terminal, wrong) != "9000"
        assert verify_pin(terminal, right) == "9000"


def verify_pin(terminal: Terminal, pin: str) -> str:
    block = f"2{len(pin):X}{pin}".ljust(16, "F")
    return status(terminal.card, bytes.fromhex(f"0020008008{block}"))


@FAMILIES
def test_card_and_host_read_the_same_key_file(df69: str, tmp_path: Path) -> None:
    """LD-133: an issuer of one's own, its card, its host; another issuer's host declines."""
    path = tmp_path / "issuer.toml"
    path.write_text(new_issuer("own", ca_bits=1024, issuer_bits=1024).to_toml(), encoding="utf-8")
    (tmp_path / "card.toml").write_text('base = "load"\nissuer_file = "issuer.toml"\n')
    card = Card.load(tmp_path / "card.toml")
    terminal = OwnTerminal(card, 5000, df69, t9C="60")
    terminal.issuer = Issuer.of(keyfile.load(path))
    given = terminal.start().generate(ARQC)
    asked = request(terminal, given)
    assert host("load").answer(asked).reason is Failure.WRONG_CRYPTOGRAM
    own = Host(terminal.issuer, Accounts(everyone=Account(100_000)), "load")
    assert finish(terminal, own.answer(asked)) == ["9000", "TC", "9000"]
    assert card.balance == 25_000


class OwnTerminal(Terminal):
    """The scripted terminal with another issuer behind it."""

    issuer: Issuer

    def session(self, atc=None, ac=None):  # type: ignore[no-untyped-def]
        from tapkern.issuer.session import Session

        if ac is None:
            assert self.first is not None
            atc, ac = self.first.atc, self.first.ac
        pan = self.data["5A"].hex().rstrip("f")
        master = self.issuer.masters[self.suite.identifier]
        return Session.open(self.suite, master, pan, self.data["5F34"].hex(), atc, ac)
