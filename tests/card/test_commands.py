"""Commands and status words: CS-001, CS-034, SELECT next, lengths, and bytes that mean nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapkern.card import Card, names
from tests.card.terminal import (
    CREDIT,
    DEBIT,
    PPSE,
    get_data,
    gpo,
    objects,
    read,
    run,
    select,
    send,
    start,
    status,
)

VISA = "A0000000031010"


@pytest.fixture
def card() -> Card:
    return Card.load("debit")


@pytest.fixture
def multi() -> Card:
    return Card.load("multi")


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("", "6700"),
        ("00A404", "6700"),
        ("00FF000000", "6D00"),
        ("80A4040000", "6E00"),
        ("00A8000000", "6E00"),
        ("80B2010C00", "6E00"),
        ("00CA9F7900", "6E00"),
        ("00A4000008A00000033301010100", "6A86"),
        ("00A4040108A00000033301010100", "6A86"),
        ("00A4040008A000000333010101", "6700"),  # no Le
        ("00A4040009A00000033301010100", "6700"),  # Lc too large
        ("00A4040007A00000033301010100", "6700"),  # Lc too small
        ("00A404000000", "6700"),  # Lc 00
        ("00A4040004A000000300", "6700"),  # name too short
        ("00A4040008A00000033301010101", "6700"),  # Le is not 00
        ("00A4040011" + "A0" * 17 + "00", "6700"),  # name too long
        ("00A4040008A00000033301010200", "6A82"),
        ("00A404020E" + PPSE + "00", "6A82"),  # the PPSE has no next one
    ],
)
def test_status_words_before_selection(card: Card, command: str, sw: str) -> None:
    assert status(card, bytes.fromhex(command)) == sw


@pytest.mark.parametrize("command", [gpo(), read(1), get_data("9F79")])
def test_nothing_works_without_an_application_cs001(card: Card, command: bytes) -> None:
    assert status(card, command) == "6985"
    send(card, select(PPSE))
    assert status(card, command) == "6985"
    send(card, select(DEBIT))
    send(card, command)
    card.reset()
    assert status(card, command) == "6985"


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("80A80100" + "23" + "8321" + "00" * 33 + "00", "6A86"),
        ("80A80000", "6700"),
        ("80A800000000", "6700"),
        ("80A80000" + "24" + "8321" + "00" * 33 + "00", "6700"),  # Lc too large
        ("80A80000" + "22" + "8321" + "00" * 33 + "00", "6700"),  # Lc too small
        ("80A80000" + "23" + "8321" + "00" * 33, "6700"),  # no Le
        ("80A80000" + "23" + "8521" + "00" * 33 + "00", "6A80"),  # not tag 83
        ("80A80000" + "23" + "8320" + "00" * 33 + "00", "6A80"),  # length of 83 too small
        ("80A80000" + "23" + "8322" + "00" * 33 + "00", "6A80"),  # length of 83 too large
        ("80A80000" + "25" + "8321" + "00" * 33 + "8300" + "00", "6A80"),  # a second object
        ("80A80000" + "22" + "8320" + "00" * 32 + "00", "6700"),  # PDOL data too short
        ("80A80000" + "24" + "8322" + "00" * 34 + "00", "6700"),  # PDOL data too long
        ("80A80000" + "02" + "8300" + "00", "6700"),  # no PDOL data
        (gpo().hex().replace("000000001250", "00000000125A"), "6A80"),  # amount is not BCD
    ],
)
def test_wrong_gpo_cs001(card: Card, command: str, sw: str) -> None:
    start(card)
    assert status(card, bytes.fromhex(command)) == sw
    assert send(card, get_data("9F36")).hex() == "9f36020000"


def test_every_accepted_gpo_counts_cs001(card: Card) -> None:
    start(card)
    for atc in (1, 2, 3):
        assert int(objects(send(card, gpo()))["9F36"].hex(), 16) == atc
    assert status(card, gpo(ttq="00000000")) == "6985"  # refused by CS-002, counted all the same
    assert send(card, get_data("9F36")).hex() == "9f36020004"


def test_application_is_blocked_when_the_atc_ends_cs001() -> None:
    card = changed("debit", "atc = 65533")
    start(card)
    send(card, gpo())
    assert status(card, gpo()) == "6985"
    answer = card.transmit(select(DEBIT))
    assert answer[:1] == b"\x6f" and answer[-2:] == b"\x62\x83"
    assert status(card, gpo()) == "6985"
    assert send(card, get_data("9F36")).hex() == "9f3602ffff"


def changed(base: str, lines: str, top: str = "") -> Card:
    return Card.from_toml(f'base = "{base}"\n{top}\n[[application]]\n{lines}\n', "changed")


def test_blocked_application_and_blocked_card_cs034() -> None:
    card = changed("debit", "blocked = true")
    send(card, select(PPSE))
    assert card.transmit(select(DEBIT))[-2:].hex() == "6283"
    assert status(card, gpo()) == "6985"
    card = changed("debit", "", top="blocked = true")
    assert status(card, select(PPSE)) == "6A81"
    assert status(card, select(DEBIT)) == "6A81"


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("00B2000C00", "6A86"),
        ("00B2010D00", "6A86"),
        ("00B2010800", "6A86"),
        ("00B2090C00", "6A83"),
        ("00B2011400", "6A83"),  # SFI 2
        ("00B201FC00", "6A83"),  # SFI 31
        ("00B2010C", "6700"),
        ("00B2010C0000", "6700"),
        ("80CA9F4F00", "6A88"),
        ("80CADF4F00", "6A88"),
        ("80CA005A00", "6A88"),
        ("80CA9F79", "6700"),
        ("80CA9F7905", "6C09"),
        ("00B2010C10", "6C2D"),
    ],
)
def test_records_and_data_that_are_not_there_cs034(card: Card, command: str, sw: str) -> None:
    start(card)
    assert status(card, bytes.fromhex(command)) == sw


def test_exact_length_is_accepted(card: Card) -> None:
    start(card)
    assert card.transmit(bytes.fromhex("80CA9F7909")) == bytes.fromhex("9F79060000000200009000")


def test_get_data_set(card: Card) -> None:
    start(card)
    expected = {
        "9F36": "0000",
        "9F13": "0001",
        "9F17": "03",
        "9F51": "0156",
        "9F68": "9900F000",
        "9F6B": "000000030000",
        "9F77": "000000100000",
        "9F78": "000000050000",
        "9F79": "000000020000",
        "9F6D": "000000001000",
        "9F5D": "000000020000",
    }
    for tag, value in expected.items():
        assert objects(send(card, get_data(tag))) == {tag: bytes.fromhex(value)}


def test_a_card_without_a_purse_has_no_balance() -> None:
    card = Card.load("credit")
    start(card, CREDIT)
    for tag in ("9F79", "9F77", "9F78", "9F6D", "9F5D"):
        assert status(card, get_data(tag)) == "6A88"
    assert card.balance == 0


def test_ppse_lists_applications_in_order(multi: Card) -> None:
    fci = send(multi, select(PPSE))
    assert fci[:2] == bytes([0x6F, len(fci) - 2])
    places = [fci.index(bytes.fromhex(aid)) for aid in (VISA, CREDIT, DEBIT)]
    assert places == sorted(places)
    assert bytes.fromhex("870102" + "9F2A0107") in fci


def test_select_next_goes_through_all_matches(multi: Card) -> None:
    rid = DEBIT[:10]
    assert objects(send(multi, select(rid)))["84"].hex().upper() == CREDIT
    assert objects(send(multi, select(rid, 2)))["84"].hex().upper() == DEBIT
    assert status(multi, select(rid, 2)) == "6A82"
    assert status(multi, select(rid, 2)) == "6A82"  # stays at the end
    send(multi, get_data("9F36"))  # and the last one stays selected
    assert objects(send(multi, select(rid)))["84"].hex().upper() == CREDIT


def test_select_next_without_a_first_one_finds_the_first(multi: Card) -> None:
    assert objects(send(multi, select(DEBIT[:10], 2)))["84"].hex().upper() == CREDIT


def test_foreign_application_is_there_and_does_nothing(multi: Card) -> None:
    fci = objects(send(multi, select(VISA)))
    assert fci["50"] == b"FOREIGN CREDIT" and "9F38" not in fci
    for command in (gpo(), read(1), get_data("9F36")):
        assert status(multi, command) == "6985"


def test_applications_have_their_own_counters(multi: Card) -> None:
    start(multi, CREDIT)
    send(multi, gpo())
    start(multi, DEBIT)
    assert send(multi, get_data("9F36")).hex() == "9f36020000"


CARDS = {name: Card.load(name) for name in names()}
HEADS = [bytes.fromhex(h) for h in ("", "00A404", "80A80000", "00B2", "80CA", "80CA9F", "8400")]


@given(
    name=st.sampled_from(names()),
    selected=st.booleans(),
    commands=st.lists(
        st.one_of(
            st.binary(max_size=300),
            st.tuples(st.sampled_from(HEADS), st.binary(max_size=60)).map(b"".join),
            st.builds(
                gpo,
                ttq=st.binary(min_size=4, max_size=4).map(bytes.hex),
                df69=st.sampled_from(("", "00", "01", "02")),
            ),
            st.builds(read, st.integers(1, 8), st.integers(1, 3)),
            st.binary(min_size=35, max_size=35).map(lambda d: b"\x80\xa8\0\0\x23" + d + b"\0"),
        ),
        max_size=5,
    ),
)
@settings(max_examples=300, deadline=None)
def test_any_bytes_get_an_answer(name: str, selected: bool, commands: list[bytes]) -> None:
    card = CARDS[name]
    card.reset()
    if selected:
        card.transmit(select(DEBIT))
    before = card.balance
    for command in commands:
        answer = card.transmit(command)
        assert 2 <= len(answer) <= 258
        assert answer[0] in (0x6F, 0x77, 0x80, 0x70, 0x9F) or len(answer) == 2
    assert card.balance <= before


def test_df61_is_in_fci_get_data_and_9f69() -> None:
    plain = Card.load("debit")
    assert "DF61" not in objects(send(plain, select(DEBIT)))
    assert status(plain, get_data("DF61")) == "6A88"
    assert run(plain).data["9F69"][7] == 0x00
    card = Card.from_toml('base = "debit"\n[[application]]\ndf61 = "41"\n')
    fci = send(card, select(DEBIT))
    assert fci.endswith(bytes.fromhex("BF0C04DF610141"))
    assert send(card, get_data("DF61")) == bytes.fromhex("DF610141")
    assert run(card).data["9F69"][7] == 0x41  # CS-033
