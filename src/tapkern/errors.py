"""Errors of tapkern.

Every error says what is wrong, where, and what to do about it, and knows its exit code: 1 the card,
the data or a case failed; 2 the call or a file of ours is wrong; 3 no reader or reader lost.
Verdicts about a card are never errors: they are an Outcome.
"""

from __future__ import annotations

from typing import ClassVar


class TapkernError(Exception):
    """Base of all errors: what is wrong, where (file:line, offset, reader name), a hint."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def to_json(self) -> dict[str, str]:
        """What `--json` tells of it."""
        return {"what": self.what, "where": self.where, "hint": self.hint}

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}; {self.hint}" if self.hint else text


class UsageError(TapkernError):
    """The call, its arguments or a file of ours is wrong."""

    exit_code = 2


class ReaderError(TapkernError):
    """There is no such reader, or it was lost. After a tap had begun, `tap` holds it."""

    exit_code = 3
    tap: object | None = None


class CardLost(TapkernError):
    """The card left the field or gave no valid answer. A reader raises it; the driver turns it
    into the event LOST."""


class CardTimeout(CardLost):
    """The card did not answer in time; the driver turns it into the event TIMEOUT."""


class KernelError(UsageError):
    """Misuse of the kernel: a mistake in the program around it. The state is unchanged."""

    def __init__(self, code: int, name: str, what: str, where: str = "", hint: str = "") -> None:
        super().__init__(what, where, hint)
        self.code = code
        self.name = name


class ConfigFault(UsageError):
    """The kernel refuses a configuration entry.

    entry: number of the entry (0-based); tag: the object at fault, 0 the entry as a whole;
    code and name: see faults.def; rule: the requirement behind it, or None; detail: switch number.
    """

    def __init__(
        self,
        what: str,
        *,
        entry: int,
        tag: int,
        code: int,
        name: str,
        rule: str | None,
        detail: int,
    ) -> None:
        super().__init__(what, f"entry {entry}" + (f", tag {tag:X}" if tag else ""))
        self.entry = entry
        self.tag = tag
        self.code = code
        self.name = name
        self.rule = rule
        self.detail = detail


class TlvError(TapkernError):
    """The bytes are not well-formed TLV (TLV-001 to TLV-016); offset is where reading stopped."""

    def __init__(self, what: str, offset: int) -> None:
        super().__init__(what, f"offset {offset}")
        self.offset = offset


class TranscriptError(UsageError):
    """The file is not a transcript that this version can read."""


class ReplayDifference(TapkernError):
    """The kernel did something else than the transcript says.

    index: number of the command (1-based); offset: the first byte that differs.
    """

    def __init__(self, what: str, where: str, index: int, offset: int, hint: str = "") -> None:
        super().__init__(what, where, hint)
        self.index = index
        self.offset = offset
