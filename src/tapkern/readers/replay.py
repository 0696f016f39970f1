"""A reader that plays the card of a transcript and checks every command against it."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from tapkern._numbers import Event, StepKind
from tapkern.errors import CardLost, CardTimeout, ReaderError, TapkernError
from tapkern.readers.base import Detection
from tapkern.trace.replay import Script
from tapkern.trace.transcript import Transcript, read_transcript


class ReplayReader:
    """The card side of a transcript; tapkern.trace.replay plays the terminal side as well.

    Errors of transmit: ReplayDifference, with index and offset of the first difference.
    """

    def __init__(self, transcript: Transcript) -> None:
        self.name = f"replay:{transcript.path}"
        self.transcript = transcript
        self._script = Script(transcript)

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Errors: ReaderError when there is no such file, TranscriptError when it does not fit."""
        if not Path(path).exists():
            raise ReaderError("there is no such transcript", f"replay:{path}")
        return cls(read_transcript(path))

    def detect(self, timeout_ms: int) -> Detection:
        """As recorded; a presentment more than recorded is none."""
        step = self._script.next(StepKind.DETECT)
        if step is None:
            return Detection.TIMEOUT
        try:
            return Detection(step.event.name.lower())
        except ValueError:
            raise TapkernError("this event is no detection", self.name) from None

    def transmit(self, command: bytes) -> bytes:
        """The recorded answer to the next command."""
        step = self._script.command(command)
        if step.event is Event.TIMEOUT:
            raise CardTimeout("the card was mute", self.name)
        if step.answer is None:
            raise CardLost("the card left", self.name)
        return step.answer

    def field_off(self, hold_ms: int) -> None:
        """Takes no time."""

    def close(self) -> None:
        """Nothing is held."""
