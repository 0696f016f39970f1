"""Reading transcripts. Whatever does not fit is one TranscriptError with file and line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tapkern import _kernel
from tapkern._numbers import Event, Purpose, StartCode, StepKind
from tapkern.errors import TapkernError, TranscriptError
from tapkern.params.source import read_text
from tapkern.trace.record import FORMAT, VERSION
from tapkern.transaction import Transaction


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """One step of a transcript: what was asked, what answered it. index counts commands from 1."""

    line: int
    kind: StepKind
    index: int
    command: bytes
    event: Event
    answer: bytes | None = field(repr=False)
    sent_ms: int
    received_ms: int
    random: bytes


@dataclass(frozen=True, slots=True)
class Transcript:
    """A recorded tap. image is None in a redacted transcript; outcomes are JSON objects."""

    path: str
    image: bytes | None = field(repr=False)
    config_name: str
    config_digest: str
    kernel_digest: str
    redacted: bool
    transaction: Transaction
    began_ms: int
    began_random: bytes
    steps: tuple[RecordedStep, ...] = field(repr=False)
    outcomes: tuple[Mapping[str, object], ...] = field(repr=False)


def read_transcript(path: str | Path) -> Transcript:
    """Reads a transcript. Errors: TranscriptError; UsageError when the file cannot be read."""
    text = read_text(Path(path), "transcript")
    return parse_transcript(text, str(path))


def parse_transcript(text: str, path: str) -> Transcript:
    """A transcript from its text; path names it in messages."""
    lines = [(number, _object(line, f"{path}:{number}"))
             for number, line in enumerate(text.split("\n"), 1) if line.strip()]  # fmt: skip
    if not lines:
        raise TranscriptError("the transcript is empty", path)
    header, where = lines[0][1], f"{path}:{lines[0][0]}"
    if header.get("type") != "header" or header.get("format") != FORMAT:
        raise TranscriptError("this is not a tapkern transcript", where)
    if header.get("version") != VERSION:
        what = f"transcript version {header.get('version')!r}, this program reads {VERSION}"
        raise TranscriptError(what, where)
    try:
        return _transcript(header, lines[1:], path)
    except _BadLine as bad:
        raise TranscriptError(bad.what, f"{path}:{bad.line or lines[0][0]}") from None
    except TapkernError as error:
        raise TranscriptError(error.what, where) from None


class _BadLine(Exception):
    """A field that is missing or wrong. line 0 is the header."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.what = what
        self.line = line


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise TranscriptError("not a line of JSON", where) from None
    if not isinstance(value, dict):
        raise TranscriptError("not a JSON object", where)
    return value


def _transcript(
    header: dict[str, Any], lines: list[tuple[int, dict[str, Any]]], path: str
) -> Transcript:
    configuration = _part(header, "configuration", dict, 0)
    kernel = _part(header, "kernel", dict, 0)
    image = None
    if configuration.get("image") is not None:
        image = _hex(configuration, "image", 0)
        _kernel.check_image(image)
        if _kernel.digest(image).hex() != configuration.get("digest"):
            raise _BadLine("the configuration does not have the digest that is written", 0)
    steps: list[RecordedStep] = []
    outcomes: list[Mapping[str, object]] = []
    for number, line in lines:
        kind = line.get("type")
        if kind in ("apdu", "step"):
            steps.append(_step(line, number, steps))
        elif kind == "outcome":
            outcomes.append({key: value for key, value in line.items() if key != "type"})
        elif kind != "rule":
            raise _BadLine(f"unknown kind of line {kind!r}", number)
    return Transcript(
        path=path,
        image=image,
        config_name=str(configuration.get("name", "")),
        config_digest=str(configuration.get("digest", "")),
        kernel_digest=str(kernel.get("digest", "")),
        redacted="redacted" in header,
        transaction=_transaction(_part(header, "transaction", dict, 0)),
        began_ms=_number(header, "began_ms", 0),
        began_random=_hex(header, "random", 0, 8),
        steps=tuple(steps),
        outcomes=tuple(outcomes),
    )


def _transaction(fields: dict[str, Any]) -> Transaction:
    fields = dict(fields)
    try:
        fields["purpose"] = Purpose[str(fields.get("purpose", "payment")).upper()]
        fields["start"] = StartCode[str(fields.get("start", "A"))]
        torn = fields.get("torn")
        fields["torn"] = None if torn is None else bytes.fromhex(str(torn))
        return Transaction(**fields)
    except KeyError:
        raise _BadLine("unknown purpose or start of the transaction", 0) from None
    except ValueError:
        raise _BadLine("the torn record of the transaction is not hexadecimal", 0) from None
    except TypeError:
        raise _BadLine("the transaction lacks a field, or has an unknown one", 0) from None


def _step(line: dict[str, Any], number: int, before: list[RecordedStep]) -> RecordedStep:
    is_apdu = line["type"] == "apdu"
    try:
        kind = StepKind.TRANSMIT if is_apdu else StepKind[str(line.get("step")).upper()]
        event = Event[str(line.get("event")).upper()]
    except KeyError as error:
        raise _BadLine(f"unknown step or event {error}", number) from None
    key = "response" if is_apdu else "answer"
    answer = _hex(line, key, number) if line.get(key) is not None else None
    if event is Event.ANSWER and answer is None:
        raise _BadLine("response is missing", number)
    return RecordedStep(
        line=number,
        kind=kind,
        index=sum(step.kind is StepKind.TRANSMIT for step in before) + 1 if is_apdu else 0,
        command=_hex(line, "command", number) if is_apdu else b"",
        event=event,
        answer=answer,
        sent_ms=_number(line, "sent_ms", number),
        received_ms=_number(line, "received_ms", number),
        random=_hex(line, "random", number, 8),
    )


def _part(fields: dict[str, Any], key: str, kind: type, line: int) -> Any:
    value = fields.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _BadLine(f"{key} is missing or wrong", line)
    return value


def _number(fields: dict[str, Any], key: str, line: int) -> int:
    value: int = _part(fields, key, int, line)
    if not 0 <= value < 1 << 64:
        raise _BadLine(f"{key} is out of range", line)
    return value


def _hex(fields: dict[str, Any], key: str, line: int, length: int | None = None) -> bytes:
    try:
        value = bytes.fromhex(_part(fields, key, str, line))
    except ValueError:
        raise _BadLine(f"{key} is not hexadecimal", line) from None
    if length is not None and len(value) != length:
        raise _BadLine(f"{key} must be {length} bytes", line)
    return value
