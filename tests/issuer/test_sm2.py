"""SM2 and SM3 against the published answers and against OpenSSL; what verification refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapkern.errors import UsageError
from tapkern.issuer import sm2
from tapkern.issuer.keys import sm2_key, sm2_names
from tests.issuer import openssl

DATA = Path(__file__).parent.parent / "data"
MESSAGE = b"message"
KEY = sm2_key("icc-sm2")

needs_openssl = pytest.mark.skipif(not openssl.usable(), reason="no openssl command with SM2")


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / "sm-vectors.json").read_text(encoding="utf-8"))
    return found


def test_sm3(vectors: dict[str, Any]) -> None:
    assert len(vectors["sm3"]) == 2
    for message, digest in vectors["sm3"].items():
        data = bytes.fromhex(message)
        assert sm2.sm3(data).hex().upper() == digest
        assert sm2.sm3(data[:1], b"", data[1:]).hex().upper() == digest


def test_published_signature(vectors: dict[str, Any]) -> None:
    known = vectors["sm2"]
    key = sm2.Sm2Key.from_secret("known", int(known["d"], 16))
    assert key.point.hex().upper() == known["point"]
    assert key.za.hex().upper() == known["za"]
    message = bytes.fromhex(known["message"])
    made = sm2.sign(key, message, int(known["k"], 16))
    assert made.hex().upper() == known["signature"]
    assert sm2.verify(key.point, message, made)


def test_unionpay_root_signs_itself(vectors: dict[str, Any]) -> None:
    root = {name: bytes.fromhex(value) for name, value in vectors["unionpay_root"].items()}
    message = (
        b"\x31"
        + b"".join(root[name] for name in ("service_id", "rid", "index", "expiry_mmyy"))
        + b"\x04\x11\x40"
        + root["point"]
    )
    assert sm2.verify(root["point"], message, root["self_signature"])
    assert not sm2.verify(root["point"], message[:-1], root["self_signature"])


@pytest.mark.parametrize("name", sm2_names())
def test_pool_keys_sign(name: str) -> None:
    key = sm2_key(name)
    assert sm2.on_curve(key.point) and len(key.point) == 64
    signature = sm2.sign(key, MESSAGE, sm2.nonce_for(key, MESSAGE))
    assert len(signature) == 64 and sm2.verify(key.point, MESSAGE, signature)
    assert f"{key.d}" not in repr(key) and f"{key.d:x}" not in repr(key).lower()


def test_pool_holds_the_vector_keys(vectors: dict[str, Any]) -> None:
    for role in ("ca", "issuer", "icc"):
        key = sm2_key(f"vector-{role}-sm2")
        assert key.point.hex().upper() == vectors["chain"][role]["point"]
    assert len({sm2_key(name).d for name in sm2_names()}) == len(sm2_names()) == 6
    with pytest.raises(UsageError, match="no SM2 key is called 'nobody'"):
        sm2_key("nobody")


@given(d=st.integers(1, sm2.N - 2), message=st.binary(max_size=100), k=st.integers(1, sm2.N - 1))
@settings(max_examples=20, deadline=None)
def test_what_is_signed_verifies(d: int, message: bytes, k: int) -> None:
    key = sm2.Sm2Key.from_secret("any", d)
    signature = sm2.sign(key, message, k)
    assert sm2.verify(key.point, message, signature)
    assert not sm2.verify(key.point, message + b"\x00", signature)


def test_nonce_follows_from_key_and_message() -> None:
    first = sm2.nonce_for(KEY, MESSAGE)
    assert 0 < first < sm2.N and first == sm2.nonce_for(KEY, MESSAGE)
    assert first != sm2.nonce_for(KEY, MESSAGE + b"\x00")
    assert first != sm2.nonce_for(sm2_key("ca-sm2"), MESSAGE)


@pytest.mark.parametrize("nonce", [0, -1, sm2.N, sm2.N + 1])
def test_a_nonce_out_of_range_is_refused(nonce: int) -> None:
    with pytest.raises(ValueError, match="icc-sm2 cannot sign with this nonce"):
        sm2.sign(KEY, MESSAGE, nonce)


@pytest.mark.parametrize("secret", [0, -1, sm2.N - 1, sm2.N])
def test_a_secret_out_of_range_is_refused(secret: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        sm2.Sm2Key.from_secret("wrong", secret)


# what verification refuses

SIGNATURE = sm2.sign(KEY, MESSAGE, 12345)
R, S = int.from_bytes(SIGNATURE[:32], "big"), int.from_bytes(SIGNATURE[32:], "big")


def pair(first: int, second: int) -> bytes:
    return first.to_bytes(32, "big") + second.to_bytes(32, "big")


def flipped(data: bytes, bit: int) -> bytes:
    return bytes(b ^ (1 << bit % 8 if at == bit // 8 else 0) for at, b in enumerate(data))


WRONG_NUMBERS = {
    "r = 0": pair(0, S),
    "s = 0": pair(R, 0),
    "r = n": pair(sm2.N, S),
    "s = n": pair(R, sm2.N),
    "s above n": pair(R, 2**256 - 1),
    "t = 0": pair(R, sm2.N - R),
    "swapped": pair(S, R),
    "both 0": bytes(64),
    "s negated": pair(R, sm2.N - S),
}


@pytest.mark.parametrize("signature", WRONG_NUMBERS.values(), ids=WRONG_NUMBERS.keys())
def test_wrong_numbers_are_refused(signature: bytes) -> None:
    assert sm2.verify(KEY.point, MESSAGE, SIGNATURE)
    assert not sm2.verify(KEY.point, MESSAGE, signature)


@pytest.mark.parametrize("bit", range(0, 512, 37))
def test_any_changed_bit_is_refused(bit: int) -> None:
    assert not sm2.verify(KEY.point, MESSAGE, flipped(SIGNATURE, bit))
    assert not sm2.verify(flipped(KEY.point, bit), MESSAGE, SIGNATURE)
    assert not sm2.verify(KEY.point, flipped(MESSAGE, bit % 56), SIGNATURE)


@pytest.mark.parametrize(
    "point",
    [
        bytes(64),
        pair(sm2.GX, sm2.GY ^ 1),
        pair(sm2.P, sm2.GY),
        pair(sm2.GX, sm2.GY - 1),
        pair(2**256 - 1, 2**256 - 1),
        KEY.point[:-1],
        b"\x04" + KEY.point,
        b"",
    ],
)
def test_points_off_the_curve_are_refused(point: bytes) -> None:
    assert len(point) != 64 or not sm2.on_curve(point)
    assert not sm2.verify(point, MESSAGE, SIGNATURE)


def test_coordinates_not_below_p_are_refused() -> None:
    x = next(x for x in range(1, 100) if sm2.on_curve(pair(x, root(x))))
    assert not sm2.on_curve(pair(x + sm2.P, root(x)))


def root(x: int) -> int:
    """A square root of the curve's right side, if it has one."""
    return pow(x**3 + sm2.A * x + sm2.B, (sm2.P + 1) // 4, sm2.P)


@pytest.mark.parametrize("size", [0, 1, 63, 65, 128])
def test_signatures_of_another_length_are_refused(size: int) -> None:
    assert not sm2.verify(KEY.point, MESSAGE, (SIGNATURE * 2)[:size])


def test_curve_constants_belong_together() -> None:
    assert sm2.on_curve(pair(sm2.GX, sm2.GY))
    assert pow(2, sm2.P - 1, sm2.P) == pow(2, sm2.N - 1, sm2.N) == 1
    last = sm2.Sm2Key.from_secret("last", sm2.N - 2).point
    two = sm2.Sm2Key.from_secret("two", 2).point
    assert last == pair(int.from_bytes(two[:32], "big"), sm2.P - int.from_bytes(two[32:], "big"))
    assert sm2.Sm2Key.from_secret("one", 1).point == pair(sm2.GX, sm2.GY)


# OpenSSL


@needs_openssl
@pytest.mark.parametrize("name", sm2_names())
def test_openssl_accepts_what_is_signed_here(name: str, tmp_path: Path) -> None:
    key = sm2_key(name)
    for message in (b"", MESSAGE, bytes(range(200))):
        signature = sm2.sign(key, message, sm2.nonce_for(key, message))
        assert openssl.verify(tmp_path, key.point, message, signature)
    assert not openssl.verify(tmp_path, key.point, MESSAGE, signature)
    assert not openssl.verify(tmp_path, key.point, message, flipped(signature, 511))


@needs_openssl
def test_what_openssl_signs_is_accepted_here(tmp_path: Path) -> None:
    for count in range(5):
        message = bytes(range(40 * count))
        signature = openssl.sign(tmp_path, KEY.d, message)
        assert sm2.verify(KEY.point, message, signature)
        assert not sm2.verify(KEY.point, message + b"\x00", signature)


@needs_openssl
@pytest.mark.parametrize("signature", WRONG_NUMBERS.values(), ids=WRONG_NUMBERS.keys())
def test_openssl_refuses_the_same_numbers(signature: bytes, tmp_path: Path) -> None:
    assert not openssl.verify(tmp_path, KEY.point, MESSAGE, signature)
