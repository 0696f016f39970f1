"""What can be found out about a modulus: weak moduli are made, and found; others are not."""

from __future__ import annotations

import random
from datetime import date

from tapkern.params import keys
from tapkern.params.weakness import (
    close_factors,
    has_roca_fingerprint,
    key_weaknesses,
    primes,
    shared_factors,
    small_factors,
)
from tests.keyfiles import TEST_KEYS, is_prime, prime, sm2, toml, vulnerable_prime, weak_keys


def test_fingerprint_of_the_key_generation_flaw():
    chance = random.Random(2017)
    for _ in range(3):
        weak = vulnerable_prime(chance) * vulnerable_prime(chance)
        assert has_roca_fingerprint(weak)
        assert any("CVE-2017-15361" in words for words in key_weaknesses(weak))
    half = vulnerable_prime(chance) * prime(512, chance)
    assert not has_roca_fingerprint(half)
    assert not has_roca_fingerprint(0)


def test_other_keys_have_no_fingerprint():
    chance = random.Random(1)
    assert not any(has_roca_fingerprint(chance.getrandbits(1024) | 1) for _ in range(20_000))
    for key in keys.load(["unionpay"]) + keys.load([TEST_KEYS]):
        assert not has_roca_fingerprint(key.modulus)
    # The chance that a random modulus has it: the share of powers of 65537, prime by prime.
    share = 1.0
    for p in primes(168)[1:]:
        share *= len({pow(65537, a, p) for a in range(p)}) / (p - 1)
    assert share < 2**-27


def test_small_factors_squares_and_neighbours():
    chance = random.Random(3)
    p, q = prime(512, chance), prime(512, chance)
    assert key_weaknesses(p * q) == ()
    assert small_factors(3 * 65521 * p) == (3, 65521) and small_factors(65537 * p) == ()
    assert small_factors(0) == () and small_factors(15) == (3, 5)
    assert "a perfect square" in key_weaknesses(p * p)
    neighbour = p + 2
    while not is_prime(neighbour):
        neighbour += 2
    assert close_factors(p * neighbour) == (p, neighbour)
    assert "its factors lie close together" in key_weaknesses(p * neighbour)
    assert close_factors(p * q) is None and close_factors(4) is None
    assert any("short: 1023 bits" in words for words in key_weaknesses((p * q) >> 1 | 1))
    assert not any("short" in words for words in key_weaknesses((1 << 512) + 1, short=512))


def test_shared_factors():
    chance = random.Random(4)
    p, q, r, s = (prime(256, chance) for _ in range(4))
    assert shared_factors([p * q, r * s, q * r, 0]) == ((0, 2), (1, 2))
    assert shared_factors([p * q, p * q]) == ((0, 1),)
    assert shared_factors([]) == ()


def test_findings(tmp_path):
    path = tmp_path / "k.toml"
    path.write_text(toml(*weak_keys(), sm2()))
    found = keys.load([path])
    told = dict(zip([key.index for key in found],
                    keys.findings(found, date(2026, 11, 21)), strict=True))  # fmt: skip
    words = {index: " ".join(text) for index, text in told.items()}
    assert "shares a factor with A000000333 02" in words["01"]
    assert "shares a factor with A000000333 01" in words["02"]
    assert "perfect square" in words["03"] and "divisible by 3" in words["04"]
    assert "short: " in words["05"] and "CVE-2017-15361" in words["06"]
    assert words["07"].startswith("expired: 2026-11-20 [CK-005]")
    assert "same modulus as A000000333 08" in words["07"] and words["18"] == ""
    assert keys.findings(found, date(2026, 11, 20))[6] == ("same modulus as A000000333 08",)
