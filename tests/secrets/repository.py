"""Every file of the repository, looked through for card numbers and private keys.

A number is synthetic, or on the list of published test data in numbers.toml, or a finding; so is
a private key outside of the files that are listed there. Certificates are opened with every CA
key and every issuer key that the repository holds.
"""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.secrets.certificates import ROOT, Opener
from tests.secrets.numbers import Hit, find

LIST = Path(__file__).with_name("numbers.toml")
_MADE = {".git", ".venv", "build", "dist", "__pycache__", ".hypothesis", "node_modules"}
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE " + "KEY-----")
_MEMBER = re.compile(
    r"(?:^|[\"'{,\s])(?:p|q|d|dp|dq|primes|private[a-z_]*)[\"']?\s*[:=]\s*\[?\s*[\"']?(?:0x)?[0-9A-F]{48,}",
    re.I | re.M,
)
_DATA = {".toml", ".json", ".jsonl", ".csv", ".pem", ".key", ".yaml", ".yml", ".txt", ".ini"}


@dataclass
class Allowed:
    """What numbers.toml allows, and which of it was needed."""

    document: dict[str, list[dict[str, str]]]
    needed: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, path: Path = LIST) -> Allowed:
        """The list; an entry without a reason is an error (KeyError)."""
        document: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        for entry in (entry for entries in document.values() for entry in entries):
            if not entry["why"].strip():
                raise KeyError("why")
        return cls(document)

    def number(self, number: str) -> bool:
        """A number that may stand here."""
        for entry in self.document.get("synthetic", ()):
            if number.startswith(entry["digits"]):
                self.needed.add(entry["digits"])
                return True
        for entry in self.document.get("published", ()):
            # In running digits the end of a number is not seen.
            if number.startswith(entry["number"]):
                self.needed.add(entry["number"])
                return True
        return False

    def key(self, file: str) -> bool:
        """A file that may hold private keys."""
        listed = any(entry["file"] == file for entry in self.document.get("keys", ()))
        if listed:
            self.needed.add(file)
        return listed

    def unneeded(self) -> list[str]:
        """Entries that nothing needed."""
        entries = (entry for entries in self.document.values() for entry in entries)
        names = (e.get("digits") or e.get("number") or e["file"] for e in entries)
        return [name for name in names if name not in self.needed]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that may not stand in a file."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


def files(root: Path = ROOT) -> list[str]:
    """Files that are tracked or would be; without git all but what is made."""
    listing = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-zco", "--exclude-standard"],
        capture_output=True,
        check=False,
    )
    if listing.returncode == 0:
        names = {os.fsdecode(name) for name in listing.stdout.split(b"\0") if name}
    else:
        names = {
            str(path.relative_to(root))
            for path in root.rglob("*")
            if not _MADE & set(path.relative_to(root).parts)
        }
    return sorted(
        name for name in names if (root / name).is_file() and not (root / name).is_symlink()
    )


def text_of(data: bytes) -> str:
    """A file as text; what is none stands there a second time as hexadecimal."""
    text = data.decode("latin-1")
    return text + "\n" + data.hex() if "\0" in text else text


def scan(name: str, text: str, opener: Opener, allowed: Allowed) -> Iterator[Finding]:
    """What may not stand in one file. The number is masked, as everywhere."""
    opener.learn_issuers(text)
    hits = list(find(text))
    hits += [Hit(number, "certificate", at) for number, at in opener.find(text)]
    seen = set()
    for hit in hits:
        if not allowed.number(hit.number) and hit.number not in seen:
            seen.add(hit.number)
            what = f"card number {hit.masked} ({hit.form}), neither synthetic nor listed"
            yield Finding(name, text.count("\n", 0, hit.at) + 1, what)
    key = _PEM.search(text) or (_MEMBER.search(text) if Path(name).suffix in _DATA else None)
    if key is not None and not allowed.key(name):
        line = text.count("\n", 0, key.start()) + 1
        yield Finding(name, line, "a private key outside of the listed files")


def scan_all(root: Path = ROOT) -> tuple[int, list[Finding]]:
    """How many files were read, and what may not stand in them."""
    opener, allowed = Opener(), Allowed.read()
    found: list[Finding] = []
    names = files(root)
    own = str(LIST.relative_to(ROOT))
    for name in names:
        if name != own:
            found += scan(name, text_of((root / name).read_bytes()), opener, allowed)
    for name in allowed.unneeded():
        found.append(Finding(own, 1, f"nothing needs the entry {name}"))
    return len(names), found
