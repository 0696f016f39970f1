"""The commands of the extended application: every refusal, the cache, the files (CS-041)."""

from __future__ import annotations

import pytest

from tapkern.card import Card
from tests.card.industry_terminal import (
    KEY,
    LOG,
    LOG_KEY,
    METRO,
    NUMBER,
    PARK,
    STATE,
    TRIP,
    Gate,
    append,
    changed,
    gpo,
    metro,
    park,
    prove,
    read_record,
    record_of,
    retail,
    secured,
    update,
)
from tests.card.terminal import (
    DEBIT,
    PPSE,
    balance,
    get_data,
    objects,
    read,
    select,
    send,
    start,
    status,
)

# --- READ CAPP DATA


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("80B401A802270100", "6A86"),
        ("80B400AA02270100", "6A86"),
        ("80B400AC02270100", "6A86"),
        ("80B400A8012700", "6700"),
        ("80B400A80327010000", "6700"),
        ("80B400A80927011122334455667700", "6700"),
        ("80B400A8", "6700"),
        ("80B400A800", "6700"),
        ("80B400A80227", "6700"),
        ("80B400A802270101", "6700"),
        ("80B400A80227010000", "6700"),
        ("80B400B002270100", "6A82"),  # no such file
        ("80B400F002270100", "6A82"),  # a cyclic file has no records by id
        ("80B400A902270100", "6A82"),  # next without a first
        ("80B400A802999900", "6A83"),
        ("84B400A802270100", "6E00"),
    ],
)
def test_refusals_of_read_capp_data(fare: Card, command: str, sw: str) -> None:
    start(fare)
    assert status(fare, bytes.fromhex(command)) == sw


def test_commands_need_a_selected_application(fare: Card) -> None:
    for command in (read_record(METRO, "2701"), prove(1), update(METRO, b"12", 1)):
        assert status(fare, command) == "6985"
    send(fare, select(PPSE))
    assert status(fare, read_record(METRO, "2701")) == "6985"


def test_response_mac_needs_df61_b8() -> None:
    card = Card.from_toml('base = "transit-fare"\n[[application]]\ndf61 = "01"\n')
    start(card)
    assert len(send(card, read_record(METRO, "2701"))) == 128
    assert status(card, read_record(METRO, "2701", NUMBER)) == "6700"


def test_response_mac_of_a_record_shorter_than_a_block() -> None:
    """§5.1: then the MAC is one encryption of the padded content xor the number."""
    card = Card.from_toml(
        'base = "parking"\n[[application]]\n[[application.file]]\n'
        '[[application.file.record]]\nid = "2707"\nlength = 7\ndata = "01020011"\n'
    )
    start(card)
    answer = send(card, read_record(PARK, "2707", NUMBER))
    assert answer[:-4].hex() == "27070401020011"
    assert answer[-4:] == retail(KEY, bytes.fromhex(NUMBER), answer[:-4])


def test_records_of_one_id_are_walked_xa012() -> None:
    card = Card.from_toml(
        'base = "parking"\n[[application]]\n[[application.file]]\n'
        "[[application.file.record]]\n"
        '[[application.file.record]]\nid = "2707"\ndata = "0102000200"\n'
        f'[[application.file.record]]\nid = "2707"\nlength = 32\nkey = "{KEY}"\n'
        'data = "0102000300"\n'
    )
    start(card)
    first = send(card, read_record(PARK, "2707"))
    second = send(card, read_record(PARK, "2707", following=1))
    third = send(card, read_record(PARK, "2707", following=1))
    assert (first[6], second[6], third[6], len(third)) == (1, 2, 3, 32)
    assert status(card, read_record(PARK, "2707", following=1)) == "6A83"
    assert status(card, read_record(PARK, "2708", following=1)) == "6A82"
    atc = int.from_bytes(objects(send(card, gpo(1, 0)))["9F36"], "big")
    assert status(card, update(PARK, changed(third, 7, "AA"), atc, following=1)) == "9000"
    assert status(card, update(PARK, changed(first, 7, "BB"), atc)) == "9000"
    key = "606162636465666768696A6B6C6D6E6F"
    assert status(card, update(PARK, changed(second, 7, "CC"), atc, key, following=1)) == "9000"
    send(card, read(4))
    states = [send(card, read_record(PARK, "2707", following=n))[7] for n in (0, 1, 1)]
    assert states == [0xBB, 0xCC, 0xAA]


def test_a_next_update_needs_a_next_read(parking: Card) -> None:
    gate = park(parking)
    content = gate.select()
    gate.process(1, 0)
    assert status(parking, update(PARK, content, gate.atc, following=1)) == "6A82"


# --- UPDATE CAPP DATA CACHE


@pytest.fixture
def open_gate(fare: Card) -> Gate:
    gate = metro(fare)
    gate.select()
    gate.process(1, 100)
    return gate


def test_refusals_of_update(open_gate: Gate) -> None:
    card, atc = open_gate.card, open_gate.atc
    content = bytes.fromhex("27017D010100") + bytes(122)
    good = update(METRO, content, atc)
    for command, sw in [
        (update(METRO, content[:-1], atc), "6A80"),
        (update(METRO, content[:2], atc), "6A80"),
        (update(METRO, content + b"\0", atc), "6A84"),
        (update(METRO, b"\x99\x99" + content[2:], atc), "6A83"),
        (update(METRO, b"\x27", atc), "6A83"),
        (update(0x16, content, atc), "6A82"),
        (update(LOG, bytes(49), atc, LOG_KEY), "6A84"),
        (update(LOG, bytes(48), atc, LOG_KEY, following=1), "6A83"),
        (update(METRO, content, atc + 1), "6988"),
        (update(METRO, content, atc, LOG_KEY), "6988"),
        (secured("84DE01A8", KEY, atc, content), "6A86"),
        (secured("84DE00AF", KEY, atc, content), "6A86"),
        (b"\x80" + good[1:], "6E00"),
        (good[:-1] + b"\x01", "6700"),
        (bytes.fromhex("84DE00A80411223344"), "6700"),
    ]:
        assert status(card, command) == sw, command.hex()
    for at in range(5, len(good) - 1):  # one bit anywhere, the MAC itself as well
        wrong = bytearray(good)
        wrong[at] ^= 1
        assert status(card, bytes(wrong)) == ("6A83" if at < 7 else "6988")
    assert status(card, good[:-1]) == "9000"  # as in the worked values, without Le
    open_gate.read()
    assert balance(card) == 2900


def test_cache_takes_three_updates(open_gate: Gate) -> None:
    card, atc = open_gate.card, open_gate.atc
    content = bytes.fromhex("27017D010100") + bytes(122)
    for _ in range(2):
        assert status(card, update(METRO, content, atc)) == "9000"
    assert status(card, update(LOG, TRIP, atc, LOG_KEY)) == "9000"
    assert status(card, update(METRO, content, atc)) == "6581"
    open_gate.read()
    assert balance(card) == 2900 and len(send(card, read(1, LOG))) == 48


@pytest.mark.parametrize(
    "between",
    [read(1), get_data("9F79"), read_record(METRO, "2701"), prove(1), read(1, LOG), b"\0\xff\0\0"],
    ids=bytes.hex,
)
def test_any_other_command_ends_the_updates_xa030(open_gate: Gate, between: bytes) -> None:
    card = open_gate.card
    content = bytes.fromhex("27017D010100") + bytes(122)
    card.transmit(between)
    assert status(card, update(METRO, content, open_gate.atc)) == "6985"


def test_last_record_without_its_update_is_6974_xa031(fare: Card) -> None:
    gate = metro(fare)
    other = bytes.fromhex("27027D010100") + bytes(122)
    for updates in ([], [update(LOG, TRIP, 1, LOG_KEY)], [other]):
        content = gate.select()
        gate.process(1, 100)
        for one in updates:
            if one is other:
                command = update(METRO, other, gate.atc, "606162636465666768696A6B6C6D6E6F")
            else:
                command = update(LOG, TRIP, gate.atc, LOG_KEY)
            assert status(fare, command) == "9000"
        for _ in range(2):
            assert status(fare, read(4)) == "6974"
        assert status(fare, update(METRO, content, gate.atc)) == "6985"
        assert (balance(fare), status(fare, read(1, LOG))) == (3000, "6A83")
        assert status(fare, prove(gate.atc)) == "9406"
    start(fare)
    gate.process(1, 100)  # nothing was read before
    assert status(fare, update(METRO, content, gate.atc)) == "9000"
    assert status(fare, read(4)) == "6974"


def test_record_read_after_gpo_does_not_count(fare: Card) -> None:
    gate = metro(fare)
    content = gate.select()
    gate.process(1, 100)
    gate.update(content)
    send(fare, read_record(METRO, "2702"))
    gate.read()
    assert balance(fare) == 2900


def test_new_gpo_discards_the_cache_but_not_what_was_read_cs044(fare: Card) -> None:
    gate = metro(fare)
    content = gate.select()
    gate.process(1, 100)
    gate.update(changed(content, STATE, "01"))
    gate.process(1, 200)
    assert status(fare, read(4)) == "6974"
    gate.process(1, 200)
    gate.update(content)
    gate.read()
    assert balance(fare) == 2800 and record_of(fare, METRO, "2701") == content


def test_response_macs_end_with_the_transaction(fare: Card) -> None:
    gate = metro(fare, NUMBER)
    content = gate.run(1, 0)
    gate.number = ""
    assert send(fare, read_record(METRO, "2701")) == content
    gate.process(1, 0)
    gate.update(content)  # the gate expects no MAC now


# --- the cyclic file


def test_trip_log(fare: Card) -> None:
    start(fare)
    assert status(fare, read(1, LOG)) == "6A83"
    for trip in range(1, 33):
        gate = metro(fare)
        content = gate.select()
        gate.process(1, 1)
        gate.update(content)
        slot = bytes([trip]) + bytes(trip)
        assert status(fare, update(LOG, slot, gate.atc, LOG_KEY)) == "9000"
        gate.read()
    assert balance(fare) == 3000 - 32
    for number in range(1, 31):
        trip = 33 - number
        assert send(fare, read(number, LOG)) == (bytes([trip]) + bytes(trip)).ljust(48, b"\0")
    assert status(fare, read(31, LOG)) == "6A83"


# --- APPEND RECORD


def new_session(card: Card, df60: int = 0) -> int:
    """SELECT and GPO; the ATC."""
    start(card)
    return int.from_bytes(objects(send(card, gpo(df60, 0)))["9F36"], "big")


def test_refusals_of_append(fare: Card) -> None:
    content = bytes.fromhex("010103010100")
    atc = new_session(fare)
    for command, sw in [
        (append(METRO, content, atc + 1), "6988"),
        (append(METRO, content, atc, open_key=KEY), "6988"),
        (append(METRO, b"\1\1", atc), "6700"),
        (bytes.fromhex("04E200A80411223344"), "6700"),
        (bytes.fromhex("04E200A814") + bytes(20), "6700"),
        (append(0x17, content, atc), "6A82"),
        (append(METRO, content[:2] + bytes(127), atc), "6A84"),  # longer than the longest
        (append(LOG, b"", atc, LOG_KEY, "707172737475767778797A7B7C7D7E7F"), "6985"),  # is open
        (secured("04E201A8", KEY, atc, bytes(30)), "6A86"),
        (secured("04E200A9", KEY, atc, bytes(30)), "6A86"),
        (secured("84E200A8", KEY, atc, bytes(30)), "6E00"),
    ]:
        assert status(fare, command) == sw, command.hex()
    assert status(fare, append(METRO, content, atc)) == "9000"
    send(fare, select(DEBIT))
    assert status(fare, append(METRO, content, atc)) == "6985"
    atc = new_session(fare, 1)  # an extended transaction is prepared
    assert status(fare, append(METRO, content, atc)) == "6985"


def test_file_has_a_size(fare: Card) -> None:
    """640 bytes: two records of 128 are there, three more fit."""
    atc = new_session(fare)
    for number in range(4):
        content = bytes.fromhex(f"280{number}7D010100") + bytes(122)
        sw = status(fare, append(METRO, content, atc))
        assert sw == ("9000" if number < 3 else "6A84")
    assert status(fare, append(METRO, bytes.fromhex("280903010100"), atc)) == "6A84"


def test_file_without_a_limit() -> None:
    text = 'base = "transit-fare"\n[[application]]\n[[application.file]]\nsize = 0\n'
    card = Card.from_toml(text)
    atc = new_session(card)
    for number in range(20):
        content = bytes.fromhex(f"28{number:02X}7D010100") + bytes(122)
        assert status(card, append(METRO, content, atc)) == "9000"


def test_append_during_a_plain_purchase_outlives_its_commit(fare: Card) -> None:
    atc = new_session(fare)
    content = bytes.fromhex("29017D010100") + bytes(122)
    assert status(fare, append(METRO, content, atc)) == "9000"
    send(fare, read(4))
    assert record_of(fare, METRO, "2901") == content


def test_append_follows_a_commit_in_the_same_session(fare: Card) -> None:
    gate = metro(fare)
    gate.run(1, 100)
    content = bytes.fromhex("290103010100")
    assert status(fare, append(METRO, content, gate.atc)) == "9000"
    assert record_of(fare, METRO, "2901") == content


def test_cyclic_file_is_opened_once() -> None:
    text = (
        'base = "parking"\n[[application]]\n[[application.file]]\n[[application.file]]\n'
        'sfi = 0x1E\ntype = "cyclic"\nlongest = 32\nslots = 2\nopen_key = "' + KEY + '"\n'
    )
    card = Card.from_toml(text)
    gate = park(card)
    content = gate.select()
    gate.process(1, 0)
    assert status(card, update(LOG, TRIP, gate.atc, LOG_KEY)) == "6A83"  # not opened yet
    atc = new_session(card)
    assert status(card, append(LOG, b"first", atc, LOG_KEY, KEY)) == "9000"
    assert status(card, append(LOG, b"", atc, LOG_KEY, KEY)) == "6985"
    assert send(card, read(1, LOG)) == b"first".ljust(32, b"\0")
    gate.select()
    gate.process(1, 0)
    gate.update(content)
    assert status(card, update(LOG, TRIP, gate.atc, LOG_KEY)) == "9000"
    gate.read()
    assert send(card, read(1, LOG)) == TRIP.ljust(32, b"\0")


# --- GET TRANS PROVE


def test_refusals_of_get_trans_prove(fare: Card) -> None:
    start(fare)
    assert status(fare, prove(0)) == "9406"
    gate = metro(fare)
    gate.run(1, 100)
    assert send(fare, prove(gate.atc)[:-1]) == gate.gpo["9F26"]
    for command, sw in [
        (f"805A000002{gate.atc + 1:04X}00", "9406"),
        (f"805A000002{gate.atc - 1:04X}00", "9406"),
        ("805A00000100", "6700"),
        ("805A000003000100", "6700"),
        ("805A01000200010", "6A86"),
        ("805A000102000100", "6A86"),
    ]:
        command = command if len(command) % 2 == 0 else command + "0"
        assert status(fare, bytes.fromhex(command)) == sw, command
    gate.process(0, 100)
    gate.read()  # a plain purchase leaves the proof of the extended one
    assert send(fare, prove(gate.atc - 1)) != bytes(8)


def test_worked_values_of_the_digest() -> None:
    """Digest file 70 §11, byte for byte."""
    card = Card.from_toml(
        'base = "parking"\n[[application]]\natc = 6\n[[application.file]]\nsfi = 0x15\n'
    )
    start(card)
    assert objects(send(card, gpo(0, 0)))["9F36"].hex() == "0007"
    record = "01011D010100" + "00" * 26
    key = "6C242DC05240ED834127E298A97B574D"
    command = f"04E200A834{key}{record}135C3CA0"
    assert status(card, bytes.fromhex(command)) == "9000"
    start(card)
    answer = send(card, bytes.fromhex("80B400A80A01011122334455667788"))
    assert answer.hex().upper() == record + "90F29AE2"
    assert objects(send(card, gpo(1, 100)))["9F36"].hex() == "0008"
    new = "01011D01010001202601150830000000123400000200" + "00" * 10
    answer = send(card, bytes.fromhex(f"84DE00A824{new}6AE52A67"))
    assert answer.hex().upper() == "C3EB62B9"
    send(card, read(4))
    assert record_of(card, 0x15, "0101").hex().upper() == new
    assert balance(card) == 19900
