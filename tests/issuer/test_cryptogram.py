"""Keys and cryptograms against TV-040 and against the MAC as the textbook writes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapkern.issuer import cryptogram as c

VECTORS = Path(__file__).parent.parent / "data" / "ac-vectors.json"


@pytest.fixture(scope="module")
def tv040() -> dict[str, str]:
    found: dict[str, str] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return found


def test_unique_key_cs037(tv040: dict[str, str]) -> None:
    master = bytes.fromhex(tv040["imk"])
    key = c.derive_udk(master, tv040["pan_psn16"][:-2], "01")
    assert key.hex().upper() == tv040["udk"]
    assert c.odd_parity(key).hex().upper() == tv040["udk_odd_parity"]


def test_unique_key_takes_the_last_16_digits_and_fills_short_pans(tv040: dict[str, str]) -> None:
    master = bytes.fromhex(tv040["imk"])
    assert c.derive_udk(master, "6200000000000123455", "01").hex().upper() == tv040["udk"]
    assert c.derive_udk(master, "123455", "01").hex().upper() == tv040["udk"]


def test_session_key_cs036(tv040: dict[str, str]) -> None:
    key = c.session_key(bytes.fromhex(tv040["udk"]), 0x0011)
    assert key.hex().upper() == tv040["session_key"]


def test_application_cryptograms_cs035(tv040: dict[str, str]) -> None:
    key = bytes.fromhex(tv040["session_key"])
    terminal = bytes.fromhex(tv040["cvn01_input"])[:29]
    data = c.cvn01_input(terminal, bytes.fromhex("7C00"), 0x0011, bytes.fromhex("03900000"))
    assert data.hex().upper() == tv040["cvn01_input"]
    assert c.application_cryptogram(key, data).hex().upper() == tv040["cvn01_ac"]
    data = c.cvn17_input(
        bytes.fromhex("000000001234"),
        bytes.fromhex("A1B2C3D4"),
        0x0011,
        bytes.fromhex("03900000"),
    )
    assert data.hex().upper() == tv040["cvn17_input"]
    assert c.application_cryptogram(key, data).hex().upper() == tv040["cvn17_ac"]


def test_issuer_answer_cs038(tv040: dict[str, str]) -> None:
    answer = c.arpc(
        bytes.fromhex(tv040["session_key"]), bytes.fromhex(tv040["cvn01_ac"]), b"\x30\x30"
    )
    assert answer.hex().upper() == tv040["arpc_for_cvn01_arc_3030"]


def textbook_mac(key: bytes, blocks: bytes) -> bytes:
    """Algorithm 3 step by step: DES over all blocks, then decrypt and encrypt the last result."""
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

    def des(half: bytes) -> Cipher[modes.ECB]:
        return Cipher(c.TripleDES(half * 3), modes.ECB())  # single DES: three equal keys

    state = bytes(8)
    for at in range(0, len(blocks), 8):
        mixed = bytes(a ^ b for a, b in zip(state, blocks[at : at + 8], strict=True))
        state = des(key[:8]).encryptor().update(mixed)
    state = des(key[8:]).decryptor().update(state)
    return des(key[:8]).encryptor().update(state)


@given(key=st.binary(min_size=16, max_size=16), data=st.binary(max_size=64))
def test_mac_is_the_textbook_mac(key: bytes, data: bytes) -> None:
    padded = data + b"\x80" + bytes(7 - len(data) % 8)
    assert c.pad(data) == padded
    assert c.application_cryptogram(key, data) == textbook_mac(key, padded)


def test_discretionary_mac_pads_one_value_and_not_two() -> None:
    key = bytes(range(16))
    one, two = bytes.fromhex("0000001234"), bytes.fromhex("00000012340000005678")
    block = bytes.fromhex("0011000000123400" + "8000000000000000")
    assert c.discretionary_mac(key, 0x11, one) == textbook_mac(key, block)[:4]
    block = bytes.fromhex("0011" + "00000012340000005678" + "00000000")
    assert c.discretionary_mac(key, 0x11, two) == textbook_mac(key, block)[:4]


@given(st.binary(min_size=16, max_size=16))
def test_odd_parity(key: bytes) -> None:
    made = c.odd_parity(key)
    assert all(byte.bit_count() % 2 == 1 for byte in made)
    assert all(a & 0xFE == b & 0xFE for a, b in zip(key, made, strict=True))
