"""The card's memory: counters that survive the field, changed in one step or not at all.

CS-042: a change is on disk (temporary file in the same folder, fsync, rename) before it is visible
and before the answer that tells of it leaves the card. A process that is killed leaves the old
file or the new one. Without a path the memory lives as long as the object.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from tapkern.data.files import remove_leftovers, write_whole
from tapkern.errors import UsageError

FORMAT = 1


AMOUNT = 10**12 - 1
"""The largest amount that fits n12."""


def _upto(most: int, default: Any = MISSING) -> Any:
    """A number of 0 to `most`."""
    return field(default=default, metadata={"most": most})


@dataclass(frozen=True, slots=True)
class Counters:
    """What one application remembers. Amounts in minor units.

    A member is a number with its range, bytes, or a tuple of bytes; the file follows from that.
    last_record: the last record of the newest purchase that became final, empty before the first
    (CS-031). cumulative: CTTA, what was spent offline by the CTTA check since the issuer was asked
    (CS-022). foreign: offline purchases in other currencies since then (CS-023). second_balance:
    DF79. log, load_log: records, the newest first.

    Extended application: offset_limit, offset_used: DF62, DF63. holds, industry_records,
    industry_slots, industry_keys: what `appfiles` reads and writes. proof: ATC and TC of the last
    extended transaction that was committed.

    Debit/credit: blocked and card_blocked are what scripts have done, 0 or 1. pin: the block that
    VERIFY must bring. mac_tries: wrong script MACs that are left. history: what the next CVR tells
    of earlier transactions, in its bits. foreign_country: offline transactions abroad. objects,
    records: what PUT DATA and UPDATE RECORD have written, each behind its tag or place.
    """

    atc: int = _upto(0xFFFF)
    last_online_atc: int = _upto(0xFFFF)
    pin_tries: int = _upto(15)
    balance: int = _upto(AMOUNT)
    last_record: bytes = b""
    cumulative: int = _upto(AMOUNT, 0)
    foreign: int = _upto(0xFF, 0)
    second_balance: int = _upto(AMOUNT, 0)
    log: tuple[bytes, ...] = ()
    load_log: tuple[bytes, ...] = ()
    offset_limit: int = _upto(AMOUNT, 0)
    offset_used: int = _upto(AMOUNT, 0)
    holds: tuple[bytes, ...] = ()
    industry_records: tuple[bytes, ...] = ()
    industry_slots: tuple[bytes, ...] = ()
    industry_keys: tuple[bytes, ...] = ()
    proof: bytes = b""
    blocked: int = _upto(1, 0)
    card_blocked: int = _upto(1, 0)
    pin: bytes = field(default=b"", repr=False)
    mac_tries: int = _upto(255, 0)
    history: int = _upto(0xFFFF, 0)
    foreign_country: int = _upto(0xFF, 0)
    objects: tuple[bytes, ...] = ()
    records: tuple[bytes, ...] = ()


class Memory:
    """Counters per application, in memory or in a file."""

    def __init__(self, fresh: Mapping[bytes, Counters], path: Path | None = None) -> None:
        """Open the file, or begin it with `fresh`. Raises UsageError if it is not this card's."""
        self._path = path
        self._counters = dict(fresh)
        if path is None:
            return
        remove_leftovers(path)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            text = None
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the state cannot be read: {error}", str(path)) from None
        if text is not None:
            self._counters = _read(text, path, fresh.keys())
            return
        try:
            self._save(self._counters)
        except OSError as error:
            raise UsageError(f"the state cannot be written: {error.strerror}", str(path)) from None

    def __getitem__(self, aid: bytes) -> Counters:
        return self._counters[aid]

    def __setitem__(self, aid: bytes, counters: Counters) -> None:
        """Change one application. Raises OSError with nothing changed."""
        changed = {**self._counters, aid: counters}
        if self._path is not None:
            self._save(changed)
        self._counters = changed

    def _save(self, counters: Mapping[bytes, Counters]) -> None:
        assert self._path is not None
        write_whole(self._path, _write(counters))


def _write(counters: Mapping[bytes, Counters]) -> str:
    applications = {
        aid.hex().upper(): {item.name: _plain(getattr(one, item.name)) for item in fields(one)}
        for aid, one in counters.items()
    }
    return json.dumps({"format": FORMAT, "applications": applications}, indent=1) + "\n"


def _plain(value: int | bytes | tuple[bytes, ...]) -> int | str | list[str]:
    """A member as JSON has it: bytes in hex."""
    if isinstance(value, int):
        return value
    if isinstance(value, bytes):
        return value.hex().upper()
    return [item.hex().upper() for item in value]


def _read(text: str, path: Path, aids: object) -> dict[bytes, Counters]:
    try:
        state = json.loads(text)
        if state["format"] != FORMAT:
            raise UsageError(f"the state has format {state['format']!r}, not {FORMAT}", str(path))
        found = {bytes.fromhex(aid): _counters(e) for aid, e in state["applications"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UsageError(
            "this is no state of a simulated card", str(path), "name another file or delete it"
        ) from None
    if found.keys() != aids:
        raise UsageError("the state belongs to another card", str(path), "name another file")
    return found


def _counters(entry: dict[str, object]) -> Counters:
    members = fields(Counters)
    if set(entry) != {item.name for item in members}:
        raise ValueError("other members than expected")
    return Counters(**{item.name: _member(item, entry[item.name]) for item in members})


def _member(item: Field[Any], value: object) -> Any:
    """A member from JSON; raises ValueError or TypeError when it cannot be one."""
    if "most" in item.metadata:
        if type(value) is not int or not 0 <= value <= item.metadata["most"]:
            raise ValueError(f"{item.name} is out of range")
        return value
    if isinstance(item.default, tuple):
        if not isinstance(value, list):
            raise TypeError(f"{item.name} is no list")
        return tuple(_hex(text) for text in value)
    return _hex(value)


def _hex(value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError("no hexadecimal text")
    return bytes.fromhex(value)
