"""Deny lists of any size: a sorted file that is searched where it lies (TK-031, TK-040, TK-042).

Layout, big endian: header (HEADER bytes), then exact numbers, then prefixes; records of one size,
sorted, each once. A record is the number (10 bytes, packed digits filled with F; in a hashed list
the first 16 bytes of an HMAC-SHA-256) and the sequence number (1 byte, FF: every one). A lookup is
a bisection, about 25 steps for ten million entries.
"""

from __future__ import annotations

import datetime
import hashlib
import heapq
import hmac
import os
import re
import struct
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType

from tapkern.errors import UsageError
from tapkern.transit.rider import keyed

MAGIC = b"TKDENY01"
_FORM = struct.Struct(">8s8s16sQQIB11x32s")  # magic, day, version, counts, lengths, hashed, check
HEADER = _FORM.size
ANY = 0xFF
"""Sequence number of an entry that stands for every card of its number."""
CHUNK = 1_000_000
_ENTRY = re.compile(r"([0-9]{1,19})(\*?)\s*(?:[,;]\s*([0-9]{1,2})?\s*)?")
_PLAIN, _HASHED = 10, 16


def _packed(digits: str) -> bytes:
    return bytes.fromhex(digits.ljust(20, "F"))


def _hashed(key: bytes, digits: str) -> bytes:
    return keyed(key, "deny", digits)[:_HASHED]


def read_entries(lines: Iterable[str], where: str = "") -> Iterator[tuple[str, bool, int]]:
    """(digits, whether it is a prefix, PSN or ANY) of lines `NUMBER`, `NUMBER,PSN` and `PREFIX*`.

    Empty lines and those that begin with # do not count, nor does a first line of column names.
    Errors: UsageError with the line; the number is not repeated.
    """
    for at, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#") or (at == 1 and text[0].isalpha()):
            continue
        found = _ENTRY.fullmatch(text)
        if found is None or (not found[2] and len(found[1]) < 8) or (found[2] and found[3]):
            what = "an entry is 8 to 19 digits with perhaps a sequence number, or a prefix and *"
            raise UsageError(what, f"{where}:{at}")
        psn = ANY if found[3] is None else int(found[3].rjust(2, "0"), 16)
        yield found[1], bool(found[2]), psn


def build(
    source: Path,
    target: Path,
    *,
    version: str,
    day: datetime.date,
    key: bytes | None = None,
    chunk: int = CHUNK,
) -> int:
    """Makes a list from a text or CSV file, in one step on disk; returns the number of entries.

    version: up to 16 ASCII characters; day: of the list (TK-040). key: makes a hashed list, which
    cannot have prefixes. chunk: entries sorted in memory at a time. Errors: UsageError, OSError.
    """
    if not version.isascii() or not 1 <= len(version) <= 16 or not version.isprintable():
        raise UsageError("a version has 1 to 16 ASCII characters")
    prefixes: set[bytes] = set()
    lengths = 0

    def exact() -> Iterator[bytes]:
        nonlocal lengths
        with open(source, encoding="ascii", errors="replace") as lines:
            for digits, is_prefix, psn in read_entries(lines, str(source)):
                if not is_prefix:
                    yield (_hashed(key, digits) if key else _packed(digits)) + bytes((psn,))
                elif key:
                    raise UsageError("a hashed list cannot have prefixes", str(source))
                else:
                    prefixes.add(_packed(digits) + bytes((ANY,)))
                    lengths |= 1 << len(digits)

    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        made = Path(folder) / "list"
        with open(made, "wb") as out:
            out.write(bytes(HEADER))
            count = _write_sorted(exact(), out, Path(folder), chunk, _HASHED if key else _PLAIN)
            out.writelines(sorted(prefixes))
            head = (MAGIC, f"{day:%Y%m%d}".encode(), version.encode(), count, len(prefixes))
            check = _check(head, lengths, key)
            out.seek(0)
            out.write(_FORM.pack(*head, lengths, int(key is not None), check))
            out.flush()
            os.fsync(out.fileno())
        os.replace(made, target)
    return count + len(prefixes)


def _check(head: tuple[bytes, bytes, bytes, int, int], lengths: int, key: bytes | None) -> bytes:
    """Of the header; keyed in a hashed list, so that another key is told from "not listed"."""
    data = _FORM.pack(*head, lengths, int(key is not None), bytes(32))
    return hmac.digest(key, data, "sha256") if key else hashlib.sha256(data).digest()


def _write_sorted(records: Iterator[bytes], out: object, folder: Path, chunk: int, n: int) -> int:
    """Sorts by chunks that are merged from files; writes each record once."""
    parts: list[Path] = []
    merged: Iterable[bytes] = ()
    while part := sorted(islice(records, chunk)):
        if len(part) < chunk and not parts:
            merged = part
            break
        parts.append(folder / str(len(parts)))
        parts[-1].write_bytes(b"".join(part))
    if parts:
        merged = heapq.merge(*(_blocks(path, n + 1) for path in parts))
    count, last = 0, b""
    write = out.write  # type: ignore[attr-defined]
    for record in merged:
        if record != last:
            write(record)
            count, last = count + 1, record
    return count


def _blocks(path: Path, size: int) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while block := file.read(size * 4096):
            for at in range(0, len(block), size):
                yield block[at : at + size]


class DenyList:
    """A list on disk, open for lookups; give `lookup` to Terminal.tap.

    key: of a hashed list. days: how long a list counts; one that is older, and one from a day to
    come, answers nothing, and the kernel refuses the card (TK-042). To update it put a new file in
    its place and open that; a file that is written into or cut answers nothing any more. Errors:
    UsageError when the file is missing, damaged, or has another key.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        key: bytes | None = None,
        days: int = 7,
        today: Callable[[], datetime.date] = datetime.date.today,
    ) -> None:
        self.path = Path(path)
        self._key, self._days, self._today = key, days, today
        try:
            self._file = os.open(self.path, os.O_RDONLY)
        except OSError as error:
            raise UsageError(f"no deny list: {error.strerror}", str(path)) from None
        self._release = weakref.finalize(self, os.close, self._file)
        try:
            self._open(str(path), key)
        except BaseException:
            self.close()
            raise

    def _open(self, path: str, key: bytes | None) -> None:
        self._seen = self._stamp()
        try:
            head = os.pread(self._file, HEADER, 0)
        except OSError as error:
            raise UsageError(f"no deny list: {error.strerror}", path) from None
        if len(head) < HEADER or head[:8] != MAGIC:
            raise UsageError("this is no deny list", path, "tapkern denylist build")
        *values, lengths, hashed, check = _FORM.unpack(head)
        _, day, version, self.exact, self.prefixes = values
        self._n = (_HASHED if hashed else _PLAIN) + 1
        whole = HEADER + self._n * (self.exact + self.prefixes)
        if bool(hashed) != (key is not None):
            hint = "give the key of the list" if hashed else "it is not hashed: give no key"
            raise UsageError("the deny list does not fit its key", path, hint)
        fits = _check((_, day, version, self.exact, self.prefixes), lengths, key)
        if self._seen[0] != whole or not hmac.compare_digest(check, fits):
            hint = "the file is damaged, or has another key"
            raise UsageError("the deny list cannot be used", path, hint)
        self.version = version.rstrip(b"\0").decode("ascii")
        self.day = datetime.datetime.strptime(day.decode("ascii"), "%Y%m%d").date()
        self._lengths = [n for n in range(1, 20) if lengths >> n & 1]

    def __len__(self) -> int:
        return int(self.exact + self.prefixes)

    def find(self, pan: str, psn: int | None = None) -> bool:
        """Whether the number is listed, whatever the day: PSN or every one, or by a prefix.

        Errors: UsageError when the file is no longer what was opened; OSError.
        """
        found = self._find(pan, psn)
        if self._stamp() != self._seen:
            hint = "build puts a new one in its place; open that"
            raise UsageError("the deny list was written into", str(self.path), hint)
        return found

    def _stamp(self) -> tuple[int, int]:
        """Size and time of the last change of the file that is open."""
        status = os.fstat(self._file)
        return status.st_size, status.st_mtime_ns

    def _find(self, pan: str, psn: int | None) -> bool:
        number = _hashed(self._key, pan) if self._key else _packed(pan)
        if self._has(number, 0, self.exact, psn):
            return True
        end = self.exact + self.prefixes
        return any(
            self._has(_packed(pan[:n]), self.exact, end, None)
            for n in self._lengths
            if n <= len(pan)
        )

    def lookup(self, pan: str, psn: int | None = None) -> bool | None:
        """The same for Terminal.tap(lookup=...); None when the list is not of these days, or is
        no longer what was opened."""
        age = (self._today() - self.day).days
        if not 0 <= age <= self._days:
            return None
        try:
            return self.find(pan, psn)
        except (UsageError, OSError):
            return None

    def _has(self, number: bytes, low: int, high: int, psn: int | None) -> bool:
        """Bisection for the first record of a number, then its few sequence numbers."""
        end = high
        while low < high:
            middle = (low + high) // 2
            if self._record(middle)[:-1] < number:
                low = middle + 1
            else:
                high = middle
        wanted = (ANY,) if psn is None else (ANY, int(f"{psn:02d}", 16))
        for record in range(low, end):
            found = self._record(record)
            if found[:-1] != number:
                return False
            if psn is None or found[-1] in wanted:
                return True
        return False

    def _record(self, at: int) -> bytes:
        """Not through a mapping: a file that is cut would end the program (SIGBUS)."""
        found = os.pread(self._file, self._n, HEADER + at * self._n)
        return found.ljust(self._n, b"\0")

    def close(self) -> None:
        """Gives the file back; may be called twice. Then there is no answer any more."""
        self._release()
        self._file = -1  # the number may be another file's

    def __enter__(self) -> DenyList:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
