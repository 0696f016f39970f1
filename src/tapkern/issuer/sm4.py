"""SM4 keys and cryptograms of card and issuer: the twin of `cryptogram` for CS-040.

Keys and blocks are 16 bytes, cryptograms 8. All functions are pure.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tapkern.issuer.cryptogram import MAC_SIZE, discretionary_input, diversifier, session_block

BLOCK = 16
CRYPTOGRAM_SIZE = 8


def encrypt(key: bytes, blocks: bytes) -> bytes:
    """Whole blocks, each for itself."""
    if len(blocks) % BLOCK:
        raise ValueError(f"{len(blocks)} bytes are no whole blocks")
    return Cipher(algorithms.SM4(key), modes.ECB()).encryptor().update(blocks)


def decrypt(key: bytes, blocks: bytes) -> bytes:
    """The reverse of `encrypt`."""
    return Cipher(algorithms.SM4(key), modes.ECB()).decryptor().update(blocks)


def derive_udk(master: bytes, pan: str, psn: str = "00") -> bytes:
    """The unique key of a card from a master key, PAN digits and PAN sequence number."""
    return encrypt(master, diversifier(pan, psn))


def session_key(udk: bytes, atc: int) -> bytes:
    """The key of one transaction; cryptogram, MAC and encipherment keys alike."""
    return encrypt(udk, session_block(atc))


def pad(data: bytes) -> bytes:
    """80 and zeros up to the next whole block, always at least the 80."""
    return data + b"\x80" + bytes(-(len(data) + 1) % BLOCK)


def cbc_mac(key: bytes, blocks: bytes) -> bytes:
    """The last block of a CBC encipherment with initial value zero, 16 bytes."""
    cbc = Cipher(algorithms.SM4(key), modes.CBC(bytes(BLOCK))).encryptor()
    return cbc.update(blocks)[-BLOCK:]


def application_cryptogram(key: bytes, data: bytes) -> bytes:
    """The application cryptogram over its input, with the AC session key."""
    return cbc_mac(key, pad(data))[:CRYPTOGRAM_SIZE]


def arpc(key: bytes, ac: bytes, arc: bytes) -> bytes:
    """The issuer's answer cryptogram; tag 91 is this and the 2-byte response code."""
    mixed = int.from_bytes(ac, "big") ^ int.from_bytes(arc + bytes(6), "big")
    return encrypt(key, mixed.to_bytes(CRYPTOGRAM_SIZE, "big") + bytes(8))[:CRYPTOGRAM_SIZE]


def discretionary_mac(key: bytes, atc: int, values: bytes) -> bytes:
    """MAC of the issuer discretionary data in 9F10, 4 bytes, with the MAC session key."""
    return cbc_mac(key, discretionary_input(atc, values))[:MAC_SIZE]


def message_mac(key: bytes, message: bytes) -> bytes:
    """Secure messaging MAC, 4 bytes, with the MAC session key."""
    return cbc_mac(key, pad(message))[:MAC_SIZE]
