"""Cards whose deferred authorisation was declined, on this gate (TR-007)."""

from __future__ import annotations

import os
from pathlib import Path

from tapkern.data.files import sync_folder, write_all
from tapkern.errors import UsageError
from tapkern.transit.rider import card_hash

_LENGTH = 64


class LocalDenyList:
    """A growing file of keyed card hashes, one a line; no card number is in it (TK-034).

    add returns when the line is on disk. A line that was cut off by a loss of power was never
    acknowledged and is dropped; anything else that does not fit is an error, never an open gate.
    """

    def __init__(self, path: str | Path, key: bytes) -> None:
        self._path = Path(path)
        self._key = key
        card_hash(key, "0")  # the key can be used
        self._hashes = self._read()

    def lookup(self, pan: str, psn: int | None = None) -> bool:
        """Whether the card is listed. For Terminal.tap(lookup=...)."""
        return card_hash(self._key, pan) in self._hashes

    def add(self, pan: str) -> None:
        """Lists a card. Errors: OSError when it cannot be kept."""
        line = card_hash(self._key, pan)
        if line in self._hashes:
            return
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            end = len(self._hashes) * (_LENGTH + 1)
            whole = os.fstat(handle).st_size >= end  # else it was cut or is a new one
            os.lseek(handle, end if whole else 0, os.SEEK_SET)
            lines = [line] if whole else [*self._hashes, line]
            write_all(handle, "".join(f"{one}\n" for one in lines).encode("ascii"))
            os.fsync(handle)
        finally:
            os.close(handle)
        if not whole or not end:
            sync_folder(self._path.parent)
        self._hashes.add(line)

    def __len__(self) -> int:
        return len(self._hashes)

    def _read(self) -> set[str]:
        if not self._path.exists():
            return set()
        lines = self._path.read_bytes().split(b"\n")[:-1]
        found = {line.decode("ascii", errors="replace") for line in lines}
        if len(found) != len(lines) or any(not _is_hash(line) for line in found):
            raise UsageError("this is no list of a gate", str(self._path))
        return found


def _is_hash(line: str) -> bool:
    return len(line) == _LENGTH and set(line) <= set("0123456789abcdef")
