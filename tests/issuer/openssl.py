"""OpenSSL's command line as a second opinion on SM2 signatures.

`usable` says whether there is one that knows SM2 with a distinguishing identity.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

IDENTITY = "distid:1234567812345678"
# SubjectPublicKeyInfo of an EC key on the recommended curve, up to the point.
SPKI = bytes.fromhex("3059301306072A8648CE3D020106082A811CCF5501822D03420004")
# ECPrivateKey on the same curve, around the secret.
SEC1 = bytes.fromhex("30310201010420"), bytes.fromhex("A00A06082A811CCF5501822D")


def der(signature: bytes) -> bytes:
    """r and s as a sequence of two integers."""
    parts = b""
    for half in (signature[:32], signature[32:]):
        number = half.lstrip(b"\x00") or b"\x00"
        number = b"\x00" * (number[0] >> 7) + number
        parts += bytes([0x02, len(number)]) + number
    return bytes([0x30, len(parts)]) + parts


def raw(signature: bytes) -> bytes:
    """The reverse of `der`."""
    assert signature[0] == 0x30 and signature[1] == len(signature) - 2
    at, halves = 2, b""
    for _ in range(2):
        assert signature[at] == 0x02
        size = signature[at + 1]
        halves += signature[at + 2 : at + 2 + size].lstrip(b"\x00").rjust(32, b"\x00")
        at += 2 + size
    assert at == len(signature)
    return halves


def _run(*words: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *words], capture_output=True, timeout=30, check=False)


def _key(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def verify(folder: Path, point: bytes, message: bytes, signature: bytes) -> bool:
    """Whether OpenSSL accepts a signature (r and s); files are left in `folder`."""
    pem, text, signed = folder / "p.pem", folder / "message", folder / "signature"
    public = _key(folder, "p.der", SPKI + point)
    made = _run("pkey", "-pubin", "-inform", "DER", "-in", public, "-out", pem)
    assert made.returncode == 0, made.stderr
    text.write_bytes(message)
    signed.write_bytes(der(signature))
    words = ("-verify", pem, "-sigopt", IDENTITY, "-signature", signed, text)
    return _run("dgst", "-sm3", *words).returncode == 0


def sign(folder: Path, secret: int, message: bytes) -> bytes:
    """A signature that OpenSSL makes, r and s."""
    key = SEC1[0] + secret.to_bytes(32, "big") + SEC1[1]
    pem, text, signed = folder / "k.pem", folder / "message", folder / "signature"
    made = _run("pkey", "-inform", "DER", "-in", _key(folder, "k.der", key), "-out", pem)
    assert made.returncode == 0, made.stderr
    text.write_bytes(message)
    made = _run("dgst", "-sm3", "-sign", pem, "-sigopt", IDENTITY, "-out", signed, text)
    assert made.returncode == 0, made.stderr
    return raw(signed.read_bytes())


@cache
def usable() -> bool:
    """Whether there is an OpenSSL that can do all this."""
    if shutil.which("openssl") is None:
        return False
    found = _run("list", "-signature-algorithms")
    return found.returncode == 0 and b"SM2" in found.stdout


def _integer(number: int) -> bytes:
    body = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return _object(0x02, body)


def _object(tag: int, body: bytes) -> bytes:
    size = len(body)
    length = bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + body


def recover(folder: Path, modulus: bytes, exponent: bytes, signature: bytes) -> bytes:
    """The block that OpenSSL recovers from an RSA signature, without any padding."""
    numbers = _integer(int.from_bytes(modulus, "big")) + _integer(int.from_bytes(exponent, "big"))
    public = _key(folder, "r.der", _object(0x30, numbers))
    pem, signed, block = folder / "r.pem", folder / "signature", folder / "block"
    made = _run("rsa", "-RSAPublicKey_in", "-inform", "DER", "-in", public, "-pubout", "-out", pem)
    assert made.returncode == 0, made.stderr
    signed.write_bytes(signature)
    done = _run(
        "pkeyutl", "-verifyrecover", "-pubin", "-inkey", pem, "-in", signed, "-out", block,
        "-pkeyopt", "rsa_padding_mode:none",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return block.read_bytes()
