"""Decisions that an ordinary card never brings about, each with its other side (digest file 30)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tapkern import Message, Status, Terminal, UsageError
from tapkern._numbers import DataList, Event
from tapkern.card import Card
from tapkern.card.faults import Fault
from tapkern.card.tlv import decode, encode
from tapkern.driver import finish
from tapkern.lab.toml_text import toml
from tapkern.outcome import Outcome
from tests.oracle.scripted import AID, Script, application, document, objects, run
from tests.taps import FIXED, HEAD, Bench

PDOL = "9F66049F02069F03069F1A0295055F2A029A039C019F3704"
TTQ = '["emv_mode", "contact_chip", "online_pin", "signature", "cdcvm", "fdda_01"]'
BASE = (
    HEAD
    + """[[combination]]
aid = "A000000333"
ttq = {ttq}
{more}
[combination.switches]
{switches}
"""
)
GATE = '["emv_mode", "oda_for_online", "fdda_01"]'


def terminal(
    switches: str = "",
    *,
    ttq: str = TTQ,
    more: str = 'floor_limit = "200.00"',
    extra: str = "",
) -> Terminal:
    """A terminal with one combination for every UnionPay application."""
    return Terminal.from_toml(BASE.format(switches=switches, ttq=ttq, more=more, terminal=extra))


def debit(more: str = "", purse: str = "") -> Card:
    """The debit card with other keys in its application."""
    return Card.from_toml(
        f'base = "debit"\n[[application]]\n{more}\n[application.purse]\n{purse}\n',
        random=lambda count: bytes(range(1, count + 1)),
    )


def swap(old: str, new: str) -> Callable[[int, bytes, bytes], bytes]:
    """Puts other bytes into every answer."""
    return lambda _n, _c, answer: answer.replace(bytes.fromhex(old), bytes.fromhex(new))


def ends(found: Terminal, reader: Bench, amount: str = "12.50", **more: Any) -> Outcome:
    """The outcome of a tap."""
    return found.tap(reader, amount, **{**FIXED, **more}).outcome


@pytest.mark.parametrize(
    ("amount", "reason"),
    [("42949672.95", "approved_offline"), ("42949672.96", "amount_not_codable")],
)
def test_amount_in_binary(amount: str, reason: str) -> None:
    """FMT-002: the largest amount that 81 can hold, and one more."""
    card = debit(
        f'pdol = "{PDOL}8104"\ncvm_limit = 999999999999',
        "balance = 9999999999\nlimit = 9999999999\nsingle = 9999999999",
    )
    found = terminal(more='floor_limit = "99999999.99"')
    assert ends(found, Bench(card), amount).reason == reason


@pytest.mark.parametrize(
    ("last", "usable"),
    [("9F3704", True), ("37049F", False), ("9F37FF", False), ("9F37DF", True), ("9F37E0", False)],
)
def test_pdol(last: str, usable: bool) -> None:
    """DOL-014: a PDOL that ends inside a tag; DOL-017: 252 bytes of data, and one more."""
    reader = Bench(change=swap("9C019F3704", "9C01" + last))
    found = ends(terminal(), reader)
    assert (found.rule != "EP-060") is usable
    assert any(command[1] == 0xA8 for command in reader.commands) is usable


@pytest.mark.parametrize("answer", [b"", b"\x90"])
def test_an_answer_without_status_word_is_none(answer: bytes) -> None:
    """APDU-004, EP-035: the card is asked for again."""
    reader = Bench(change=lambda n, _, own: answer if n == 2 else own)
    assert ends(terminal(), reader).approved
    assert reader.commands[0] == reader.commands[2]


@pytest.mark.parametrize(
    ("on", "extension", "sent"),
    [
        (True, "0102030405060708", "A0000003330101010102030405060708"),
        (True, "010203040506070809", None),
        (False, "0102", "A000000333010101"),
    ],
)
def test_extended_selection(on: bool, extension: str, sent: str | None) -> None:
    """EP-063: 9F29 behind the name, where the terminal wants it and 16 bytes hold it."""
    aid = bytes.fromhex("A000000333010101")
    entry = encode(0x61, encode(0x4F, aid) + encode(0x9F29, bytes.fromhex(extension)))
    ppse = encode(0x84, b"2PAY.SYS.DDF01") + encode(0xA5, encode(0xBF0C, entry))
    answer = encode(0x6F, ppse) + b"\x90\x00"
    reader = Bench(change=lambda n, _, own: answer if n == 1 else own)
    flag = "true" if on else "false"
    ends(terminal(more=f'floor_limit = "9"\nextended_selection = {flag}'), reader)
    selects = [c[5:-1].hex().upper() for c in reader.commands[1:2] if c[1] == 0xA4]
    assert selects == ([] if sent is None else [sent])


@pytest.mark.parametrize(("length", "known"), [("0A", True), ("0B", False), ("05", False)])
def test_balance_in_issuer_data(length: str, known: bool) -> None:
    """QP-008, QP-150: the balance in 9F10 counts when its lengths agree."""
    card = debit('cap = "9800F000"\nidd = 1')
    outcome = ends(
        terminal(),
        Bench(card, change=swap("03900000010A01", "0390000001" + length + "01")),
    )
    assert (outcome.balance_minor is not None) is known


def test_torn_while_reading_for_an_online_request() -> None:
    """QP-173, TT-003: with 57 in the GPO answer the tap goes on, else the card is asked for."""

    def with_records(*, track: bool, leave: int) -> Outcome:
        def change(_: int, command: bytes, own: bytes) -> bytes:
            if command[1] != 0xA8:
                return own
            content = own[3:-2] if own[1] == 0x81 else own[2:-2]
            if not track:
                content = content.replace(b"\x57\x11", b"\x58\x11")
            return encode(0x77, content + encode(0x94, bytes.fromhex("08010100"))) + own[-2:]

        return ends(terminal(), Bench(Card.load("credit"), change=change, leave=leave))

    assert with_records(track=True, leave=0).status is Status.ONLINE_REQUEST
    assert with_records(track=True, leave=4).rule == "QP-124"
    again = with_records(track=False, leave=4)
    assert [ui.message for ui in again.shown][:3] == [0x15, 0x21, 0x21]


@pytest.mark.parametrize(("on", "cvm"), [("true", "signature"), ("false", "no_cvm")])
def test_no_ctq(on: str, cvm: str) -> None:
    """QP-104: without a CTQ a signature is asked for where the switch says so."""
    card = Card.from_toml('base = "credit"\n[[application]]\n', random=lambda count: bytes(count))
    found = ends(
        terminal(f'"qp.no_ctq_always_signature" = {on}'),
        Bench(card, change=swap("9F6C020000", "9F6D020000")),
    )
    assert (found.status, found.cvm.value) == (Status.ONLINE_REQUEST, cvm)


@pytest.mark.parametrize(("ctq", "rule"), [("0000", "QP-120"), ("8000", "QP-110")])
def test_an_offline_approval_with_online_pin(ctq: str, rule: str) -> None:
    """QP-110: a TC is never approved with an online PIN."""
    reader = Bench(change=swap("9F6C020000", "9F6C02" + ctq))
    outcome = ends(terminal('"fd.check_ctq" = false'), reader)
    assert outcome.rule == rule and outcome.approved is (rule == "QP-120")


@pytest.mark.parametrize(("atc", "rule"), [("0001", "QP-120"), ("0002", "QP-123")])
def test_signed_atc(atc: str, rule: str) -> None:
    """FD-010: the ATC in the signature beside 9F36."""
    outcome = ends(
        terminal('"fd.check_atc" = true'), Bench(change=swap("9F36020001", "9F3602" + atc))
    )
    assert outcome.rule == rule and (rule == "QP-120" or outcome.oda_rule == "FD-010")


@pytest.mark.parametrize(("ctq", "rule"), [("0000", "QP-120"), ("0400", "QP-123")])
def test_signed_ctq_without_ctq(ctq: str, rule: str) -> None:
    """FD-012: without 9F6C the copy in 9F69 has to be zero."""
    reader = Bench(debit(f'ctq = "{ctq}"'), change=swap("9F6C02" + ctq, "9F6D02" + ctq))
    outcome = ends(terminal(), reader)
    assert outcome.rule == rule and (rule == "QP-120" or outcome.oda_rule == "FD-012")


@pytest.mark.parametrize(
    ("forged", "policy", "status", "reason"),
    [
        (False, "online", Status.ONLINE_REQUEST, "online_authenticated"),
        (True, "online", Status.ONLINE_REQUEST, "online_unauthenticated"),
        (True, "decline", Status.DECLINED, "authentication_failed"),
    ],
)
def test_online_authentication(forged: bool, policy: str, status: Status, reason: str) -> None:
    """QP-125, QP-126, TR-002, TR-003: a signed online request, good and forged."""
    card = Card.load("transit", faults=[Fault("sdad-bit")] if forged else [])
    found = ends(
        terminal(f'"qp.online_oda_fail" = "{policy}"', ttq=GATE, more=""), Bench(card), "1.00"
    )
    assert (found.status, found.reason) == (status, reason)


@pytest.mark.parametrize(
    ("deferred", "forged", "approved"),
    [(True, False, True), (False, False, False), (True, True, False)],
)
def test_deferred_authorisation(deferred: bool, forged: bool, approved: bool) -> None:
    """QP-130: an authenticated request may be approved without the host, where it is allowed."""
    card = Card.load("transit", faults=[Fault("sdad-bit")] if forged else [])
    flag = "true" if deferred else "false"
    found = terminal(f'"qp.deferred_auth" = {flag}', ttq=GATE, more="")
    done = found.tap(Bench(card), "1.00", **FIXED)
    assert done.outcome.may_defer is approved
    assert done.complete(None).approved is approved


def test_who_cannot_ask_cannot_defer() -> None:
    """QP-130: a device without a host is refused, though an unreached one may be waited for."""
    found = terminal('"qp.deferred_auth" = true', ttq=GATE, more="")
    done = found.tap(Bench(Card.load("transit")), "1.00", **FIXED)
    assert done.outcome.may_defer
    done.resume(Event.UNSUPPORTED)
    finish(done, None, None)
    assert (done.outcome.status, done.outcome.rule) == (Status.DECLINED, "QP-130")
    assert done.outcome.reason == "host_not_reached"


@pytest.mark.parametrize(
    ("old", "new", "waits"),
    [
        ("", "", True),
        ("9F36020001", "9F36020000", False),
        ("57116200000000000001149D", "57116200000000000001148D", False),
        ("57116200000000000001149D", "5E116200000000000001149D", True),  # 5A alone
    ],
)
def test_what_deferring_needs(old: str, new: str, waits: bool) -> None:
    """TK-035: the authenticated 5A, no other number in 57; 76 section 5: an ATC above 0."""
    flags = '"qp.deferred_auth" = true\n"qp.check_pan_57" = false'
    found = terminal(flags, ttq=GATE, more="")
    seen = []

    def change(_: int, command: bytes, own: bytes) -> bytes:
        seen.append(own)
        return own.replace(bytes.fromhex(old), bytes.fromhex(new)) if old else own

    done = found.tap(Bench(Card.load("transit"), change=change), "1.00", **FIXED)
    assert not old or any(bytes.fromhex(old) in one for one in seen)
    assert done.outcome.rule == "QP-125" and done.outcome.may_defer is waits
    assert done.complete(None).approved is waits


@pytest.mark.parametrize(("pan", "waits"), [("6200000000000123455F", True), (None, False)])
def test_deferring_needs_the_number_in_5a(pan: str | None, waits: bool) -> None:
    """TK-035: 57 alone is authenticated by the card's certificate, and is still not 5A."""
    card = Script(
        cid="80", iad="07010103A00000010A010000008766A1B2C3D4", pan=pan,
        fci={AID: application(issuer=objects(("DF61", "40")))},
    )  # fmt: skip
    settings = document(ttq="37004080", switches={"qp.deferred_auth": True})
    found = Terminal.from_toml(toml(settings))
    reader = Bench(Scripted(card))  # type: ignore[arg-type]
    outcome = found.tap(reader, "1.00", **FIXED).outcome
    assert (outcome.rule, outcome.may_defer) == ("QP-125", waits)
    card.count = 0
    assert (
        run(card, document(ttq="37004080", switches={"qp.deferred_auth": True})).may_defer is waits
    )


class Scripted:
    """A card of the tests of the second terminal, in a reader."""

    def __init__(self, script: Script) -> None:
        self.transmit = script.transmit

    def reset(self) -> None:
        """It has nothing to forget."""


@pytest.mark.parametrize(("amount", "cvm"), [("0.99", "no_cvm"), ("1.00", "online_pin")])
def test_a_pin_does_not_wait(amount: str, cvm: str) -> None:
    """TK-035, QP-130: what the host would have to check cannot be deferred."""
    gate = '["emv_mode", "oda_for_online", "online_pin", "fdda_01"]'
    limits = 'floor_limit = "0.00"\ncvm_limit = "1.00"'
    found = terminal('"qp.deferred_auth" = true', ttq=gate, more=limits)
    done = found.tap(Bench(Card.load("transit")), amount, **FIXED)
    assert (done.outcome.rule, done.outcome.cvm) == ("QP-125", cvm)
    assert done.outcome.may_defer is (cvm == "no_cvm")
    assert done.complete(None).approved is (cvm == "no_cvm")


def test_an_online_request_needs_a_card_number() -> None:
    """QP-128: 57, or 5A with 5F24; else nothing is asked of the host."""
    card = debit('ctq = "2000"')
    found = terminal('"qp.require_5F24" = false')

    def change(_: int, command: bytes, own: bytes) -> bytes:
        own = own.replace(b"\x57\x11", b"\x58\x11")
        return own.replace(b"\x5f\x24\x03", b"\x5f\x2e\x03")

    outcome = ends(found, Bench(card, change=change))
    assert (outcome.reason, outcome.rule) == ("missing_data", "QP-128")
    with_track = Bench(debit('ctq = "2000"'), change=swap("5F2403", "5F2E03"))
    assert ends(found, with_track).rule == "QP-121"


@pytest.mark.parametrize(("read", "paid"), [("true", True), ("false", False)])
def test_two_cryptogram_types(read: str, paid: bool) -> None:
    """QP-006, TT-006: 9F27 says ARQC and 9F10 TC; once the last record was read the card may have
    paid, whatever was taken for the type."""
    card = debit("cid_in_gpo = true")
    reader = Bench(card, change=swap("9F270140", "9F270180"))
    outcome = ends(terminal(f'"qp.read_afl_on_arqc" = {read}'), reader)
    assert outcome.status is Status.ONLINE_REQUEST and outcome.rule == "QP-124"
    assert outcome.card_may_have_paid is paid is (card.balance == 18750)


def test_an_online_request_without_track_2() -> None:
    """QP-171, QP-067: with no record to read, 57 has to be in the GPO answer."""
    reader = Bench(Card.load("credit"), change=swap("5711620000", "5811620000"))
    outcome = ends(terminal(), reader)
    assert (outcome.rule, outcome.reason) == ("QP-067", "missing_data")


def test_a_record_cannot_change_the_cryptogram() -> None:
    """TLV-032: what belongs to the GPO answer is ignored in a record, or is a duplicate there."""

    def ends_with(item: bytes) -> Outcome:
        def change(number: int, _: bytes, own: bytes) -> bytes:
            return encode(0x70, own[2:-2] + item) + own[-2:] if number == 7 else own

        return ends(terminal(), Bench(change=change))

    ignored = ends_with(encode(0x9F27, b"\x80"))
    assert ignored.approved and Message(ignored.data_record).get(0x9F27) == b"\x40"
    assert ends_with(encode(0x9F36, b"\x00\x01")).reason == "duplicate_data"


def test_lists_for_the_acquirer() -> None:
    """QP-140, QP-004: a list for each use; the configuration adds elements, and none twice."""
    plain = terminal()
    text = """
    online_tags = ["9F6C", "9F26", "9F24"]
    offline_tags = ["9F5D"]
    record_tags = ["5F2D"]
    reversal_tags = ["9F26"]
    """
    more = Terminal.from_toml(
        BASE.format(switches="", ttq=TTQ, more='floor_limit = "200.00"', terminal=text)
    )

    def tags(found: bytes | None) -> list[int]:
        return [] if found is None else [tag for tag, _ in decode(found)]

    without = plain.tap(Bench(Card.load("credit")), "12.50", **FIXED)
    wide = more.tap(Bench(Card.load("credit")), "12.50", **FIXED)
    assert tags(wide.fetch(DataList.ONLINE)) == [*tags(without.fetch(DataList.ONLINE)), 0x9F6C]
    assert wide.outcome.field55 == wide.fetch(DataList.ONLINE)
    assert tags(without.fetch(DataList.REVERSAL)) == [0x95, 0x9F10, 0x9F36]
    assert tags(wide.fetch(DataList.REVERSAL)) == [0x95, 0x9F10, 0x9F36, 0x9F26]
    assert wide.fetch(DataList.OFFLINE) is None
    paid = more.tap(Bench(), "12.50", **FIXED)
    assert tags(paid.fetch(DataList.OFFLINE))[-1] == 0x9F5D
    assert tags(paid.fetch(DataList.DATA_RECORD))[-1] == 0x5F2D
    assert paid.fetch(DataList.ONLINE) is paid.fetch(DataList.REVERSAL) is None


@pytest.mark.parametrize(
    "wrong", ['["70"]', '["9F7F7F"]', '["9F"]', '["9F 26"]', "[]", '"9F26"', "[40742]"]
)
def test_a_list_of_unknown_tags_is_refused(wrong: str) -> None:
    """TLV-004 and the known elements: a template, an unknown tag, half a tag, no tag."""
    with pytest.raises(UsageError, match="online_tags"):
        Terminal.from_toml(
            BASE.format(switches="", ttq=TTQ, more="", terminal=f"online_tags = {wrong}")
        )


@pytest.mark.parametrize(("answer", "dropped"), [("00", True), ("51", False), (None, False)])
def test_a_record_is_dropped_once_the_host_approved(answer: str | None, dropped: bool) -> None:
    """TT-017: a TC that went online is kept as doubtful, until the host has approved it."""
    kept: list[bytes | None] = []
    found = terminal('"tt.upload_doubtful" = true')
    card = Card.from_toml('base = "debit"\nfaults = ["sdad-bit"]\n[[application]]\nctq = "2000"\n')
    done = found.tap(Bench(card), "12.50", store=kept.append, **FIXED)
    assert done.outcome.rule == "QP-121" and done.outcome.card_may_have_paid
    assert len(kept) == 1 and kept[0]
    done.complete(answer)
    assert (kept[1:] == [None]) is dropped and len(kept) == 1 + dropped


@pytest.mark.parametrize(("cid", "rule"), [("40", "TT-005"), ("80", "QP-073")])
def test_a_card_of_two_minds_is_not_asked_to_pay_again(cid: str, rule: str) -> None:
    """TT-005, TT-018: 9F10 says ARQC; when 9F27 says TC, the lost last record may have paid."""
    card = Card.from_toml(
        'base = "debit"\nfaults = ["cvr-type:2"]\n[[application]]\ncid_in_gpo = true\n'
    )

    def change(_: int, __: bytes, own: bytes) -> bytes:
        own = own.replace(b"\x57\x11", b"\x58\x11")
        return own.replace(b"\x9f\x27\x01\x40", bytes.fromhex("9F2701" + cid))

    reader = Bench(card, change=change, leave=7)
    outcome = ends(terminal(), reader)
    if rule == "TT-005":
        assert (outcome.status, outcome.rule) == (Status.END_APPLICATION, rule)
        assert outcome.card_may_have_paid and len(reader.commands) == 7
    else:
        assert len(reader.commands) > 7 and outcome.shown[1].message == 0x21
