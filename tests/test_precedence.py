"""Which of several wrong things decides, and how early: QP-127 and what the differential run found.

Each case here was a difference between the kernel and the oracle.
"""

from __future__ import annotations

import pytest

from tapkern import Message, Status, Terminal
from tapkern.card import Card, tlv
from tests import taps
from tests.taps import FIXED, Bench, resolve, tap

SM = resolve("tapkern:params/configs/demo-sm2.toml", taps.Path())


def edited(answer: bytes, objects: list[tuple[int, bytes]]) -> bytes:
    """A template with these objects in place of those with their tags, or behind the others."""
    ((tag, value),) = tlv.decode(answer[:-2])
    new = dict(objects)
    parts = [(one, new.pop(one, content)) for one, content in tlv.decode(value)]
    parts += new.items()
    return tlv.encode(tag, b"".join(tlv.encode(*part) for part in parts)) + answer[-2:]


def gpo_with(*objects: tuple[int, str]) -> Bench:
    """The debit card, whose GPO answer has these objects."""
    values = [(tag, bytes.fromhex(value)) for tag, value in objects]

    def change(_: int, command: bytes, answer: bytes) -> bytes:
        return edited(answer, values) if command[1] == 0xA8 else answer

    return Bench(taps.card(), change=change)


AAC = (0x9F10, "07010103800000")
NO_TYPE = (0x9F10, "07010103")


@pytest.mark.parametrize(
    "wrong",
    [(0x57, "6200000000000001016F"), (0x94, "08010"), (0x82, "7C"), (0x5F34, "0102"), (0x5A, "6A")],
)
def test_an_aac_declines_whatever_else_is_wrong(wrong):
    tag, value = wrong
    outcome = tap(gpo_with(AAC, (tag, value + "0" * (len(value) % 2)))).outcome
    assert (outcome.status, outcome.rule) == (Status.DECLINED, "QP-069")
    record = Message(outcome.data_record)
    assert record.get(0x9F27) == b"\x00" and record.get(0x57 if tag == 0x57 else 0x5A) is None


def test_a_refusal_without_a_cryptogram_is_one():
    outcome = tap(gpo_with((0x9F27, "00"), NO_TYPE, (0x9F26, ""))).outcome
    assert (outcome.status, outcome.rule) == (Status.DECLINED, "QP-069")
    outcome = tap(gpo_with((0x9F27, "80"), NO_TYPE)).outcome
    assert (outcome.reason, outcome.rule) == ("bad_data", "QP-067")


def test_a_record_does_not_rename_the_application():
    def change(_: int, command: bytes, answer: bytes) -> bytes:
        if command[1:4] != b"\xb2\x01\x0c":
            return answer
        return edited(answer, [(0x84, bytes(5)), (0x50, b"OTHER"), (0x9F12, b"OTHER")])

    outcome = tap(Bench(taps.card(), change=change)).outcome
    record = Message(outcome.data_record)
    assert record.get(0x84) == bytes.fromhex("A000000333010101")
    assert record.get(0x50) == b"UnionPay Debit" and record.get(0x9F12) is None


def test_the_selected_name_chooses_the_ca_keys():
    """CK-008: 84 of the FCI is not covered by anything and does not name another scheme."""

    def change(_: int, command: bytes, answer: bytes) -> bytes:
        if command[1] != 0xA4 or b"2PAY" in command:
            return answer
        return edited(answer, [(0x84, bytes.fromhex("A000000003101000"))])

    outcome = tap(Bench(taps.card(), change=change)).outcome
    assert outcome.rule == "QP-120"


@pytest.mark.parametrize("pan", [False, True])
def test_an_arqc_without_a_card_number_ends_before_its_expiry_counts(pan):
    """QP-171 with the order of QP-127."""

    def change(_: int, command: bytes, answer: bytes) -> bytes:
        if command[1] not in (0xA8, 0xB2):
            return answer
        ((tag, value),) = tlv.decode(answer[:-2])
        gone = {0x57} if pan else {0x57, 0x5A}
        kept = [part for part in tlv.decode(value) if part[0] not in gone]
        kept += [(0x94, bytes.fromhex("08010100"))] if command[1] == 0xA8 else []
        return tlv.encode(tag, b"".join(tlv.encode(*part) for part in kept)) + answer[-2:]

    card = Card.from_toml('base = "credit"\n[[application]]\nexpiry = 2026-11-20\n')
    outcome = tap(Bench(card, change=change), "1.00").outcome
    expected = ("expired", "QP-091") if pan else ("missing_data", "QP-128")
    assert (outcome.reason, outcome.rule) == expected


@pytest.mark.parametrize("issuer", ["DF6101", "DF61014000DF", "9F"])
def test_a_broken_template_in_the_fci_takes_the_application_away(issuer):
    def change(_: int, command: bytes, answer: bytes) -> bytes:
        if command[1] != 0xA4 or b"2PAY" in command:
            return answer
        ((_, fci),) = tlv.decode(answer[:-2])
        inner = dict(tlv.decode(dict(tlv.decode(fci))[0xA5]))
        inner[0xBF0C] = bytes.fromhex(issuer)
        a5 = b"".join(tlv.encode(*part) for part in inner.items())
        return edited(answer, [(0xA5, a5)])

    outcome = tap(Bench(taps.card(), change=change)).outcome
    assert (outcome.reason, outcome.rule) == ("no_application", "EP-060")


def test_without_an_aac_the_same_data_end_the_tap():
    outcome = tap(gpo_with((0x57, "6200000000000001016F"))).outcome
    assert (outcome.status, outcome.rule) == (Status.TRY_ANOTHER_INTERFACE, "TLV-030")


def test_a_broken_template_ends_even_an_aac():
    def change(_: int, command: bytes, answer: bytes) -> bytes:
        if command[1] != 0xA8:
            return answer
        answer = edited(answer, [(0x9F10, bytes.fromhex(AAC[1]))])
        return answer[:2] + bytes([answer[2] - 1]) + answer[3:-3] + answer[-2:]  # a byte too short

    outcome = tap(Bench(taps.card(), change=change)).outcome
    assert outcome.reason == "bad_data" and outcome.status is not Status.DECLINED


def test_a_second_object_counts_before_a_wrong_value():
    def change(_: int, command: bytes, answer: bytes) -> bytes:
        if command[1] != 0xB2:
            return answer
        ((tag, value),) = tlv.decode(answer[:-2])
        twice = tlv.encode(0x5F24, bytes.fromhex("241332"))
        return tlv.encode(tag, value + twice) + answer[-2:]

    outcome = tap(Bench(taps.card(), change=change)).outcome
    assert (outcome.reason, outcome.rule) == ("duplicate_data", "TLV-021")


def test_two_card_numbers_are_found_before_a_record_is_read():
    reader = gpo_with((0x5A, "6200000000000001099F"))
    outcome = tap(reader).outcome
    assert (outcome.reason, outcome.rule) == ("bad_data", "QP-085")
    assert not any(command[1] == 0xB2 for command in reader.commands)
    assert reader.card.balance == 20000 and not outcome.card_may_have_paid


def test_a_wrong_ctq_in_a_record_stops_the_reading():
    def change(_: int, command: bytes, answer: bytes) -> bytes:
        if command[1] == 0xA8:
            ((tag, value),) = tlv.decode(answer[:-2])
            kept = [item for item in tlv.decode(value) if item[0] != 0x9F6C]
            return tlv.encode(tag, b"".join(tlv.encode(*i) for i in kept)) + answer[-2:]
        return edited(answer, [(0x9F6C, b"\x00")]) if command[1] == 0xB2 else answer

    reader = Bench(taps.card(), change=change)
    outcome = tap(reader).outcome
    assert (outcome.reason, outcome.rule) == ("bad_data", "CTQ-002")
    assert sum(command[1] == 0xB2 for command in reader.commands) == 1
    assert reader.card.balance == 20000


@pytest.mark.parametrize(
    "pdol, amount, other, ends",
    [
        ("9F66048104", 2**32 - 1, 0, False),
        ("9F66048104", 2**32, 0, True),
        ("9F66048100", 2**32, 0, False),
        ("9F66049F0404", 1, 2**32 - 1, False),
        ("9F66049F0404", 1, 2**32, True),
        ("9F66049F0206", 2**32, 2**32, False),
    ],
)
def test_an_amount_that_four_bytes_cannot_hold(pdol, amount, other, ends):
    """FMT-002, FMT-003: better no transaction than another amount."""

    def change(_: int, command: bytes, answer: bytes) -> bytes:
        if command[1] != 0xA4 or b"2PAY" in command:
            return answer
        ((_, fci),) = tlv.decode(answer[:-2])
        inner = dict(tlv.decode(dict(tlv.decode(fci))[0xA5])) | {0x9F38: bytes.fromhex(pdol)}
        return edited(answer, [(0xA5, b"".join(tlv.encode(*part) for part in inner.items()))])

    text = taps.DEMO.read_text("utf-8").replace('transaction_limit = "5000.00"\n', "")
    reader = Bench(taps.card(), change=change)
    found = Terminal.from_toml(text).tap(reader, amount, other=other, **FIXED)
    assert (found.outcome.reason == "amount_not_codable") == ends
    sent = [command for command in reader.commands if command[1] == 0xA8]
    assert bool(sent) != ends
    if "8104" in pdol and sent:
        assert sent[0][-5:-1] == amount.to_bytes(4, "big")


def test_an_unusable_ctq_is_not_handed_on():
    for ctq, kept in (("00", None), ("0000", b"\x00\x00")):
        outcome = tap(gpo_with(AAC, (0x9F6C, ctq))).outcome
        assert outcome.rule == "QP-069" and Message(outcome.data_record).get(0x9F6C) == kept


@pytest.mark.parametrize("code, answer", [("51", b"51"), ("00", b"00"), (None, b"Z3")])
def test_8a_after_an_online_request(code, answer):
    found = tap(Bench(taps.card("credit")), "1.00")
    assert found.outcome.status is Status.ONLINE_REQUEST
    assert Message(found.outcome.data_record).get(0x8A) is None
    final = found.complete(code)
    assert Message(final.data_record).get(0x8A) == answer


def df69(terminal: Terminal) -> bytes:
    """What the terminal tells the dual card about SM algorithms."""
    reader = Bench(Card.load("dual"))
    terminal.tap(reader, "1.00", **FIXED)
    return next(command for command in reader.commands if command[1] == 0xA8)[-2:-1]


@pytest.mark.parametrize(
    "expiry, switch, offered",
    [("20261120", "false", 0), ("20261121", "false", 1), ("20261120", "true", 1)],
)
def test_an_expired_sm2_key_is_not_offered(expiry, switch, offered):
    text = SM.read_text("utf-8")
    key = resolve("tapkern:params/capk/test-sm2.toml", taps.Path()).read_text("utf-8")
    first = key[key.index("[[ca_key]]") :].split("\n\n")[0]
    assert 'index = "E8"' in first
    text = text[: text.rindex("[[ca_key]]")].replace(
        "receipt = true", f'receipt = true\nswitches = {{"ck.ignore_expiry" = {switch}}}'
    )
    terminal = Terminal.from_toml(f'{text}\n{first}\nexpiry = "{expiry}"\n')
    assert df69(terminal) == bytes([offered])


@pytest.mark.parametrize(("tail", "found"), [("", True), ("00", True), ("9F", False)])
def test_a_directory_whose_a5_ends_inside_an_object_has_no_candidates(
    tail: str, found: bool
) -> None:
    """EP-044, TLV-015: the objects of A5 fill it, padding apart."""

    def change(number: int, _: bytes, answer: bytes) -> bytes:
        if number != 1:
            return answer
        ((_, fci),) = tlv.decode(answer[:-2])
        name, (_, a5) = tlv.decode(fci)
        inside = tlv.encode(*name) + tlv.encode(0xA5, a5 + bytes.fromhex(tail))
        return tlv.encode(0x6F, inside) + answer[-2:]

    outcome = tap(Bench(taps.card(), change=change)).outcome
    assert outcome.approved is found and (found or outcome.rule == "EP-060")
