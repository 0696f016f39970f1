"""Triple-DES keys and cryptograms of card and issuer: CS-035 to CS-038.

Keys are 16 bytes, blocks 8, cryptograms 8. All functions are pure.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, modes

try:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
except ImportError:  # cryptography before 43
    from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES

__all__ = [
    "BLOCK",
    "MAC_SIZE",
    "TripleDES",
    "application_cryptogram",
    "arpc",
    "cvn01_input",
    "cvn17_input",
    "decrypt",
    "derive_udk",
    "discretionary_input",
    "discretionary_mac",
    "diversifier",
    "encrypt",
    "message_mac",
    "odd_parity",
    "pad",
    "retail_mac",
    "session_block",
    "session_key",
]

BLOCK = 8
MAC_SIZE = 4
"""Bytes of a MAC in secure messaging and in the issuer discretionary data."""


def _xor(a: bytes, b: bytes) -> bytes:
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).to_bytes(len(a), "big")


def encrypt(key: bytes, data: bytes) -> bytes:
    """Whole blocks, each for itself; the key spelled out, because two-key calls are deprecated."""
    if len(data) % BLOCK:
        raise ValueError(f"{len(data)} bytes are no whole blocks")
    return Cipher(TripleDES(key + key[:BLOCK]), modes.ECB()).encryptor().update(data)


def decrypt(key: bytes, data: bytes) -> bytes:
    """The reverse of `encrypt`."""
    return Cipher(TripleDES(key + key[:BLOCK]), modes.ECB()).decryptor().update(data)


def diversifier(pan: str, psn: str) -> bytes:
    """CS-037: what a master key enciphers to a unique key, 16 bytes: X and its complement."""
    x = bytes.fromhex((pan + psn)[-16:].zfill(16))
    return x + _xor(x, b"\xff" * BLOCK)


def derive_udk(master: bytes, pan: str, psn: str = "00") -> bytes:
    """CS-037: the unique key of a card from a master key, PAN digits and PAN sequence number."""
    return encrypt(master, diversifier(pan, psn))


def odd_parity(key: bytes) -> bytes:
    """The same key with odd parity in every byte. DES ignores it; PIN change copies key bytes."""
    return bytes(b & 0xFE | (b >> 1).bit_count() & 1 ^ 1 for b in key)


def session_block(atc: int) -> bytes:
    """CS-036: what a unique key enciphers to a session key, 16 bytes."""
    return atc.to_bytes(BLOCK, "big") + (atc ^ 0xFFFF).to_bytes(BLOCK, "big")


def session_key(udk: bytes, atc: int) -> bytes:
    """CS-036: the key of one transaction; cryptogram, MAC and encipherment keys alike."""
    return encrypt(udk, session_block(atc))


def pad(data: bytes) -> bytes:
    """80 and zeros up to the next whole block, always at least the 80."""
    return data + b"\x80" + bytes(-(len(data) + 1) % BLOCK)


def retail_mac(key: bytes, blocks: bytes) -> bytes:
    """ISO 9797-1 algorithm 3 over whole blocks, 8 bytes: single DES, the last block triple DES."""
    single = key[:BLOCK] * 3
    chain = bytes(BLOCK)
    if len(blocks) > BLOCK:
        cbc = Cipher(TripleDES(single), modes.CBC(chain)).encryptor()
        chain = cbc.update(blocks[:-BLOCK])[-BLOCK:]
    return encrypt(key, _xor(chain, blocks[-BLOCK:]))


def application_cryptogram(key: bytes, data: bytes) -> bytes:
    """CS-036: the application cryptogram over its input, with the AC session key."""
    return retail_mac(key, pad(data))


def cvn01_input(terminal: bytes, aip: bytes, atc: int, cvr: bytes) -> bytes:
    """CS-035, version 01: `terminal` is 9F02 9F03 9F1A 95 5F2A 9A 9C 9F37, 29 bytes; 37 in all."""
    return b"".join((terminal, aip, atc.to_bytes(2, "big"), cvr))


def cvn17_input(amount: bytes, number: bytes, atc: int, cvr: bytes) -> bytes:
    """CS-035, version 17: 9F02, 9F37, ATC and byte 5 of 9F10, which is the second of the CVR."""
    return b"".join((amount, number, atc.to_bytes(2, "big"), cvr[1:2]))


def arpc(key: bytes, ac: bytes, arc: bytes) -> bytes:
    """CS-038: the issuer's answer cryptogram; tag 91 is this and the 2-byte response code."""
    return encrypt(key, _xor(ac, arc + bytes(6)))


def discretionary_input(atc: int, values: bytes) -> bytes:
    """What the MAC of the issuer discretionary data is over, 16 bytes.

    One 5-byte value: ATC, value, 00 and then half of it padding; two values: no padding.
    """
    data = atc.to_bytes(2, "big") + values
    data += bytes(-len(data) % BLOCK)
    return pad(data) if len(data) == BLOCK else data


def discretionary_mac(key: bytes, atc: int, values: bytes) -> bytes:
    """MAC of the issuer discretionary data in 9F10, 4 bytes, with the MAC session key."""
    return retail_mac(key, discretionary_input(atc, values))[:MAC_SIZE]


def message_mac(key: bytes, message: bytes) -> bytes:
    """Secure messaging MAC, 4 bytes, with the MAC session key."""
    return retail_mac(key, pad(message))[:MAC_SIZE]
