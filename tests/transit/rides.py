"""Gates and records that the tests of this folder share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tapkern import Terminal
from tapkern.transit import FareRecord, FareStore, Gate, LocalDenyList
from tests.taps import FIXED

ROOT = Path(__file__).resolve().parents[2]
KEY = bytes(range(32))
PAN = "6200000000000001149"  # of the card "transit"
TOML = (ROOT / "examples" / "gate.toml").read_text("utf-8")


class Clock:
    """Milliseconds that a test moves."""

    def __init__(self) -> None:
        self.ms = 1_000_000

    def __call__(self) -> int:
        return self.ms


def terminal(change: tuple[str, str] = ("", "")) -> Terminal:
    """The gate of the example, with other words in its configuration."""
    assert change[0] in TOML
    return Terminal.from_toml(TOML.replace(*change) if change[0] else TOML)


def gate(folder: Path, *, change: tuple[str, str] = ("", ""), most: int = 100, **more: Any) -> Gate:
    """A gate whose files are in a folder."""
    clock = more.setdefault("clock", Clock())
    return Gate(
        terminal(change),
        KEY,
        FareStore(folder / "rides.db", KEY, most=most, clock=lambda: clock() / 1000),
        LocalDenyList(folder / "denied.txt", KEY),
        **more,
    )


def fixed() -> dict[str, Any]:
    """Date, time and random numbers of a tap; the clock runs."""
    return {key: value for key, value in FIXED.items() if key != "clock"}


def record(atc: int = 1, pan: str = PAN, psn: int | None = 1, **more: Any) -> FareRecord:
    """A ride."""
    values: dict[str, Any] = {
        "kind": "deferred", "pan": pan, "psn": psn, "expiry": "491231", "atc": atc, "amount": 200,
        "currency": 156, "date": "261121", "time": "101112", "sequence": 7, "par": b"",
        "field55": b"\x9f\x36\x02\x00\x01", "data_record": b"\x5a\x01\x62",
    }  # fmt: skip
    return FareRecord(**{**values, **more})
