"""Published packages make the same keys, cryptograms, MACs and PIN data from random inputs.

Triple DES: pyemv has unique keys by option A, the cryptogram's MAC, the ARPC, script MACs and the
PIN block with its encipherment. It has no session key of this scheme; that is two blocks under
Cryptodome's triple DES. SM4: gmssl has the cipher, the rest is put together here from the formulas.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tapkern.issuer import cryptogram, pins, sm2, sm4
from tapkern.issuer.session import mac_message
from tapkern.issuer.suites import SM4, TRIPLE_DES
from tests.issuer import peers

kd, ac, sm = (peers.package(f"pyemv.{name}") for name in ("kd", "ac", "sm"))
for module in (kd, sm, peers.package("pyemv.mac"), peers.package("pyemv.tools")):
    # pyemv takes the cipher, and short keys, in ways that `cryptography` is about to give up.
    if hasattr(module, "_algorithms"):
        module._algorithms = SimpleNamespace(
            TripleDES=lambda key: cryptogram.TripleDES((key * 3)[:24])
        )
des3 = peers.package("Cryptodome.Cipher.DES3")
gm4, gm3, gm2 = (peers.package(f"gmssl.{name}") for name in ("sm4", "sm3", "sm2"))

KEY = st.binary(min_size=16, max_size=16)
BLOCK = st.binary(min_size=8, max_size=8)
PAN = st.text("0123456789", min_size=13, max_size=19)
PSN = st.integers(0, 99).map("{:02}".format)
ATC = st.integers(0, 0xFFFF)
PIN = st.text("0123456789", min_size=4, max_size=12)
DATA = st.binary(max_size=100)


def sm4_ecb(key: bytes, data: bytes) -> bytes:
    """gmssl pads every message with a block of its own, which is cut off."""
    cipher = gm4.CryptSM4()
    cipher.set_key(key, gm4.SM4_ENCRYPT)
    made: bytes = cipher.crypt_ecb(data)[: len(data)]
    return made


def sm4_mac(key: bytes, data: bytes) -> bytes:
    """CBC-MAC over 80 and zeros behind the data; the block before gmssl's padding."""
    padded = data + b"\x80" + bytes(-(len(data) + 1) % 16)
    cipher = gm4.CryptSM4()
    cipher.set_key(key, gm4.SM4_ENCRYPT)
    made: bytes = cipher.crypt_cbc(bytes(16), padded)[len(padded) - 16 : len(padded)]
    return made


def xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


# --- triple DES ---------------------------------------------------------------------------------


@given(KEY, PAN, PSN)
def test_unique_key(master: bytes, pan: str, psn: str) -> None:
    peer = kd.derive_icc_mk_a(master, pan, psn)
    assert TRIPLE_DES.derive_udk(master, pan, psn) == peer
    assert cryptogram.odd_parity(cryptogram.derive_udk(master, pan, psn)) == peer


@given(KEY, ATC)
def test_session_key(udk: bytes, atc: int) -> None:
    assume(cryptogram.odd_parity(udk)[:8] != cryptogram.odd_parity(udk)[8:])  # Cryptodome refuses
    cipher = des3.new(udk, des3.MODE_ECB)
    number = atc.to_bytes(2, "big")
    peer = cipher.encrypt(bytes(6) + number) + cipher.encrypt(bytes(6) + xor(number, b"\xff\xff"))
    assert TRIPLE_DES.session_key(udk, atc) == peer


@given(KEY, DATA)
def test_application_cryptogram(key: bytes, data: bytes) -> None:
    peer = ac.generate_ac(key, data, ac.PaddingType.EMV)
    assert TRIPLE_DES.application_cryptogram(key, data) == peer


@given(KEY, BLOCK, st.sampled_from(["00", "05", "51", "Y3"]))
def test_arpc(key: bytes, arqc: bytes, code: str) -> None:
    peer = ac.generate_arpc_1(key, arqc, code.encode())
    assert TRIPLE_DES.arpc(key, arqc, code.encode()) == peer


@given(KEY, ATC, BLOCK, st.binary(max_size=200))
def test_script_mac(key: bytes, atc: int, arqc: bytes, data: bytes) -> None:
    header = bytes.fromhex("04DA9F79")
    command = header + bytes([len(data) + 4]) + atc.to_bytes(2, "big") + arqc + data
    assert mac_message(header, atc, arqc, data) == command
    assert TRIPLE_DES.message_mac(key, command) == sm.generate_command_mac(key, command, length=4)


@given(KEY, KEY, PIN, st.none() | PIN)
def test_pin_data(session: bytes, unique: bytes, new: str, old: str | None) -> None:
    block = sm.format_vis_pin_block(unique, new, old)
    peer = sm.encrypt_command_data(session, block, sm.EncryptionType.VISA)
    assert pins.pin_data(TRIPLE_DES, session, unique, new, old) == peer


# --- SM4, SM3, SM2 ------------------------------------------------------------------------------

slow = settings(max_examples=25, deadline=None)


@slow
@given(KEY, PAN, PSN, ATC)
def test_sm4_keys(master: bytes, pan: str, psn: str, atc: int) -> None:
    x = bytes.fromhex((pan + psn)[-16:].rjust(16, "0"))
    peer = sm4_ecb(master, x + xor(x, b"\xff" * 8))
    assert SM4.derive_udk(master, pan, psn) == peer
    number = atc.to_bytes(2, "big")
    block = bytes(6) + number + bytes(6) + xor(number, b"\xff\xff")
    assert SM4.session_key(peer, atc) == sm4_ecb(peer, block)


@slow
@given(KEY, DATA)
def test_sm4_cryptogram_and_mac(key: bytes, data: bytes) -> None:
    peer = sm4_mac(key, data)
    assert SM4.application_cryptogram(key, data) == peer[:8]
    assert SM4.message_mac(key, data) == peer[:4]


@slow
@given(KEY, BLOCK, st.sampled_from(["00", "05"]))
def test_sm4_arpc(key: bytes, arqc: bytes, code: str) -> None:
    mixed = xor(arqc, code.encode() + bytes(6))
    assert SM4.arpc(key, arqc, code.encode()) == sm4_ecb(key, mixed + bytes(8))[:8]


@slow
@given(KEY, KEY, PIN)
def test_sm4_pin_data(session: bytes, unique: bytes, new: str) -> None:
    """The PIN block of pyemv, which is the same for any key, under gmssl's cipher."""
    block = b"\x08" + sm.format_vis_pin_block(unique, new) + b"\x80" + bytes(6)
    assert pins.pin_data(SM4, session, unique, new) == sm4_ecb(session, block)


@slow
@given(KEY, st.binary(min_size=1, max_size=5).map(lambda data: data * 16))
def test_sm4_blocks(key: bytes, data: bytes) -> None:
    assert sm4.encrypt(key, data) == sm4_ecb(key, data)


@slow
@given(DATA)
def test_sm3(data: bytes) -> None:
    assert sm2.sm3(data).hex() == gm3.sm3_hash(list(data))


@settings(max_examples=8, deadline=None)
@given(st.integers(1, sm2.N - 2), st.binary(min_size=1, max_size=60))
def test_sm2_signatures(d: int, message: bytes) -> None:
    key = sm2.Sm2Key.from_secret("random", d)
    peer = gm2.CryptSM2(private_key=f"{d:064x}", public_key=key.point.hex())
    signature = sm2.sign(key, message, sm2.nonce_for(key, message))
    assert peer.verify_with_sm3(signature.hex(), message)
    assert sm2.verify(key.point, message, bytes.fromhex(peer.sign_with_sm3(message)))


@pytest.mark.parametrize(
    "broken",
    [
        lambda: (
            TRIPLE_DES.derive_udk(bytes(16), "6200001234567892", "01")
            == kd.derive_icc_mk_a(bytes(16), "6200001234567892", "02")
        ),
        lambda: (
            TRIPLE_DES.message_mac(bytes(range(16)), b"a")
            == sm.generate_command_mac(bytes(range(16)), b"b", length=4)
        ),
        lambda: sm4_mac(bytes(16), b"a") == sm4_mac(bytes(16), b"b"),
    ],
)
def test_the_peers_can_disagree(broken: Callable[[], bool]) -> None:
    assert not broken()
