"""Scripts, PIN data and tag 91 against the worked values, and what is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from tapkern.errors import UsageError
from tapkern.issuer import scripts
from tapkern.issuer.keys import MasterKeys, master_keys
from tapkern.issuer.session import Session, mac_message
from tapkern.issuer.suites import SM4, TRIPLE_DES
from tapkern.issuer.tlv import decode

VECTORS = Path(__file__).parent.parent / "data" / "sm-vectors.json"
FAMILIES = {"3des": TRIPLE_DES, "sm4": SM4}
KNOWN: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))["cryptogram"]


def session(family: str) -> Session:
    master = MasterKeys("vector", **{k: bytes.fromhex(v) for k, v in KNOWN["master"].items()})
    ac = bytes.fromhex(KNOWN[family]["ac_cvn01"])
    return Session.open(FAMILIES[family], master, KNOWN["pan"], KNOWN["psn"], 0x23, ac)


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def sealed(family: str, command: scripts.Command) -> str:
    return command.seal(session(family)).hex().upper()


def test_put_data_of_the_balance(family: str) -> None:
    made = sealed(family, scripts.put_amount(0x9F79, 50000))
    value = KNOWN["put_data_value"]
    assert made == KNOWN["put_data"] + value + KNOWN[family]["put_data_mac"]


def test_application_block(family: str) -> None:
    made = sealed(family, scripts.APPLICATION_BLOCK)
    assert made == KNOWN["application_block"] + KNOWN[family]["application_block_mac"]


def test_pin_change_without_the_old_pin(family: str) -> None:
    made = sealed(family, scripts.pin_change(KNOWN["pin"]))
    known = KNOWN[family]
    assert made == KNOWN["pin_change"] + known["pin_data"] + known["pin_change_mac"]


def test_old_pin_changes_p2_and_the_masked_block(family: str) -> None:
    """The two blocks, deciphered, differ by the digits of the old PIN and by nothing else."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    from tapkern.issuer.cryptogram import TripleDES

    here = session(family)
    cipher = (
        Cipher(algorithms.SM4(here.key_enc), modes.ECB())
        if family == "sm4"
        else Cipher(TripleDES(here.key_enc + here.key_enc[:8]), modes.ECB())
    )
    plain = []
    for old, p2 in ((None, 0x02), ("8765", 0x01)):
        made = scripts.pin_change("123456", old).seal(here)
        assert made[:5] == bytes([0x84, 0x24, 0x00, p2, 0x14])
        plain.append(cipher.decryptor().update(made[5:21]))
    difference = bytes(a ^ b for a, b in zip(*plain, strict=True))
    assert difference.hex() == "00" + "8765000000000000" + "00" * 7
    assert plain[0][:1] == b"\x08" and plain[0][9:].hex() == "80000000000000"


def test_tag_91(family: str) -> None:
    assert session(family).issuer_authentication("00").hex().upper() == KNOWN[family]["arpc"] + (
        "3030"
    )
    with pytest.raises(UsageError):
        session(family).issuer_authentication("000")


@pytest.mark.parametrize(
    ("command", "header"),
    [
        (scripts.APPLICATION_UNBLOCK, "8418000004"),
        (scripts.CARD_BLOCK, "8416000004"),
        (scripts.PIN_UNBLOCK, "8424000004"),
        (scripts.update_record(11, 3, b"abc"), "04DC035C07616263"),
        (scripts.put_data(0xDF61, b"\x80"), "04DADF610580"),
    ],
)
def test_other_commands(command: scripts.Command, header: str) -> None:
    made = command.seal(session("3des"))
    assert made[:-4].hex().upper() == header


def test_mac_is_over_cla_without_channel_atc_and_cryptogram() -> None:
    message = mac_message(bytes.fromhex("87160000"), 0x0102, bytes(range(8)), b"\xaa")
    assert message.hex() == "8416000005" + "0102" + "0001020304050607" + "aa"


@pytest.mark.parametrize("change", [{"atc": 0x24}, {"ac": bytes(8)}])
def test_mac_belongs_to_one_transaction(family: str, change: dict[str, Any]) -> None:
    here = session(family)
    other = dataclasses.replace(here, **change)
    assert scripts.CARD_BLOCK.seal(here) != scripts.CARD_BLOCK.seal(other)


def test_template() -> None:
    here = session("3des")
    commands = [scripts.put_amount(0x9F79, 1), scripts.APPLICATION_UNBLOCK]
    made = scripts.script(here, commands, identifier=b"\x01\x02\x03\x04")
    ((tag, body),) = decode(made)
    assert tag == 0x72
    assert decode(body) == [
        (0x9F18, b"\x01\x02\x03\x04"),
        (0x86, commands[0].seal(here)),
        (0x86, commands[1].seal(here)),
    ]
    assert scripts.script(here, commands, template=scripts.BEFORE)[0] == 0x71


def test_length_limit_dc_055() -> None:
    here = session("3des")
    fits = scripts.update_record(1, 1, bytes(115))
    made = scripts.script(here, [fits])
    assert len(made) == scripts.GUARANTEED
    longer = [scripts.update_record(1, 1, bytes(116))]
    with pytest.raises(UsageError, match="129 bytes, 128 are allowed"):
        scripts.script(here, longer)
    assert len(scripts.script(here, longer, limit=scripts.ACCEPTED)) > 128


@pytest.mark.parametrize(
    "make",
    [
        lambda: scripts.put_data(0x95, b"\x00"),
        lambda: scripts.put_data(0x9F79, b""),
        lambda: scripts.put_amount(0x9F79, -1),
        lambda: scripts.put_amount(0x9F79, 10**12),
        lambda: scripts.update_record(0, 1, b"x"),
        lambda: scripts.update_record(31, 1, b"x"),
        lambda: scripts.update_record(1, 0, b"x"),
        lambda: scripts.update_record(1, 1, b"x" * 252),
        lambda: scripts.pin_change("123"),
        lambda: scripts.pin_change("1234567890123"),
        lambda: scripts.pin_change("12a4"),
        lambda: scripts.pin_change("١٢٣٤"),
        lambda: scripts.pin_change("1234", "x"),
        lambda: scripts.script(session("3des"), []),
        lambda: scripts.script(session("3des"), [scripts.CARD_BLOCK], identifier=b"1"),
        lambda: scripts.script(session("3des"), [scripts.CARD_BLOCK], template=0x70),
        lambda: session("3des").seal(b"\x84\x16\x00", b""),
        lambda: session("3des").seal(b"\x84\x16\x00\x00", bytes(252)),
    ],
)
def test_what_is_no_command_is_refused(make: Any) -> None:
    with pytest.raises(UsageError) as error:
        make()
    assert "12a4" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "header", "data"),
    [
        ("card-block", "84160000", ""),
        ("put-data:9F77=000000200000", "04DA9F77", "000000200000"),
        ("update-record:2:1=70025A00", "04DC0114", "70025A00"),
    ],
)
def test_commands_in_words(text: str, header: str, data: str) -> None:
    command = scripts.parse(text)
    assert (command.header.hex().upper(), command.data.hex().upper()) == (header, data)


@pytest.mark.parametrize(
    "text",
    ["", "card", "put-data", "put-data:9F77", "put-data:=00", "put-data:9F77=0", "put-data:-1=00",
     "update-record:1=00", "update-record:1:2:3=00", "put-data:9F77=zz", "pin-change:1234"],
)  # fmt: skip
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        scripts.parse(text)


def test_only_whole_blocks_are_enciphered(family: str) -> None:
    for size in (7, 17):
        with pytest.raises(ValueError, match=f"{size} bytes"):
            FAMILIES[family].encrypt(bytes(16), bytes(size))


def test_keys_and_pins_stay_out_of_repr() -> None:
    shown = repr(session("3des")) + repr(scripts.pin_change("135797", "246864"))
    for secret in ("135797", "246864", repr(session("3des").key_mac), KNOWN["pan"]):
        assert secret not in shown
    assert "key_" not in shown


def test_ready_cards_keep_odd_parity() -> None:
    key = TRIPLE_DES.derive_udk(master_keys("test").enc, "6200000000000001016", "01")
    assert all(byte.bit_count() % 2 for byte in key)
