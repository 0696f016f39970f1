"""Issuer scripts in the card: commands, refusals and worked values of digest file 74, LD-136."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tapkern.card import Card
from tapkern.card.describe import describe
from tapkern.card.model import load_profile
from tapkern.card.profile import ApplicationProfile
from tapkern.issuer.keys import MasterKeys
from tests.card.full_terminal import AAC, ARQC, TC, Terminal, fill, stored
from tests.card.terminal import DEBIT, gpo, objects, read, select, send, status

FAMILIES = pytest.mark.parametrize("df69", ["00", "01"], ids=["RSA", "SM"])
BALANCE = "04DA9F79"
NEW = "000000050000"


def load(*lines: str, state: Path | None = None) -> Card:
    text = 'base = "load"\n[[application]]\n' + "\n".join(lines)
    return Card.from_toml(text, "changed", state)


def online(card: Card, df69: str = "00") -> Terminal:
    """A transaction that the issuer has approved."""
    terminal = Terminal(card, df69=df69).start()
    assert terminal.online().kind == "TC"
    return terminal


def remembered(state: Path) -> dict[str, object]:
    """The counters in a state file, without the traces that a failure may leave."""
    counters = json.loads(state.read_text())["applications"][DEBIT]
    return {k: v for k, v in counters.items() if k not in ("history", "mac_tries")}


# every command


@FAMILIES
@pytest.mark.parametrize("before", [True, False], ids=["71", "72"])
def test_put_data_counts_at_once(df69: str, before: bool) -> None:
    card = Card.load("load")
    terminal = Terminal(card, df69=df69).start()
    terminal.generate(ARQC)
    assert terminal.authenticate() == "9000"
    if not before:
        terminal.generate(TC, "00")
    assert terminal.script(BALANCE, NEW) == "9000"
    assert stored(card, "9F79") == NEW
    if before:
        given = terminal.generate(TC, "00")
        assert given.iad[10:15].hex() == NEW[2:]


OBJECTS = {
    "9F53": "07", "9F54": "000000070000", "9F58": "07", "9F59": "08", "9F5C": "000000080000",
    "9F6B": "000000000900", "9F6D": "000000000500", "9F72": "09", "9F73": "01234567",
    "9F75": "000000001234", "9F77": "000000900000", "9F78": "000000004000", "9F79": NEW,
    "DF72": "000000000800", "DF76": "000000000300", "DF77": "000000700000",
    "DF78": "000000000400", "DF79": "000000000600", "DF61": "01", "DF62": "000000000200",
}  # fmt: skip
SECOND = ('df61 = "02"', "[application.second]", 'currency = "0840"', "balance = 900")


@pytest.mark.parametrize("tag", OBJECTS)
def test_every_object_of_section_3(tag: str, tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    card = load(*SECOND, state=state)
    terminal = online(card)
    value = OBJECTS[tag]
    assert terminal.script(f"04DA{tag}", value) == "9000"
    assert stored(card, tag) == value
    again = load(*SECOND, state=state)
    send(again, select(DEBIT))
    assert stored(again, tag) == value
    size = len(value) // 2
    for wrong in (size - 1, size + 1):
        assert online(again).script(f"04DA{tag}", "00" * wrong) == "6700"


def test_the_newest_value_of_an_object_counts(tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    card = load(state=state)
    for value in ("000000000001", "000000000002"):
        assert online(card).script("04DA9F6B", value) == "9000"
        assert stored(card, "9F6B") == value
    assert len(json.loads(state.read_text())["applications"][DEBIT]["objects"]) == 1


def test_changed_limits_rule_the_next_qpboc_tap() -> None:
    card = load('pdol = "9F66049F02069F03069F1A0295055F2A029A039C019F3704"')
    start = Terminal(card).start()
    assert start.online().kind == "TC"
    assert start.script("04DA9F78", "000000001249") == "9000"
    send(card, select(DEBIT))
    tap = objects(send(card, gpo(amount=1250)))
    assert tap["9F10"][4] & 0x30 == 0x20 and tap["9F10"][5] & 0x20  # ARQC for 9F78
    send(card, select(DEBIT))
    assert objects(send(card, gpo(amount=1249)))["9F10"][4] & 0x30 == 0x10


def test_changed_velocity_limit_rules_the_next_transaction() -> None:
    card = Card.load("load")
    assert online(card).script("04DA9F58", "00") == "9000"
    assert Terminal(card).start().generate(TC).kind == "ARQC"


def test_update_record_replaces_a_record(tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    card = load(state=state)
    record = bytes.fromhex("7006" + "5F2403" + "491130")
    assert online(card).script("04DC010C", record) == "9000"
    for seen in (card, load(state=state)):
        send(seen, select(DEBIT))
        assert send(seen, read(1)) == record
        assert objects(send(seen, read(1, 4)))["8C"]
    other = bytes.fromhex("7005" + "9F0802" + "0031")
    whole = Terminal(Card.load("load")).start()  # what the terminal knows of the card
    terminal = Terminal(card)
    assert terminal.process()[-2:].hex() == "9000"
    terminal.data = {**whole.data, "82": bytes.fromhex("7D00")}
    assert terminal.online().kind == "TC"
    assert terminal.script("04DC010C", other) == "9000"
    send(card, select(DEBIT))
    assert send(card, read(1)) == other
    assert len(json.loads(state.read_text())["applications"][DEBIT]["records"]) == 1


@FAMILIES
def test_application_block_and_unblock(df69: str, tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    card = load(state=state)
    assert online(card, df69).script("841E0000") == "9000"
    for seen in (card, load(state=state)):
        answer = seen.transmit(select(DEBIT))
        assert answer[:1] == b"\x6f" and answer[-2:].hex() == "6283"
        qpboc = Terminal(seen, t9F66="36000080")
        assert qpboc.process().hex() == "6985"
    terminal = Terminal(card, df69=df69, t9F7A="01").start()
    assert terminal.generate(TC).kind == "AAC"
    assert card.balance == 20000
    assert terminal.script("84180000") == "9000"
    assert card.transmit(select(DEBIT))[-2:].hex() == "9000"
    assert Terminal(card, df69=df69).start().generate(TC).kind == "TC"


def test_block_before_the_second_cryptogram_declines() -> None:
    card = Card.load("load")
    terminal = Terminal(card).start()
    terminal.generate(ARQC)
    terminal.authenticate()
    assert terminal.script("841E0000") == "9000"
    assert terminal.generate(TC, "00").kind == "AAC"


def test_card_block_is_for_good(tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    card = load(state=state)
    terminal = online(card)
    assert terminal.script("84160000") == "9000"
    assert terminal.script("84180000") == "9000"  # the rest of the transaction goes on
    for seen in (card, load(state=state)):
        assert status(seen, select(DEBIT)) == "6A81"
        seen.reset()
        assert status(seen, select(DEBIT)) == "6A81"


def test_scripts_behind_the_second_cryptogram_are_counted() -> None:
    card = Card.load("load")
    terminal = Terminal(card).start()
    terminal.generate(ARQC)
    terminal.authenticate()
    assert terminal.script("84240000") == "9000"  # template 71 is not counted
    terminal.generate(TC, "00")
    for value in ("01", "02", "03"):
        assert terminal.script("04DA9F58", "0" + value[1]) == "9000"
    given = Terminal(card).start().generate(TC)
    assert given.cvr.hex() == "03900030"
    assert online(card) and Terminal(card).start().generate(TC).cvr.hex() == "03900000"


def test_count_ends_at_fifteen() -> None:
    card = Card.load("load")
    terminal = online(card)
    for value in range(20):
        assert terminal.script("04DA9F53", f"{value:02X}") == "9000"
    assert Terminal(card).start().generate(TC).cvr.hex() == "039000f0"


# every refusal of section 3


REFUSALS: dict[str, tuple[str, str, str]] = {
    "unknown tag": ("04DA9F02", "000000000000", "6A80"),
    "no object of this card": ("04DADF79", NEW, "6A80"),
    "DF63": ("04DADF63", "000000000000", "6A86"),
    "DF62 of a card without offsets": ("04DADF62", "000000000000", "6A80"),
    "DF61 of a card without files": ("04DADF61", "01", "6A80"),
    "balance too short": (BALANCE, "0000000500", "6700"),
    "balance too long": (BALANCE, "00000000050000", "6700"),
    "balance above the limit": (BALANCE, "000000100001", "6A80"),
    "balance that is no number": (BALANCE, "00000005000A", "6A80"),
    "limit that is no number": ("04DA9F78", "00000005000A", "6A80"),
    "record that is not there": ("04DC200C", "70039A0100", "6A83"),
    "file that is not there": ("04DC0154", "70039A0100", "6A82"),
    "record number zero": ("04DC000C", "70039A0100", "6A86"),
    "other reference": ("04DC010D", "70039A0100", "6A86"),
    "empty record": ("04DC010C", "", "6700"),
    "record without template": ("04DC010C", "9A0100", "6A80"),
    "two templates": ("04DC010C", "70039A01007003" + "9A0100", "6A80"),
    "malformed record": ("04DC010C", "70059A0100", "6A80"),
    "block with parameters": ("841E0100", "", "6A86"),
    "unblock with data": ("84180000", "00", "6700"),
    "card block with parameters": ("84160001", "", "6A86"),
    "unknown form of PIN change": ("84240003", "", "6A86"),
    "PIN unblock with data": ("84240000", "00", "6700"),
    "PIN data too short": ("84240002", "00" * 15, "6700"),
    "PIN data that is none": ("84240002", "00" * 16, "6A80"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_every_refusal_changes_nothing_ld136(name: str, tmp_path: Path) -> None:
    header, data, sw = REFUSALS[name]
    state = tmp_path / "card.json"
    card = load(state=state)
    terminal = online(card)
    before = remembered(state)
    assert terminal.script(header, data) == sw
    assert remembered(state) == before
    assert terminal.script(BALANCE, NEW) == "9000"  # the transaction takes the next command
    given = Terminal(card).start().generate(AAC)
    assert given.cvr.hex() == "03800028"  # two commands, one has failed


COMMANDS = {
    "put data": (BALANCE, NEW),
    "update record": ("04DC010C", "70039A0100"),
    "application block": ("841E0000", ""),
    "application unblock": ("84180000", ""),
    "card block": ("84160000", ""),
    "PIN unblock": ("84240000", ""),
    "PIN change": ("84240002", "00" * 16),
}


@FAMILIES
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("place", range(4))
def test_wrong_mac_changes_nothing_and_ends_the_scripts_ld136(
    df69: str, command: str, place: int, tmp_path: Path
) -> None:
    state = tmp_path / "card.json"
    card = load(state=state)
    terminal = online(card, df69)
    before = remembered(state)
    header, data = COMMANDS[command]
    sealed = bytearray(terminal.session().seal(bytes.fromhex(header), bytes.fromhex(data)))
    sealed[-4 + place] ^= 0x80
    assert status(card, bytes(sealed)) == "6988"
    assert terminal.script(BALANCE, NEW) == "6985"  # also a right one, in this transaction
    assert remembered(state) == before
    assert json.loads(state.read_text())["applications"][DEBIT]["mac_tries"] == 9
    next_one = online(card, df69)
    assert next_one.script(BALANCE, NEW) == "9000"


@pytest.mark.parametrize("at", range(15))
def test_mac_covers_every_byte(at: int) -> None:
    """Header, length, value and MAC: whatever is changed, the balance is not."""
    card = Card.load("load")
    terminal = online(card)
    sealed = bytearray(terminal.session().seal(bytes.fromhex(BALANCE), bytes.fromhex(NEW)))
    sealed[at] ^= 0x01
    assert status(card, bytes(sealed)) in ("6988", "6A80", "6700", "6E00", "6D00", "6A83", "6A82")
    assert card.balance == 20000


def _of_other_transaction(terminal: Terminal) -> bytes:
    assert terminal.first is not None
    session = terminal.session(terminal.first.atc, bytes(8))
    return session.seal(bytes.fromhex(BALANCE), bytes.fromhex(NEW))


def _of_other_atc(terminal: Terminal) -> bytes:
    assert terminal.first is not None
    session = terminal.session(terminal.first.atc + 1, terminal.first.ac)
    return session.seal(bytes.fromhex(BALANCE), bytes.fromhex(NEW))


@pytest.mark.parametrize("forge", [_of_other_transaction, _of_other_atc])
def test_mac_is_bound_to_the_transaction_ld008(forge: Callable[[Terminal], bytes]) -> None:
    card = Card.load("load")
    terminal = online(card)
    assert status(card, forge(terminal)) == "6988"
    assert card.balance == 20000


def test_wrong_phase_is_refused() -> None:
    card = Card.load("load")
    terminal = Terminal(card).start()
    terminal.first = None
    sealed = terminal.session(1, bytes(8)).seal(bytes.fromhex(BALANCE), bytes.fromhex(NEW))
    assert status(card, sealed) == "6985"  # before the first cryptogram
    terminal = online(card)
    sealed = terminal.session().seal(bytes.fromhex(BALANCE), bytes.fromhex(NEW))
    send(card, select(DEBIT))
    assert status(card, sealed) == "6985"
    card.reset()
    assert status(card, sealed) == "6985"
    assert card.balance == 20000


def test_script_behind_an_offline_end_needs_only_its_mac() -> None:
    for kind in (AAC, TC):
        card = Card.load("load")
        terminal = Terminal(card).start()
        terminal.generate(kind)
        assert terminal.script("04DA9F58", "01") == "9000"


def test_failure_counter_ends_all_scripts() -> None:
    assert online(load("mac_tries = 0")).script(BALANCE, NEW) == "6985"
    card = load("mac_tries = 2")
    for left in (1, 0):
        terminal = online(card)
        assert status(card, bytes.fromhex("841E000004") + bytes(4)) == "6988", left
    terminal = online(card)
    assert terminal.script(BALANCE, NEW) == "6985"
    assert card.balance == 20000


@pytest.mark.parametrize(
    "command", ["84DA9F790A" + "00" * 10, "00DA9F790A" + "00" * 10, "041E000004" + "00" * 4]
)
def test_script_without_its_class_is_refused(command: str) -> None:
    online(card := Card.load("load"))
    assert status(card, bytes.fromhex(command)) == "6E00"


@pytest.mark.parametrize("command", ["841E0000", "841E000000", "841E00000400000000" + "00"])
def test_script_of_another_length_is_refused(command: str) -> None:
    online(card := Card.load("load"))
    assert status(card, bytes.fromhex(command)) == "6700"
    assert status(card, bytes.fromhex("841E000003000000")) == "6700"


# offset and holds, file 70 §8


def extended(*purse: str) -> Card:
    lines = ["[application.purse]", *purse]
    return Card.from_toml(
        'base = "load"\n[[application]]\ndf61 = "02"\n' + "\n".join(lines), "changed"
    )


@pytest.mark.parametrize(
    ("value", "balance", "used"),
    [("000000000500", 300, 0), ("000000000200", 0, 0), ("000000000150", 0, 50)],
)
def test_load_repays_the_offset(value: str, balance: int, used: int) -> None:
    card = extended("balance = 0", "offset_limit = 1000", "offset_used = 200")
    assert online(card).script(BALANCE, value) == "9000"
    assert card.balance == balance and stored(card, "DF63") == f"{used:012}"


def test_offset_counts_against_the_limit_of_the_balance() -> None:
    card = extended("balance = 0", "limit = 1000", "offset_limit = 500", "offset_used = 200")
    assert online(card).script(BALANCE, "000000001201") == "6A80"
    assert online(card).script(BALANCE, "000000001200") == "9000"
    assert online(card).script("04DADF62", "000000000000") == "9000"
    owing = extended("balance = 0", "offset_limit = 500", "offset_used = 200")
    assert online(owing).script("04DADF62", "000000000199") == "6A80"
    assert online(owing).script("04DADF62", "999999999999") == "6985"
    assert online(owing).script("04DA9F77", "999999999999") == "6985"
    assert stored(owing, "DF62") == "000000000500" and stored(owing, "9F77") == "000000100000"


def test_open_holds_count_against_the_limit_6976(tmp_path: Path) -> None:
    state = tmp_path / "card.json"
    text = 'base = "load"\n[[application]]\ndf61 = "02"\n'
    Card.from_toml(text, "held", state)
    kept = json.loads(state.read_text())
    kept["applications"][DEBIT]["holds"] = ["15" + "0101" + "000000030000"]
    state.write_text(json.dumps(kept))
    card = Card.from_toml(text, "held", state)
    assert online(card).script(BALANCE, "000000070001") == "6976"
    assert online(card).script(BALANCE, "000000100001") == "6A80"
    assert card.balance == 20000
    assert online(card).script(BALANCE, "000000070000") == "9000"


# the worked values of section 8

MASTER = MasterKeys(
    "worked",
    ac=bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"),
    mac=bytes.fromhex("00112233445566778899AABBCCDDEEFF"),
    enc=bytes.fromhex("F0E1D2C3B4A5968778695A4B3C2D1E0F"),
)
WORKED = {
    "00": ("AB0EEC17F6DE5865", "A304346A55847367", "9BCAFB70", "52F7C91A",
           "200457C52EDB4F4980E48C9488B04CDC", "0B1158A2"),
    "01": ("A1BD6A7CBFF9D9F1", "24280C6C441C7727", "F542DF0D", "6FDEEA03",
           "24A0AF630A8FCF0F795D0AA1D800A9DA", "79B666EA"),
}  # fmt: skip


@FAMILIES
@pytest.mark.parametrize("which", ["balance", "block", "pin"])
def test_worked_values_of_the_digest(df69: str, which: str) -> None:
    """Bytes of the digest alone: ARQC, ARPC, scripts and the PIN that follows from them."""
    profile = load_profile("load")
    (application,) = profile.applications
    assert isinstance(application, ApplicationProfile)
    assert application.keys and application.sm_keys
    application = dataclasses.replace(
        application,
        pan="6200001234567892",
        aip=bytes.fromhex("7C00"),
        atc=0x21,
        last_online_atc=0x21,
        keys=dataclasses.replace(application.keys, master=MASTER),
        sm_keys=dataclasses.replace(application.sm_keys, master=MASTER),
    )
    card = Card(dataclasses.replace(profile, applications=(application,)))
    arqc, arpc, balance, block, enciphered, pin = WORKED[df69]
    values = {"t9A": "260115", "t9F37": "01020304"}
    cryptogram = b""
    for _ in range(2):  # the first one is not completed: CVR B3b8 in the second
        terminal = Terminal(card, 150, df69, **values)
        assert terminal.process()[-2:].hex() == "9000"
        cdol = fill(application.flow.cdol1, terminal.values)
        cryptogram = send(card, b"\x80\xae\x80\x00" + bytes([len(cdol)]) + cdol + b"\x00")
    assert cryptogram[3:5].hex() == "0023" and cryptogram[5:13].hex().upper() == arqc
    assert cryptogram[16:20].hex().upper() == "03A08000"
    assert status(card, bytes.fromhex("008200000A" + arpc + "3030")) == "9000"
    if which == "balance":
        assert status(card, bytes.fromhex("04DA9F790A" + NEW + balance)) == "9000"
        assert card.balance == 50000
    elif which == "block":
        assert status(card, bytes.fromhex("841E000004" + block)) == "9000"
        assert card.transmit(select(DEBIT))[-2:].hex() == "6283"
    else:
        assert status(card, bytes.fromhex("8424000214" + enciphered + pin)) == "9000"
        assert card.applications[0].counters.pin.hex() == "26123456ffffffff"  # type: ignore[union-attr]


# a look inside


def test_show_tells_what_scripts_have_done() -> None:
    card = Card.load("load")
    terminal = online(card)
    assert terminal.script("04DA9F58", "09") == "9000"
    assert terminal.script("04DC010C", "9A0100") == "6A80"
    assert terminal.script("04DC010C", "70039A0100") == "9000"
    (shown,) = describe(card, with_bytes=True)["applications"]
    found = shown["debit_credit"]
    assert found["changed"] == ["9F58"] and found["updated"] == [[1, 1]]
    assert shown["risk"]["lower_limit"] == 9 and found["history"] == "0038"
    assert found["pin"] == "****" and found["mac_tries"] == 10
    assert found["afl"] == "08010201" + "20010301" + "08040400"
    assert found["cdol1"].startswith("9F0206") and found["lower"] == 3
    records = {(entry["sfi"], entry["record"]): entry for entry in shown["records"]}
    assert records[1, 1]["bytes"] == "70039A0100" and "8C" in records[4, 1]["tags"]
    assert terminal.script("84160000") == "9000"
    assert describe(card)["blocked"] is True
