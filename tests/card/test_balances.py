"""The money of an extended application against the table of digest file 70 §8."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapkern.card import balances
from tapkern.card.balances import Balances
from tapkern.card.status import CardStatus

small = st.integers(0, 12)
Row = tuple[int, int]


def table_deferred(b: int, limit: int, u: int, a: int) -> Row | None:
    """Balance and used offset behind a row of the table, None for a refusal."""
    if a <= b:
        return b - a, u
    if b < a <= b + limit - u:
        return 0, u + (a - b)
    return None


def table_complete(b: int, u: int, h: int, a: int) -> Row | None:
    if a > b + h:
        return None
    if a >= h:
        return b + h - a, u
    if u == 0:
        return b + (h - a), 0
    rest = h - a
    return (rest - u, 0) if rest > u else (b, u - rest)


def table_load(u: int, v: int, limit: int, holds: int) -> Row | str:
    if max(v - u, 0) > limit:
        return "6A80"
    if max(v - u, 0) + holds > limit:
        return "6976"
    if u == 0:
        return v, 0
    return (v - u, 0) if v > u else (0, u - v)


@st.composite
def purses(draw: st.DrawFn) -> Balances:
    """Offset is used only when the balance is."""
    limit = draw(small)
    if draw(st.booleans()):
        return Balances(draw(small), limit, 0)
    return Balances(0, limit, draw(st.integers(0, limit)))


def row(after: Balances | None, before: Balances) -> Row | None:
    if after is None:
        return None
    assert after.offset_limit == before.offset_limit
    assert 0 <= after.offset_used <= after.offset_limit and after.balance >= 0
    assert after.offset_used == 0 or after.balance == 0
    return after.balance, after.offset_used


@given(purses(), small)
def test_deferred_fare(before: Balances, amount: int) -> None:
    wanted = table_deferred(before.balance, before.offset_limit, before.offset_used, amount)
    assert row(balances.pay_deferred(before, amount), before) == wanted
    assert (wanted is None) == (amount > before.deferred)


@given(purses(), small)
def test_hold(before: Balances, amount: int) -> None:
    wanted = (before.balance - amount, before.offset_used) if before.balance >= amount else None
    assert row(balances.place_hold(before, amount), before) == wanted


@given(purses(), small, small)
def test_completion(before: Balances, hold: int, amount: int) -> None:
    wanted = table_complete(before.balance, before.offset_used, hold, amount)
    assert row(balances.complete(before, hold, amount), before) == wanted


@given(purses(), small, small, small)
def test_load(before: Balances, value: int, limit: int, holds: int) -> None:
    wanted = table_load(before.offset_used, value, limit, holds)
    if isinstance(wanted, str):
        with pytest.raises(CardStatus, match=re.escape(wanted)):
            balances.load(before, value, limit, holds)
    else:
        assert row(balances.load(before, value, limit, holds), before) == wanted


def test_scripts_on_the_limits() -> None:
    before = Balances(0, 500, 200)
    assert balances.set_offset_limit(before, 200, 1000) == Balances(0, 200, 200)
    assert balances.set_offset_limit(before, 10**12 - 1001, 1000).offset_limit == 10**12 - 1001
    with pytest.raises(CardStatus, match="6A80"):
        balances.set_offset_limit(before, 199, 1000)
    with pytest.raises(CardStatus, match="6985"):
        balances.set_offset_limit(before, 10**12 - 1000, 1000)
    assert balances.set_balance_limit(before, 10**12 - 501) == 10**12 - 501
    with pytest.raises(CardStatus, match="6985"):
        balances.set_balance_limit(before, 10**12 - 500)
