"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from contextlib import suppress
from pathlib import Path

SECRET = 0o600
_NOT_THERE = (errno.EINVAL, errno.ENOTSUP)  # what a file system says that cannot sync a folder


def write_whole(path: Path, content: str | bytes, mode: int = SECRET) -> None:
    """Write a file in one step: temporary file in the same folder, fsync, rename, fsync of the
    folder. When it returns, the file outlives a loss of power.

    Text is UTF-8. Raises OSError, with the file as it was; where only the folder could not be
    synchronised, it may be the new one.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)  # somebody still writes it: see remove_leftovers
            write_all(handle, data)
            os.fchmod(handle, mode)
            os.fsync(handle)
            os.replace(name, path)
        finally:
            os.close(handle)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    sync_folder(path.parent)


def write_report(path: Path, content: str | bytes) -> None:
    """Write what everybody may read: whole or not at all, and to a pipe or device as it comes.
    Errors: OSError."""
    if path.exists() and not path.is_file():
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    else:
        write_whole(path, content, usual_mode(path))


def usual_mode(path: Path) -> int:
    """The mode of the file that is there, else what a new file gets."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_all(handle: int, data: bytes) -> None:
    """Write all bytes to a file descriptor, however few it takes at a time. Errors: OSError."""
    while data:
        data = data[os.write(handle, data) :]


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk. Errors: OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NOT_THERE:
            raise
    finally:
        os.close(handle)


def remove_leftovers(path: Path) -> None:
    """Remove what killed programs have left of this file beside it: it may hold card numbers.

    A file that somebody still writes stays.
    """
    with suppress(OSError):
        for found in path.parent.glob(f".{_plain(path.name)}.????????"):
            with suppress(OSError), open(found, "rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(found)


def _plain(name: str) -> str:
    """A name as a pattern that fits it alone."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
