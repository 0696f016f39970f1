"""Transaction and load log: LG-001 to LG-007, CAP B2b5, and the commit that writes them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tapkern.card import Card, log
from tapkern.card.application import Application
from tapkern.card.profile import LogFile
from tapkern.issuer import cryptogram, sm4
from tapkern.issuer.keys import master_keys
from tests.card.terminal import (
    DEBIT,
    ONLINE_REQUIRED,
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

FORMAT = "9A039F21039F02069F03069F1A025F2A029F4E149C019F3602"
LOGGED = 'base = "debit"\n[[application]]\ncap = "9910F000"\n{}\n[application.log]\nrecords = 3\n'
LOADS = "[application.load_log]\n"


def card(lines: str = "", tables: str = "", **more: object) -> Card:
    return Card.from_toml(LOGGED.format(lines) + tables, "changed", **more)  # type: ignore[arg-type]


def application(card: Card) -> Application:
    found = card.applications[0]
    assert isinstance(found, Application)
    return found


def test_log_is_announced_lg001_lg002() -> None:
    logged = card(tables=LOADS)
    fci = objects(send(logged, select(DEBIT)))
    assert (fci["9F4D"].hex(), fci["DF4D"].hex()) == ("0b03", "0c0a")
    assert objects(send(logged, get_data("9F4F")))["9F4F"].hex().upper() == FORMAT
    assert objects(send(logged, get_data("DF4F")))["DF4F"].hex().upper() == "9A039F21039F3602"


def entry(amount: int, atc: int, time: str = "000000", merchant: str = "00" * 20) -> str:
    return f"260601{time}{amount:012}{'0' * 12}01560156{merchant}00{atc:04X}".lower()


def test_newest_record_is_number_1_and_the_oldest_makes_room_lg003() -> None:
    logged = card()
    for amount in (100, 200, 300, 400):
        run(logged, amount=amount)
    start(logged)
    records = [send(logged, read(number, 11)).hex() for number in (1, 2, 3)]
    assert records == [entry(400, 4), entry(300, 3), entry(200, 2)]
    assert len(bytes.fromhex(records[0])) == 45
    assert status(logged, read(4, 11)) == "6A83"
    assert status(logged, read(0, 11)) == "6A86"
    assert status(logged, read(1, 12)) == "6A83"


def test_empty_log_and_no_log() -> None:
    logged = card()
    start(logged)
    assert status(logged, read(1, 11)) == "6A83"
    plain = Card.load("debit")
    run(plain)
    assert status(plain, read(1, 11)) == "6A83"
    assert "9F4D" not in objects(send(plain, select(DEBIT)))


def test_only_offline_purchases_are_logged() -> None:
    logged = card()
    run(logged, ttq=ONLINE_REQUIRED)
    run(logged, ttq="2A000080", amount=99999)
    start(logged)
    send(logged, gpo())  # torn before the last record
    start(logged)
    assert status(logged, read(1, 11)) == "6A83"


def test_a_card_logs_only_when_its_cap_says_so() -> None:
    silent = Card.from_toml(
        LOGGED.format("").replace('cap = "9910F000"', 'cap = "9900F000"'), "silent"
    )
    run(silent)
    assert objects(send(silent, select(DEBIT)))["9F4D"].hex() == "0b03"
    assert status(silent, read(1, 11)) == "6A83"


def test_log_is_readable_when_the_application_is_blocked_lg004_lg007(tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    run(card(state=state))
    state.write_text(state.read_text().replace('"blocked": 0', '"blocked": 1'))
    blocked = card(state=state)
    assert status(blocked, select(DEBIT)) == "6283"
    assert send(blocked, read(1, 11)).hex() == entry(1250, 1)


def test_log_changes_with_the_balance_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    state = tmp_path / "card.json"
    logged = card(state=state)
    start(logged)
    send(logged, gpo())

    def broken(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", broken)
        assert status(logged, read(4)) == "6581"
    assert application(logged).counters.log == () and logged.balance == 20000
    send(logged, read(4))
    again = card(state=state)
    assert len(application(again).counters.log) == 1 and again.balance == 18750


def test_time_and_merchant_come_from_the_pdol() -> None:
    pdol = "9F66049F02069F37045F2A029F21039F4E149A039F1A02DF60019F7A01"
    logged = card(f'pdol = "{pdol}"')
    start(logged)
    merchant = b"shop".hex().ljust(40, "0")
    data = f"36000080{1250:012}A1B2C3D40156101112{merchant}26060101560001"
    size = len(data) // 2
    send(logged, bytes.fromhex(f"80A80000{size + 2:02X}83{size:02X}{data}00"))
    send(logged, read(4))
    assert send(logged, read(1, 11)).hex() == entry(1250, 1, "101112", merchant)


def test_a_format_of_ones_own() -> None:
    own = card(tables='format = "9F36029F27019F1E089F3704"\n')
    run(own)
    assert send(own, read(1, 11)).hex() == "000140" + "00" * 8 + "a1b2c3d4"


# loads


FILE = LogFile(sfi=12, records=12, format=bytes.fromhex("9A039F21039F3602"))
VALUES = {0x9A: b"\x26\x06\x01", 0x9F21: b"\x10\x11\x12", 0x9F36: b"\x00\x07"}


def loaded(card: Card, count: int) -> list[bytes]:
    """Write load records as a PUT DATA would; the newest first."""
    one = application(card)
    for number in range(count):
        newest = log.load_record(FILE, 0x9F79, number, number + 1, VALUES)
        written = log.append(FILE, one.counters.load_log, newest)
        one._memory[one.aid] = dataclasses.replace(one.counters, load_log=written)
    return list(one.counters.load_log)


def test_load_record_lg005() -> None:
    found = log.load_record(FILE, 0xDF79, 1500, 51500, VALUES)
    assert found.hex() == "df79" + "000000001500" + "000000051500" + "260601" + "101112" + "0007"
    assert log.decode_load(FILE, found) == (0xDF79, 1500, 51500, list(VALUES.items()))
    for wrong in (b"", found[:-1], found + b"\0", found[:13], b"\xdf\x79\xaa" + found[3:]):
        assert log.decode_load(FILE, wrong) is None


def test_load_log_is_read_like_the_other_lg003() -> None:
    both = card(tables=LOADS)
    records = loaded(both, 3)
    start(both)
    assert [send(both, read(number, 12)) for number in (1, 2, 3)] == records
    assert status(both, read(4, 12)) == "6A83"
    assert records[0][2:14].hex() == "000000000002000000000003"


@pytest.mark.parametrize("count", [0, 3, 12])
def test_all_loads_in_one_answer_lg006(count: int) -> None:
    both = card(tables=LOADS)
    records = loaded(both, count)
    run(both)  # ATC 1
    answer = send(both, read(0, 12))
    shown = min(count, 10)
    assert answer[:3] == bytes([0, 1, shown])
    assert answer[3:-4] == b"".join(records[:shown])
    udk = cryptogram.derive_udk(master_keys("test").mac, "6200000000000001016", "01")
    key = cryptogram.session_key(udk, 1)
    assert answer[-4:] == cryptogram.retail_mac(key, cryptogram.pad(answer[:-4]))[:4]


def test_the_mac_of_the_loads_is_of_the_family_of_the_tap_lg006() -> None:
    text = 'base = "dual"\n[[application]]\n[application.load_log]\n'
    dual = Card.from_toml(text, "changed")
    loaded(dual, 1)
    run(dual, df69="01")
    answer = send(dual, read(0, 12))
    udk = sm4.derive_udk(master_keys("test-sm4").mac, "6200000000000001073", "01")
    assert answer[-4:] == sm4.cbc_mac(sm4.session_key(udk, 1), sm4.pad(answer[:-4]))[:4]


def test_long_load_records_still_fit_one_answer_lg006() -> None:
    file = LogFile(12, 10, bytes.fromhex("9F4E149F4E14"))
    records: tuple[bytes, ...] = ()
    for number in range(10):
        records = log.append(file, records, log.load_record(file, 0x9F79, 0, number, {}))
    data = log.read_all(records, 1, lambda _: b"MAC!")
    assert len(data) <= 256 and data[2] == (len(data) - 7) // 54 == 4


def test_decoded_record() -> None:
    file = LogFile(11, 3, bytes.fromhex("9A039F0206"))
    assert log.decode(file, bytes.fromhex("260601000000001250")) == [
        (0x9A, bytes.fromhex("260601")),
        (0x9F02, bytes.fromhex("000000001250")),
    ]
    assert log.decode(file, bytes(8)) is None
