"""Keys and cryptograms of both families against the same worked values (CS-040)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tapkern.issuer import cryptogram, sm4
from tapkern.issuer.suites import SM4, TRIPLE_DES, Suite

VECTORS = Path(__file__).parent.parent / "data" / "sm-vectors.json"
ATC = 0x0023
FAMILIES = {"3des": TRIPLE_DES, "sm4": SM4}


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return found


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest, vectors: dict[str, Any]) -> tuple[Suite, dict[str, str]]:
    return FAMILIES[request.param], vectors["cryptogram"][request.param]


def test_sm4_block_and_check_value(vectors: dict[str, Any]) -> None:
    known = vectors["sm4"]
    key = bytes.fromhex(known["key"])
    assert sm4.encrypt(key, key).hex().upper() == known["block"]
    assert sm4.encrypt(key, bytes(16))[:3].hex().upper() == known["check"]


def test_blocks_that_keys_are_made_of(vectors: dict[str, Any]) -> None:
    known = vectors["cryptogram"]
    block = cryptogram.diversifier(known["pan"], known["psn"])
    assert block[:8].hex() == known["x"]
    assert all(a ^ b == 0xFF for a, b in zip(block[:8], block[8:], strict=True))
    assert cryptogram.session_block(ATC).hex().upper() == known["session_block"]


@pytest.mark.parametrize("use", ["ac", "mac", "enc"])
def test_unique_and_session_keys(
    family: tuple[Suite, dict[str, str]], vectors: dict[str, Any], use: str
) -> None:
    suite, known = family
    common = vectors["cryptogram"]
    master = bytes.fromhex(common["master"][use])
    udk = suite.derive_udk(master, common["pan"], common["psn"])
    shown = cryptogram.odd_parity(udk) if suite is TRIPLE_DES else udk
    assert shown.hex().upper() == known[f"udk_{use}"]
    assert suite.session_key(udk, ATC).hex().upper() == known[f"sk_{use}"]


@pytest.mark.parametrize("version", ["cvn01", "cvn17"])
def test_cryptograms(
    family: tuple[Suite, dict[str, str]], vectors: dict[str, Any], version: str
) -> None:
    suite, known = family
    data = bytes.fromhex(vectors["cryptogram"][f"{version}_input"])
    made = suite.application_cryptogram(bytes.fromhex(known["sk_ac"]), data)
    assert made.hex().upper() == known[f"ac_{version}"]


def test_issuer_answer(family: tuple[Suite, dict[str, str]], vectors: dict[str, Any]) -> None:
    suite, known = family
    arc = bytes.fromhex(vectors["cryptogram"]["arc"])
    key, ac = bytes.fromhex(known["sk_ac"]), bytes.fromhex(known["ac_cvn01"])
    made = suite.arpc(key, ac, arc)
    assert made.hex().upper() == known["arpc"]
    assert suite.arpc(key, ac, b"\x30\x35") != made


def test_balance_in_the_issuer_data(
    family: tuple[Suite, dict[str, str]], vectors: dict[str, Any]
) -> None:
    suite, known = family
    balance = bytes.fromhex(vectors["cryptogram"]["balance"])
    key = bytes.fromhex(known["sk_mac"])
    assert suite.discretionary_mac(key, ATC, balance).hex().upper() == known["balance_mac"]


@pytest.mark.parametrize("command", ["put_data", "application_block"])
def test_sm4_mac_of_scripts(vectors: dict[str, Any], command: str) -> None:
    common, known = vectors["cryptogram"], vectors["cryptogram"]["sm4"]
    value = common["put_data_value"] if command == "put_data" else ""
    data = bytes.fromhex(common[command] + common["atc"] + known["ac_cvn01"] + value)
    made = sm4.cbc_mac(bytes.fromhex(known["sk_mac"]), sm4.pad(data))[:4]
    assert made.hex().upper() == known[f"{command}_mac"]


def test_mac_input_is_always_two_des_blocks() -> None:
    one, two = bytes(range(5)), bytes(range(10))
    assert cryptogram.discretionary_input(ATC, one).hex() == "00230001020304008000000000000000"
    assert cryptogram.discretionary_input(ATC, two).hex() == "00230001020304050607080900000000"


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 32])
def test_padding_is_always_there(size: int) -> None:
    padded = sm4.pad(bytes(size))
    assert len(padded) % 16 == 0 and 0 < len(padded) - size <= 16
    assert padded[size:] == b"\x80".ljust(len(padded) - size, b"\x00")


def test_mac_is_the_textbook_mac() -> None:
    key, data = bytes(range(16)), bytes(range(48))
    state = bytes(16)
    for at in range(0, len(data), 16):
        mixed = bytes(a ^ b for a, b in zip(state, data[at : at + 16], strict=True))
        state = sm4.encrypt(key, mixed)
    assert sm4.cbc_mac(key, data) == state


def test_families_are_told_apart() -> None:
    assert (TRIPLE_DES.identifier, SM4.identifier) == (1, 4)
