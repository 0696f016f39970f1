"""The machine of hostile cards at every submission: no finding, and everything was reached."""

from __future__ import annotations

import os

import pytest

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("TAPKERN_FORCE")), reason="property tests are no part of forced runs"
)


def test_nothing_a_card_says_breaks_the_kernel() -> None:
    """Random surroundings; tests/hostile/machine.py says what has to hold."""
    from tests.hostile import profiles

    done = profiles.run("ci")
    assert not done.findings, "\n".join(done.findings)
    assert not done.missing, f"never reached: {done.missing}\n" + "\n".join(profiles.shares())
