"""Replaying a transcript: the same kernel, the same bytes, and the first difference by name.

Transaction, time, random and configuration come from the header. Commands are compared byte for
byte; the other steps are answered as they were, each kind in its own order, so that a changed
answer of the card plays out to its own end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from tapkern._numbers import Event, StepKind
from tapkern.errors import KernelError, ReplayDifference, TranscriptError
from tapkern.terminal import OnStep, Tap
from tapkern.trace.transcript import RecordedStep, Transcript

_SILENT = {
    StepKind.SHOW: Event.DONE,
    StepKind.FIELD_OFF: Event.DONE,
    StepKind.DETECT: Event.CANCEL,
}  # events for steps that the transcript does not have


@dataclass(frozen=True, slots=True)
class Replay:
    """A replayed tap. differences: what was not as recorded, in words; empty when identical."""

    tap: Tap
    differences: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Same commands, same outcome."""
        return not self.differences


class Script:
    """The recorded steps, to be taken kind by kind."""

    def __init__(self, transcript: Transcript) -> None:
        self._path = transcript.path
        self._steps: dict[StepKind, deque[RecordedStep]] = {kind: deque() for kind in StepKind}
        for step in transcript.steps:
            self._steps[step.kind].append(step)

    def next(self, kind: StepKind) -> RecordedStep | None:
        """The next recorded step of a kind, None when there is none left."""
        steps = self._steps[kind]
        return steps.popleft() if steps else None

    def left(self, kind: StepKind) -> int:
        """How many steps of a kind were not played."""
        return len(self._steps[kind])

    def command(self, command: bytes) -> RecordedStep:
        """The recorded exchange of a command. Errors: ReplayDifference."""
        steps = self._steps[StepKind.TRANSMIT]
        if not steps:
            raise ReplayDifference(
                "the transcript has no further command, this kernel sent "
                + command[:5].hex().upper(), self._path, 0, 0,
            )  # fmt: skip
        step = steps.popleft()
        offset = first_difference(command, step.command)
        if offset is not None:
            raise ReplayDifference(
                f"command {step.index} differs at offset {offset}: sent "
                f"{_byte(command, offset)}, recorded {_byte(step.command, offset)}",
                f"{self._path}:{step.line}",
                step.index,
                offset,
            )
        return step


def first_difference(a: bytes, b: bytes) -> int | None:
    """Offset of the first byte in which a and b differ, None when they are equal."""
    if a == b:
        return None
    same = (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y)
    return next(same, min(len(a), len(b)))


def replay(
    transcript: Transcript, *, image: bytes | None = None, on_step: OnStep | None = None
) -> Replay:
    """Plays a transcript against this kernel.

    image: another configuration than that of the header; a redacted transcript needs one.
    Errors: ReplayDifference at the first command that is not the recorded one.
    """
    image = image if image is not None else transcript.image
    if image is None:
        hint = f"give the configuration with digest {transcript.config_digest[:16]}"
        raise TranscriptError("a redacted transcript holds no configuration", transcript.path, hint)
    tap = Tap(
        image,
        transcript.transaction,
        on_step=on_step,
        trace=4096,
        now_ms=transcript.began_ms,
        random8=transcript.began_random,
    )
    script = Script(transcript)
    outcomes = [_play(tap, script, transcript)]
    host = script.next(StepKind.OUTCOME)
    if host is not None:
        _resume(tap, host, transcript)
        outcomes.append(_play(tap, script, transcript))
    return Replay(tap, tuple(_differences(transcript, outcomes, script)))


def _play(tap: Tap, script: Script, transcript: Transcript) -> dict[str, object]:
    """Plays to the next outcome."""
    last = transcript.began_ms, bytes(8)
    while tap.kind != StepKind.OUTCOME:
        kind = StepKind(tap.kind)
        if kind is StepKind.TRANSMIT:
            step: RecordedStep | None = script.command(tap.data)
        else:
            step = script.next(kind)
        if step is None:
            tap.resume(_SILENT.get(kind, Event.UNSUPPORTED), now_ms=last[0], random8=last[1])
            continue
        last = step.received_ms, step.random
        _resume(tap, step, transcript)
    return tap.outcome.to_json(sensitive=True)


def _resume(tap: Tap, step: RecordedStep, transcript: Transcript) -> None:
    try:
        tap.resume(step.event, step.answer, now_ms=step.received_ms, random8=step.random)
    except KernelError as error:
        where = f"{transcript.path}:{step.line}"
        raise TranscriptError(f"the kernel does not take this event: {error.what}", where) from None


def _differences(
    transcript: Transcript, outcomes: list[dict[str, object]], script: Script
) -> Iterable[str]:
    unplayed = script.left(StepKind.TRANSMIT)
    if unplayed:
        yield f"{unplayed} recorded commands were not sent"
    for number, recorded in enumerate(transcript.outcomes):
        if number >= len(outcomes):
            yield "the recorded tap went on after this outcome"
            return
        for key, value in outcomes[number].items():
            if key in recorded and recorded[key] != value:
                # Lists of data elements hold the card number, so that only their names are told.
                told = key not in ("data_record", "discretionary", "field55")
                words = f"{_short(value)}, recorded {_short(recorded[key])}"
                yield f"{key}: {words if told else 'other bytes'}"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _byte(data: bytes, offset: int) -> str:
    return f"{data[offset]:02X}" if offset < len(data) else "nothing"
