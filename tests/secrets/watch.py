"""What a test run puts out, looked through as it comes: card numbers, track 2, certificates.

A `Watch` belongs to one process of the run. It is told which test runs and what that test may put
out (`pytest.mark.unmasked`), is given every output, and keeps findings, counts and which of the
exemptions were needed. Findings never show a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.secrets import holders
from tests.secrets.certificates import Opener
from tests.secrets.numbers import find, find_in_page
from tests.secrets.repository import text_of

CHANNELS = ("output", "log", "warning", "error", "repr", "file")
_LONG = re.compile(r"[0-9]{8,}|[0-9A-Fa-f]{24,}")
_AROUND = 40
_CACHED = 20_000


@dataclass(frozen=True, slots=True)
class Exemption:
    """What a mark lets a test put out, on which channel, and where (the end of a file's name, "" is
    everywhere). key: the node that has the mark.
    """

    key: str
    channel: str
    where: str = ""


@dataclass
class Watch:
    """Findings and counts of one process."""

    findings: dict[str, None] = field(default_factory=dict)
    outputs: int = 0
    files: int = 0
    needed: set[str] = field(default_factory=set)
    """Keys of exemptions and names of kinds of files that something needed."""
    offered: set[str] = field(default_factory=set)
    """Keys of exemptions of tests that ran."""
    test: str = ""
    exemptions: tuple[Exemption, ...] = ()
    _opener: Opener = field(default_factory=Opener)
    _clean: set[int] = field(default_factory=set)

    def begin(self, test: str, exemptions: tuple[Exemption, ...]) -> None:
        """A test begins; until the next one, outputs are its own."""
        self.test, self.exemptions = test, exemptions
        self.offered.update(one.key for one in exemptions)

    def see(self, channel: str, text: str, where: str = "") -> None:
        """One output. where: the file, the class, the stream."""
        if channel == "file":
            self.files += 1
        else:
            self.outputs += 1
        if len(text) < 13:
            return
        key = hash(text)
        if key in self._clean:
            return
        for what, at in self._secrets(text):
            if not self._exempt(channel, where):
                self._note(channel, where, what, text, at)
            return
        if len(self._clean) < _CACHED:
            self._clean.add(key)

    def see_file(self, data: bytes, where: str) -> None:
        """A file; of one that holds numbers by design, what must hold none."""
        rest, kind = holders.without(data)
        if kind is not None and next(self._secrets(text_of(data)), None) is not None:
            self.needed.add(kind)
        self.see("file", text_of(rest), where)

    def _secrets(self, text: str) -> Iterator[tuple[str, int]]:
        for hit in find(text):
            yield f"{hit.masked} ({hit.form})", hit.at
        for hit in find_in_page(text):
            yield f"{hit.masked} ({hit.form}, in pieces)", 0
        for number, at in self._opener.find(text):
            yield f"{number[:6]}... (certificate)", at

    def _exempt(self, channel: str, where: str) -> bool:
        for one in self.exemptions:
            if one.channel == channel and where.endswith(one.where):
                self.needed.add(one.key)
                return True
        return False

    def _note(self, channel: str, where: str, what: str, text: str, at: int) -> None:
        around = text[max(0, at - _AROUND) : at + _AROUND].replace("\n", " ")
        around = _LONG.sub(lambda match: match[0][:6] + "*" * (len(match[0]) - 6), around)
        test = _LONG.sub("*", self.test)
        line = f"{test}: {channel} {where}: {what}: ...{around}..."
        self.findings.setdefault(line)

    def unneeded(self, kinds: Iterable[str]) -> list[str]:
        """Exemptions and kinds of files that nothing needed."""
        return sorted((self.offered | set(kinds)) - self.needed)

    def result(self) -> dict[str, Any]:
        """What the main process needs of this one."""
        return {
            "findings": list(self.findings),
            "outputs": self.outputs,
            "files": self.files,
            "needed": sorted(self.needed),
            "offered": sorted(self.offered),
        }

    def take(self, result: dict[str, Any]) -> None:
        """Adds the result of another process."""
        self.findings |= dict.fromkeys(result["findings"])
        self.outputs += result["outputs"]
        self.files += result["files"]
        self.needed |= set(result["needed"])
        self.offered |= set(result["offered"])
