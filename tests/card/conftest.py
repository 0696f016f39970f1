"""Cards that several tests of this folder share."""

from __future__ import annotations

import pytest

from tapkern.card import Card


@pytest.fixture
def fare() -> Card:
    return Card.load("transit-fare")


@pytest.fixture
def parking() -> Card:
    return Card.load("parking")
