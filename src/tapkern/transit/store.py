"""Rides that wait for the host, durably and tamper evident (TK-032, TK-036).

An SQLite file. Each row has a MAC over the one before it, its number, its identity and its record;
the last one and the count stand in a head with a MAC of its own. What the key does not cover is the
file as a whole: an older copy of it is as sound as this one.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path

from tapkern.errors import UsageError
from tapkern.transit.record import FareRecord
from tapkern.transit.rider import keyed

Seconds = Callable[[], float]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS ride (number INTEGER PRIMARY KEY, identity BLOB NOT NULL UNIQUE,
    kept_at INTEGER NOT NULL, digest BLOB NOT NULL, mac BLOB NOT NULL, record TEXT,
    settled TEXT, proof BLOB);
CREATE TABLE IF NOT EXISTS head (one INTEGER PRIMARY KEY CHECK (one = 1), first INTEGER NOT NULL,
    base BLOB NOT NULL, last INTEGER NOT NULL, tip BLOB NOT NULL, mac BLOB NOT NULL);
"""
_START = bytes(32)


class Kept(StrEnum):
    """What became of a record."""

    KEPT = "kept"
    DUPLICATE = "already_recorded"
    FULL = "store_full"


class FareStore:
    """A store of fare records in a file, for one gate.

    key: at least 16 bytes. most: records that may wait; age_s: seconds that the oldest of them may
    wait. Beyond either nothing more is kept (TK-032), nor when the clock has gone back by as much.
    clock: seconds since 1970. The file holds
    card numbers until they are settled: mode 0600. Errors: UsageError when the file is none of ours
    or was changed; OSError, of every method, when the disk cannot be read or takes no more.
    """

    def __init__(
        self,
        path: str | Path,
        key: bytes,
        *,
        most: int = 10_000,
        age_s: int = 3 * 86_400,
        clock: Seconds = time.time,
    ) -> None:
        if most < 1 or age_s < 1:
            raise UsageError("a store needs room for one record and one second")
        self._key, self._most, self._age_s, self._clock = key, most, age_s, clock
        self._path = Path(path)
        keyed(key, "")
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        with self._on_disk():
            self._base = sqlite3.connect(self._path, isolation_level=None)
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = FULL")
            self._base.executescript(_SCHEMA)
            if self._base.execute("SELECT count(*) FROM head").fetchone()[0] == 0:
                self._begin_head()
        self.verify()

    @contextmanager
    def _on_disk(self) -> Iterator[None]:
        """Whatever ends this early leaves no transaction open. What SQLite says of disk and locks
        is an OSError, what it says of the content a UsageError."""
        try:
            yield
        except BaseException as error:
            with suppress(sqlite3.Error, AttributeError):
                if self._base.in_transaction:
                    self._base.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise OSError(errno.EIO, str(error), str(self._path)) from None
            if isinstance(error, sqlite3.DatabaseError):
                raise UsageError("this is no store of a gate", str(self._path)) from None
            raise

    def close(self) -> None:
        """Closes the file."""
        self._base.close()

    def room(self) -> Kept:
        """KEPT when a further record would be kept, else FULL: too many wait, or one too long."""
        with self._on_disk():
            count, oldest = self._base.execute(
                "SELECT count(*), min(kept_at) FROM ride WHERE settled IS NULL"
            ).fetchone()
        late = oldest is not None and abs(self._clock() - oldest) > self._age_s
        return Kept.FULL if late or count >= self._most else Kept.KEPT

    def add(self, record: FareRecord) -> Kept:
        """Keeps a record; it is on disk when this returns KEPT. Errors: OSError."""
        identity = self._mac("ride", record.pan, str(record.psn), str(record.atc))
        text = record.to_text()
        with self._on_disk():
            self._base.execute("BEGIN IMMEDIATE")
            found = self._add(identity, text)
            self._base.execute("COMMIT")
        return found

    def _add(self, identity: bytes, text: str) -> Kept:
        same = self._base.execute("SELECT 1 FROM ride WHERE identity = ?", (identity,)).fetchone()
        if same is not None:
            return Kept.DUPLICATE  # TK-036
        if self.room() is Kept.FULL:
            return Kept.FULL
        first, base, last, tip = self._head()
        kept_at = int(self._clock())
        digest = hashlib.sha256(text.encode("ascii")).digest()
        mac = self._link(tip, last + 1, identity, kept_at, digest)
        self._base.execute(
            "INSERT INTO ride VALUES (?, ?, ?, ?, ?, ?, NULL, NULL)",
            (last + 1, identity, kept_at, digest, mac, text),
        )
        self._put_head(first, base, last + 1, mac)
        return Kept.KEPT

    def waiting(self) -> Iterator[tuple[int, FareRecord]]:
        """What is still to be authorised or uploaded, oldest first, with its number."""
        with self._on_disk():
            rows = self._base.execute(
                "SELECT number, record FROM ride WHERE settled IS NULL ORDER BY number"
            ).fetchall()
        for number, text in rows:
            yield number, FareRecord.from_text(text)

    def ride(self, number: int) -> FareRecord | None:
        """The record of this number, None when none waits under it."""
        with self._on_disk():
            row = self._base.execute(
                "SELECT record FROM ride WHERE number = ? AND settled IS NULL", (number,)
            ).fetchone()
        return None if row is None else FareRecord.from_text(row[0])

    def settle(self, number: int, word: str) -> None:
        """Ends the waiting of a record, and forgets it but for its identity (TK-036).

        word: how it ended, for example the response code. Errors: UsageError, OSError.
        """
        with self._on_disk():
            row = self._base.execute(
                "SELECT mac FROM ride WHERE number = ? AND settled IS NULL", (number,)
            ).fetchone()
            if row is None:
                raise UsageError(f"no record {number} waits here")
            proof = self._mac("settled", str(number), word, row[0].hex())
            self._base.execute(
                "UPDATE ride SET record = NULL, settled = ?, proof = ? WHERE number = ?",
                (word, proof, number),
            )

    def forget(self, before: float) -> int:
        """Drops settled records kept before this time (seconds since 1970), oldest first, up to the
        first that still waits; returns how many. A card is then no longer known by them."""
        with self._on_disk():
            self._base.execute("BEGIN IMMEDIATE")
            first, base, last, tip = self._head()
            rows = self._base.execute(
                "SELECT number, mac, settled, kept_at FROM ride ORDER BY number"
            ).fetchall()
            end = first
            for number, mac, settled, kept_at in rows:
                if settled is None or kept_at >= before:
                    break
                end, base = number + 1, mac
            self._base.execute("DELETE FROM ride WHERE number < ?", (end,))
            self._put_head(end, base, last, tip)
            self._base.execute("COMMIT")
        return int(end - first)

    def verify(self) -> None:
        """Walks the chain. Errors: UsageError, with the record that was changed."""
        with self._on_disk():
            first, mac, last, tip = self._head()
            number = first - 1
            for row in self._base.execute("SELECT * FROM ride ORDER BY number"):
                number += 1
                mac = self._checked(row, number, mac)
        if (number, mac) != (last, tip):
            raise UsageError("the store was changed: records are missing", str(self._path))

    def _checked(self, row: tuple[object, ...], expected: int, before: bytes) -> bytes:
        number, identity, kept_at, digest, mac, text, settled, proof = row
        where = f"{self._path}: record {expected}"
        if not (
            isinstance(identity, bytes) and isinstance(digest, bytes) and isinstance(kept_at, int)
            and isinstance(mac, bytes)
        ):  # fmt: skip
            raise UsageError("the store was changed", where)
        good = number == expected and hmac.compare_digest(
            mac, self._link(before, expected, identity, kept_at, digest)
        )
        if settled is None:
            good = good and isinstance(text, str) and _sha256(text) == digest
        else:
            proven = self._mac("settled", str(number), str(settled), mac.hex())
            good = good and text is None and proof == proven
        if not good:
            raise UsageError("the store was changed", where)
        return mac

    def _link(self, tip: bytes, number: int, identity: bytes, kept_at: int, digest: bytes) -> bytes:
        parts = (tip.hex(), str(number), identity.hex(), str(kept_at), digest.hex())
        return self._mac("link", *parts)

    def _mac(self, *parts: str) -> bytes:
        return keyed(self._key, *parts)

    def _begin_head(self) -> None:
        if self._base.execute("SELECT count(*) FROM ride").fetchone()[0]:
            raise UsageError("the store was changed: its head is missing", str(self._path))
        self._put_head(1, _START, 0, _START)

    def _put_head(self, first: int, base: bytes, last: int, tip: bytes) -> None:
        mac = self._head_mac(first, base, last, tip)
        self._base.execute(
            "INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?, ?, ?)", (first, base, last, tip, mac)
        )

    def _head(self) -> tuple[int, bytes, int, bytes]:
        first, base, last, tip, mac = self._base.execute(
            "SELECT first, base, last, tip, mac FROM head"
        ).fetchone()
        if not hmac.compare_digest(mac, self._head_mac(first, base, last, tip)):
            raise UsageError("the store was changed, or has another key", str(self._path))
        return first, base, last, tip

    def _head_mac(self, first: int, base: bytes, last: int, tip: bytes) -> bytes:
        return self._mac("head", str(first), base.hex(), str(last), tip.hex())


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8")).digest()
