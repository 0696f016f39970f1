"""Amounts, dates and the message catalogue."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapkern.data import dates, messages, money

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("value", "exponent", "minor"),
    [
        ("12.50", 2, 1250),
        ("12.5", 2, 1250),
        ("12", 2, 1200),
        (" 0.01 ", 2, 1),
        ("0", 2, 0),
        ("007", 0, 7),
        ("1.234", 3, 1234),
        (Decimal("12.50"), 2, 1250),
        (Decimal("1E+2"), 2, 10000),
        (1250, 2, 1250),
        ("9999999999.99", 2, 999_999_999_999),
        (999_999_999_999, 2, 999_999_999_999),
    ],
)
def test_amounts(value: Any, exponent: int, minor: int) -> None:
    assert money.parse_amount(value, exponent=exponent) == minor


@pytest.mark.parametrize(
    "value",
    ["", "-1", "+1", "1.", ".5", "1,000", "1.005", "1e2", "NaN", "١٢", "１２", "10000000000.00",
     "0x10", "1 2", Decimal("NaN"), Decimal("Infinity"), Decimal("-1"), Decimal("0.001"),
     -1, 1_000_000_000_000],
)  # fmt: skip
def test_wrong_amounts_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"amount|decimals|digits"):
        money.parse_amount(value)


@pytest.mark.parametrize("value", [12.5, True, None, b"12"])
def test_floats_and_other_types_are_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="minor units"):
        money.parse_amount(value)


@given(st.integers(0, money.MAX_AMOUNT), st.integers(0, money.MAX_EXPONENT))
def test_amount_round_trip(minor: int, exponent: int) -> None:
    text = money.format_amount(minor, exponent)
    assert money.parse_amount(text, exponent) == minor
    assert money.parse_amount(Decimal(text), exponent) == minor
    assert money.from_bcd(money.bcd(minor, 6)) == minor


def test_format_amount() -> None:
    assert money.format_amount(1250) == "12.50"
    assert money.format_amount(5, exponent=2) == "0.05"
    assert money.format_amount(1250, exponent=0) == "1250"
    for wrong in (-1, money.MAX_AMOUNT + 1):
        with pytest.raises(ValueError, match="0 to"):
            money.format_amount(wrong)
    with pytest.raises(ValueError, match="exponent"):
        money.format_amount(1, exponent=10)


def test_bcd() -> None:
    assert money.bcd(1234, 6) == bytes.fromhex("000000001234")
    for value, size in ((100, 1), (-1, 2), (1, -1)):
        with pytest.raises(ValueError, match="does not fit"):
            money.bcd(value, size)
    for data in (b"", b"\x0a", b"\xff"):
        with pytest.raises(ValueError, match="not BCD"):
            money.from_bcd(data)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("491231", date(2049, 12, 31)),
        ("500101", date(1950, 1, 1)),
        ("000229", date(2000, 2, 29)),
        ("991231", date(1999, 12, 31)),
    ],
)
def test_dates(text: str, day: date) -> None:
    assert dates.parse_yymmdd(bytes.fromhex(text)) == day
    assert dates.yymmdd(day) == bytes.fromhex(text)


@pytest.mark.parametrize(
    "text", ["491301", "490001", "250229", "250431", "250100", "2501", "25AB01"]
)
def test_impossible_dates_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"calendar|3 bytes|BCD"):
        dates.parse_yymmdd(bytes.fromhex(text))


def test_other_times() -> None:
    assert dates.parse_mmyy(bytes.fromhex("1249")) == (2049, 12)
    assert dates.parse_mmyy(bytes.fromhex("0150")) == (1950, 1)
    assert dates.parse_hhmmss(bytes.fromhex("235959")) == time(23, 59, 59)
    assert dates.hhmmss(time(1, 2, 3)) == bytes.fromhex("010203")
    with pytest.raises(ValueError, match="MMYY"):
        dates.parse_mmyy(bytes.fromhex("1349"))
    with pytest.raises(ValueError, match="HHMMSS"):
        dates.parse_hhmmss(bytes.fromhex("240000"))
    for year in (1949, 2050):
        with pytest.raises(ValueError, match="two digits"):
            dates.yymmdd(date(year, 1, 1))


@given(st.dates(date(1950, 1, 1), date(2049, 12, 31)))
def test_date_round_trip(day: date) -> None:
    assert dates.parse_yymmdd(dates.yymmdd(day)) == day


def _c_enum(name: str) -> dict[str, int]:
    text = (ROOT / "kernel_c/include/tapkern/types.h").read_text(encoding="utf-8")
    found = re.findall(rf"TAPK_{name}_(\w+) = (0x[0-9A-F]+)", text)
    return {key.lower(): int(code, 16) for key, code in found}


def test_messages_are_those_of_the_kernel() -> None:
    assert {row.name: row.code for row in messages.messages()} == _c_enum("MSG")
    assert {row.name: row.code for row in messages.statuses()} == _c_enum("UI")


def test_message_texts() -> None:
    assert messages.message(0x15).text("zh") == "请挥卡"
    assert messages.message("present_again").code == 0x21
    assert messages.status(4).name == "card_read"
    shown = [row for row in messages.messages() if row.name not in ("clear", "na")]
    assert all(row.en and row.zh for row in shown)
    for key in (0x99, "nothing"):
        with pytest.raises(ValueError, match="no UI message"):
            messages.message(key)
