"""The industry files of an extended application, digest file 70 §3 and §4.

A profile says which files there are and what they hold on a fresh card; from then on what they hold
is in the card's memory, so that records change in the same step as the money. A file of records
keeps them by a 2-byte id, each with its own key; a cyclic file keeps its newest slots under one
key. Pure functions over the counters; the commands are in `extended`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from construct import Byte, Bytes, ConstructError, GreedyBytes, Prefixed, Struct

from tapkern.card.memory import Counters

SFIS = (0x15, 0x1E)
"""The first and the last file of an extended application."""
KEY = 16
ID = 2
HEAD = 6
"""Shortest record: id, length, valid flag, extended mode, lock flag."""
RECORD_ROOM = 251
"""Longest record that a command can bring together with a MAC."""

PROOF = 10
"""ATC and TC of the last extended transaction."""

RECORD = Struct("id" / Bytes(ID), "rest" / Prefixed(Byte, GreedyBytes))
STORED_RECORD = Struct("sfi" / Byte, "key" / Bytes(KEY), "content" / GreedyBytes)
STORED_SLOT = Struct("sfi" / Byte, "content" / GreedyBytes)
STORED_KEY = Struct("sfi" / Byte, "key" / Bytes(KEY))
HOLD = Struct("sfi" / Byte, "id" / Bytes(ID), "amount" / Bytes(6))

Name = tuple[int, bytes]
"""SFI and id: the name of a record, or of several (XA-012)."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a file with its key. `content` begins with the id."""

    sfi: int
    key: bytes = field(repr=False)
    content: bytes

    @property
    def name(self) -> Name:
        """SFI and id."""
        return self.sfi, self.content[:ID]


@dataclass(frozen=True, slots=True)
class IndustryFile:
    """A file as it is personalised.

    longest: bytes of the longest record, or of each slot when cyclic. room: bytes of all records
    together, 0 for no limit, or the number of slots when cyclic. key: of the slots, None while no
    APPEND RECORD has opened a cyclic file.
    """

    sfi: int
    cyclic: bool
    longest: int
    room: int
    open_key: bytes = field(repr=False)
    key: bytes | None = field(repr=False)
    records: tuple[Record, ...]
    slots: tuple[bytes, ...]


def fresh(counters: Counters, files: Sequence[IndustryFile]) -> Counters:
    """The counters of a card whose files are as its issuer made them."""
    records = [record for file in files for record in file.records]
    slots = [STORED_SLOT.build({"sfi": f.sfi, "content": s}) for f in files for s in f.slots]
    keys = [STORED_KEY.build({"sfi": f.sfi, "key": f.key}) for f in files if f.key is not None]
    return dataclasses.replace(
        counters,
        industry_records=tuple(map(_stored, records)),
        industry_slots=tuple(slots),
        industry_keys=tuple(keys),
    )


def check(counters: Counters, files: Sequence[IndustryFile]) -> None:
    """Raise ValueError when these counters are not of a card with these files."""
    kinds = {file.sfi: file for file in files}
    try:
        held(counters)
        named = [(r.sfi, False, len(r.content)) for r in records(counters)]
        named += [
            (one.sfi, True, len(one.content))
            for one in map(STORED_SLOT.parse, counters.industry_slots)
        ]
        keys = [STORED_KEY.parse(one).sfi for one in counters.industry_keys]
    except ConstructError as error:
        raise ValueError(str(error)) from None
    for sfi, cyclic, length in named:
        file = kinds.get(sfi)
        least = 1 if cyclic else ID + 1
        if file is None or file.cyclic != cyclic or not least <= length <= file.longest:
            raise ValueError(f"nothing like that is in a file {sfi:02X}")
    if not all(sfi in kinds and kinds[sfi].cyclic for sfi in keys):
        raise ValueError("a key of no cyclic file")
    if any(len(slot) != HOLD.sizeof() for slot in counters.holds):
        raise ValueError("a hold of another length")
    if len(counters.proof) not in (0, PROOF):
        raise ValueError("a proof of another length")


def record_content(record_id: bytes, rest: bytes, size: int) -> bytes:
    """A whole record of `size` bytes, zeros behind what `rest` brings for after the length byte."""
    content: bytes = RECORD.build({"id": record_id, "rest": rest.ljust(size - ID - 1, b"\x00")})
    return content


def records(counters: Counters) -> list[Record]:
    """All records; a position in this list stays that of its record."""
    found = map(STORED_RECORD.parse, counters.industry_records)
    return [Record(one.sfi, one.key, one.content) for one in found]


def positions(counters: Counters, name: Name) -> Iterator[int]:
    """Where the records of this name are, oldest first."""
    for position, record in enumerate(records(counters)):
        if record.name == name:
            yield position


def used(counters: Counters, file: IndustryFile) -> int:
    """How much of its room a file has filled."""
    if file.cyclic:
        return len(slots(counters, file.sfi))
    return sum(len(record.content) for record in records(counters) if record.sfi == file.sfi)


def with_content(counters: Counters, position: int, content: bytes) -> Counters:
    """The record there with new content."""
    all_records = list(counters.industry_records)
    old = records(counters)[position]
    all_records[position] = _stored(dataclasses.replace(old, content=content))
    return dataclasses.replace(counters, industry_records=tuple(all_records))


def with_record(counters: Counters, record: Record) -> Counters:
    """One more record."""
    return dataclasses.replace(
        counters, industry_records=(*counters.industry_records, _stored(record))
    )


def _stored(record: Record) -> bytes:
    stored: bytes = STORED_RECORD.build(
        {"sfi": record.sfi, "key": record.key, "content": record.content}
    )
    return stored


def slots(counters: Counters, sfi: int) -> list[bytes]:
    """The slots of a cyclic file, newest first."""
    found = map(STORED_SLOT.parse, counters.industry_slots)
    return [one.content for one in found if one.sfi == sfi]


def with_slot(counters: Counters, file: IndustryFile, content: bytes) -> Counters:
    """A new slot, filled up with zeros; the oldest one of a full file makes room for it."""
    newest = STORED_SLOT.build({"sfi": file.sfi, "content": content.ljust(file.longest, b"\x00")})
    own = [one for one in counters.industry_slots if one[0] == file.sfi]
    others = [one for one in counters.industry_slots if one[0] != file.sfi]
    kept = [newest, *own][: file.room]
    return dataclasses.replace(counters, industry_slots=(*kept, *others))


def slot_key(counters: Counters, sfi: int) -> bytes | None:
    """The key of a cyclic file, None before it was opened."""
    found = map(STORED_KEY.parse, counters.industry_keys)
    return next((one.key for one in found if one.sfi == sfi), None)


def with_slot_key(counters: Counters, sfi: int, key: bytes) -> Counters:
    """A cyclic file opened."""
    stored = STORED_KEY.build({"sfi": sfi, "key": key})
    return dataclasses.replace(counters, industry_keys=(*counters.industry_keys, stored))


def holds(counters: Counters) -> dict[Name, int]:
    """The open holds: for which records, and how much."""
    found = map(HOLD.parse, counters.holds)
    return {(one.sfi, one.id): int(one.amount.hex()) for one in found}


def held(counters: Counters) -> int:
    """The sum of the open holds."""
    return sum(holds(counters).values())


def with_hold(counters: Counters, name: Name, amount: int) -> Counters:
    """One more open hold."""
    slot = HOLD.build({"sfi": name[0], "id": name[1], "amount": bytes.fromhex(f"{amount:012}")})
    return dataclasses.replace(counters, holds=(*counters.holds, slot))


def without_hold(counters: Counters, name: Name) -> Counters:
    """The hold of this name closed."""
    kept = tuple(slot for slot in counters.holds if (slot[0], slot[1 : 1 + ID]) != name)
    return dataclasses.replace(counters, holds=kept)
