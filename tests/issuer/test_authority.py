"""CA public keys as a terminal loads them."""

from __future__ import annotations

import hashlib
import tomllib

import pytest

from tapkern.errors import UsageError
from tapkern.issuer.authority import TestAuthority, ca_key, ca_keys, ca_toml


def test_checksums_are_ck002() -> None:
    for key in ca_keys():
        content = key.rid + bytes([key.index]) + key.modulus + key.exponent
        assert key.checksum == hashlib.sha1(content).digest()


def test_vector_key_has_the_published_checksum() -> None:
    key = ca_key("vector-ca")
    assert key.index == 0xF1
    assert key.checksum.hex().upper() == "2028CD2534CA185D33D98D7B335CC6B74633B410"


def test_no_index_is_a_published_one() -> None:
    published = {0x01, 0x02, 0x03, 0x04, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x80, 0x83, 0x84, 0x85}
    indexes = [key.index for key in ca_keys()]
    assert not published & set(indexes)
    assert len(set(indexes)) == len(indexes)


def test_toml_says_the_same() -> None:
    entries = tomllib.loads(ca_toml())["ca_key"]
    assert len(entries) == len(ca_keys())
    for entry, key in zip(entries, ca_keys(), strict=True):
        assert bytes.fromhex(entry["rid"]) == key.rid == bytes.fromhex("A000000333")
        assert int(entry["index"], 16) == key.index
        assert bytes.fromhex(entry["modulus"]) == key.modulus
        assert bytes.fromhex(entry["exponent"]) == key.exponent
        assert bytes.fromhex(entry["checksum"]) == key.checksum


def test_authority_knows_its_name() -> None:
    authority = TestAuthority("ca-1984")
    assert authority.name == "ca-1984"
    assert authority.public == ca_key("ca-1984")


def test_unknown_authority_is_refused() -> None:
    with pytest.raises(UsageError, match="icc-1024"):
        TestAuthority("icc-1024")
