"""The machine notices a kernel that decides wrongly: single decisions forced, the shadow alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tapkern
from tapkern._numbers import Space
from tapkern.errors import UsageError
from tapkern.lab import forced

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = 100  # it stops at the first finding
SEED = 3

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("TAPKERN_FORCE")), reason="property tests are no part of forced runs"
)

FORCED = {
    ("QP-120", "true"): "approved though the signature is none",
    ("DDA-003", "true"): "the hash of the signature is not looked at",
    ("TLV-021", "false"): "what comes twice is taken",
    ("QP-090", "false"): "nothing ever expires",
    ("TT-012", "true"): "the card of a torn tap and its ATC are not compared",
}
"""Decisions by rule and answer, with what they stand for."""


@pytest.fixture(scope="module")
def build() -> Any:
    """The kernel whose decisions can be forced."""
    try:
        return forced.load(
            forced.find(os.environ.get(forced.VARIABLE) or str(ROOT / forced.FOLDER))
        )
    except UsageError as error:
        pytest.skip(str(error))


@pytest.fixture
def kernel(build: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """It stands in the place of the kernel of the machine."""
    plain = build.Kernel
    monkeypatch.setattr(tapkern, "_kernel", build)
    yield plain
    build.Kernel = plain


@pytest.mark.parametrize(("rule", "force"), FORCED, ids=lambda one: str(one))
def test_a_wrong_decision_is_noticed(build: Any, kernel: Any, rule: str, force: str) -> None:
    """test_machine.py finds nothing with the right decisions."""
    from tests.hostile import profiles

    (number,) = [n for n in range(1, 1000) if build.name(Space.RULE, n) == rule]
    build.Kernel = forced.Forcing(kernel, number, forced.FORCES[force])
    found = profiles.once(EXAMPLES, SEED, shadow_alone=True)
    assert found is not None, FORCED[rule, force]
    assert found.startswith("Finding: ")
