"""Keys and MACs of the industry files of an extended application: digest file 70 §6.

Two-key triple DES alone: personalisation data hold SM4 open keys too, but how a card would use them
is not published (XA-021). Keys are 16 bytes, MACs 4. All functions are pure.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, modes

from tapkern.issuer.cryptogram import BLOCK, TripleDES, encrypt, pad, retail_mac

MAC = 4
"""Length of every MAC here."""


def mac(key: bytes, start: bytes, message: bytes) -> bytes:
    """Retail MAC whose chain begins with the 8 bytes `start`."""
    blocks = pad(message)
    first = bytes(a ^ b for a, b in zip(start, blocks, strict=False))
    return retail_mac(key, first + blocks[BLOCK:])[:MAC]


def command_mac(key: bytes, atc: int, command: bytes) -> bytes:
    """MAC of UPDATE CAPP DATA CACHE (record key) or APPEND RECORD (open key).

    command: header with the Lc that counts the MAC, and the data before the MAC.
    """
    return mac(key, atc.to_bytes(BLOCK, "big"), command)


def read_mac(key: bytes, number: bytes, content: bytes) -> bytes:
    """MAC behind the answer of READ CAPP DATA that was asked with an 8-byte number."""
    return mac(key, number, content)


def answer_mac(key: bytes, received: bytes) -> bytes:
    """MAC in the answer 9000 of UPDATE CAPP DATA CACHE to a command whose MAC was `received`."""
    return mac(key, bytes(4) + received, b"\x90\x00")


def encipher_key(open_key: bytes, record_key: bytes) -> bytes:
    """The key of a record as APPEND RECORD brings it."""
    return encrypt(open_key, record_key)


def decipher_key(open_key: bytes, enciphered: bytes) -> bytes:
    """The other direction."""
    cipher = Cipher(TripleDES(open_key + open_key[:BLOCK]), modes.ECB())
    return cipher.decryptor().update(enciphered)
