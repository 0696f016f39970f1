"""Records of taps whose end is not known (TT-010, TT-017), kept durably by the caller.

A record is what the kernel's STORE step brings: opaque, 512 bytes. It is kept before the last READ
RECORD of an offline approval and dropped once the tap is approved. What stays is doubtful: the card
may have paid. `Terminal.tap(..., torn=records.newest())` brings the tap to its end; what never
comes back is uploaded as doubtful and then removed. Whoever writes approvals into books of his own
gives the tap `HeldBack(records)` and drops afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tapkern.data.files import remove_leftovers, write_whole
from tapkern.errors import UsageError

RECORD = 512
"""Bytes of a record (TAPK_RECORD_SIZE). It holds a card number: the file is for its owner alone."""


class TornRecords:
    """A store for `Terminal.tap(store=...)`, in memory or in a file; the newest record is the last.

    path: a file of whole records, written in one step; None keeps them as long as the object. It
    belongs to one program: when another one has written it, nothing more is kept.
    most: how many doubtful records may wait; a further one is refused, and with it the payment.
    Errors: UsageError when the file is none of ours, or cannot be read.
    """

    def __init__(self, path: str | Path | None = None, *, most: int = 100) -> None:
        if most < 1:
            raise UsageError(f"room for {most} records is none")
        self._path = None if path is None else Path(path)
        self._most = most
        self._records: tuple[bytes, ...] = ()
        if self._path is not None:
            remove_leftovers(self._path)
            if self._path.exists():
                self._records = _split(self._path)

    def __call__(self, record: bytes | None) -> bool:
        """Keeps a record, or drops the newest one (None). False: it could not."""
        if record is None:
            return self._write(self._records[:-1])
        if len(record) != RECORD or len(self._records) >= self._most:
            return False
        return self._write((*self._records, record))

    def newest(self) -> bytes | None:
        """The record that was kept last, None when there is none."""
        return self._records[-1] if self._records else None

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def remove(self, record: bytes) -> None:
        """Forgets a record, for example once it was uploaded. Errors: UsageError, OSError."""
        if record not in self._records:
            raise UsageError("there is no such torn record")
        at = self._records.index(record)
        if not self._write(self._records[:at] + self._records[at + 1 :]):
            raise OSError(f"cannot write {self._path}")

    def _write(self, records: tuple[bytes, ...]) -> bool:
        if self._path is not None:
            try:
                if not self._still_ours(self._path):
                    return False
                write_whole(self._path, b"".join(records))
            except OSError:
                return False
        self._records = records
        return True

    def _still_ours(self, path: Path) -> bool:
        """Whether the file is as it was written, or gone: what another program has kept there is
        not written over."""
        try:
            return path.read_bytes() == b"".join(self._records)
        except FileNotFoundError:
            return True


class HeldBack:
    """A store for one tap that drops a record only when it is told to: a program that ends between
    the approval and its own books leaves the record or the books, never neither."""

    def __init__(self, torn: TornRecords) -> None:
        self._torn = torn
        self._waits = False

    def __call__(self, record: bytes | None) -> bool:
        """Keeps a record now; a drop waits for the next call."""
        if self._waits and not self.drop():
            return False
        if record is not None:
            return self._torn(record)
        self._waits = True
        return True

    def drop(self) -> bool:
        """Carries out the drop that waits. False: the record stays, and counts as doubtful."""
        dropped = not self._waits or self._torn(None)
        self._waits = False
        return dropped


def _split(path: Path) -> tuple[bytes, ...]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the torn records: {error.strerror}", str(path)) from None
    if len(data) % RECORD or any(data[at : at + 2] != b"TT" for at in range(0, len(data), RECORD)):
        raise UsageError(
            "this is no file of torn records", str(path), "name the file that an earlier tap wrote"
        )
    return tuple(data[at : at + RECORD] for at in range(0, len(data), RECORD))
