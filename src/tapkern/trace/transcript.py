"""Reading transcripts. Whatever does not fit is one TranscriptError with file and line."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tapkern import _kernel
from tapkern._numbers import Event, Purpose, StartCode, StepKind, TraceKind
from tapkern.data.money import parse_amount
from tapkern.errors import TapkernError, TranscriptError
from tapkern.params.source import read_text
from tapkern.trace.record import FORMAT, VERSION
from tapkern.transaction import Transaction

_WITH_DATA = (StepKind.STORE, StepKind.LOOKUP)


@dataclass(frozen=True, slots=True)
class RecordedRule:
    """One marked decision. rule: its id, or the state that was entered (kind STEP)."""

    rule: str
    kind: TraceKind
    truth: int
    value: int


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """One step of a transcript: what was asked, what answered it. index counts commands from 1.

    data: the record that a STORE step is to keep, or the key of a LOOKUP (PAN 10 bytes, PSN 1).
    message: name of what a SHOW step shows. rules: the decisions taken on the event.
    """

    line: int
    kind: StepKind
    index: int
    command: bytes
    event: Event
    answer: bytes | None = field(repr=False)
    sent_ms: int
    received_ms: int
    random: bytes
    data: bytes = field(default=b"", repr=False)
    message: str = ""
    rules: tuple[RecordedRule, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Transcript:
    """A recorded tap. image is None in a redacted transcript; outcomes are JSON objects."""

    path: str
    line: int
    reader: str
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


def read_transcripts(path: str | Path) -> tuple[Transcript, ...]:
    """Reads a file of one transcript or of several, one behind the other. Errors: the same."""
    lines = _lines(read_text(Path(path), "transcript"), str(path))
    starts = [at for at, (_, line) in enumerate(lines) if line.get("type") == "header"]
    ends = [*starts[1:], len(lines)]
    if starts[:1] != [0]:
        return (_parsed(lines, str(path)),)  # says what is wrong
    return tuple(_parsed(lines[at:end], str(path)) for at, end in zip(starts, ends, strict=True))


def parse_transcript(text: str, path: str) -> Transcript:
    """A transcript from its text; path names it in messages."""
    return _parsed(_lines(text, path), path)


def _lines(text: str, path: str) -> list[tuple[int, dict[str, Any]]]:
    return [(number, _object(line, f"{path}:{number}"))
            for number, line in enumerate(text.split("\n"), 1) if line.strip()]  # fmt: skip


def _parsed(lines: list[tuple[int, dict[str, Any]]], path: str) -> Transcript:
    if not lines:
        raise TranscriptError("the transcript is empty", path)
    (number, header), where = lines[0], f"{path}:{lines[0][0]}"
    if header.get("type") != "header" or header.get("format") != FORMAT:
        raise TranscriptError("this is not a tapkern transcript", where)
    if header.get("version") != VERSION:
        what = f"transcript version {header.get('version')!r}, this program reads {VERSION}"
        raise TranscriptError(what, where)
    try:
        return _transcript(header, lines[1:], path, number)
    except _BadLine as bad:
        raise TranscriptError(bad.what, f"{path}:{bad.line or number}") from None
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
    header: dict[str, Any], lines: list[tuple[int, dict[str, Any]]], path: str, first: int
) -> Transcript:
    configuration = _part(header, "configuration", dict, 0)
    kernel = _part(header, "kernel", dict, 0)
    image = None
    if configuration.get("image") is not None:
        image = _hex(configuration, "image", 0)
        _kernel.check_image(image)
        if _kernel.digest(image).hex() != configuration.get("digest"):
            raise _BadLine("the configuration does not have the digest that is written", 0)
    transaction = _transaction(_part(header, "transaction", dict, 0))
    steps: list[RecordedStep] = []
    rules: list[list[RecordedRule]] = []
    outcomes: list[Mapping[str, object]] = []
    for number, line in lines:
        kind = line.get("type")
        if kind in ("apdu", "step"):
            steps.append(_step(line, number, steps))
            rules.append([])
        elif kind == "outcome":
            outcomes.append(_outcome(line, number, transaction.exponent))
        elif kind == "rule":
            if rules:
                rules[-1].append(_rule(line, number))
        else:
            raise _BadLine(f"unknown kind of line {kind!r}", number)
    return Transcript(
        path=path,
        line=first,
        reader=str(header.get("reader", "")),
        image=image,
        config_name=str(configuration.get("name", "")),
        config_digest=str(configuration.get("digest", "")),
        kernel_digest=str(kernel.get("digest", "")),
        redacted="redacted" in header,
        transaction=transaction,
        began_ms=_number(header, "began_ms", 0),
        began_random=_hex(header, "random", 0, 8),
        steps=tuple(
            replace(step, rules=tuple(taken)) for step, taken in zip(steps, rules, strict=True)
        ),
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


def _outcome(line: dict[str, Any], number: int, exponent: int) -> Mapping[str, object]:
    """An outcome whose words are words and whose balance is an amount."""
    for key in ("outcome", "reason"):
        _part(line, key, str, number)
    for key in ("rule", "oda_rule", "pan", "balance"):
        if line.get(key) is not None:
            _part(line, key, str, number)
    if line.get("balance") is not None:
        try:
            parse_amount(line["balance"], exponent)
        except ValueError as error:
            raise _BadLine(f"balance: {error}", number) from None
    return {key: value for key, value in line.items() if key != "type"}


def _rule(line: dict[str, Any], number: int) -> RecordedRule:
    try:
        kind = TraceKind[str(line.get("kind")).upper()]
    except KeyError:
        raise _BadLine(f"unknown kind of rule {line.get('kind')!r}", number) from None
    value = _number(line, "value", number) if "value" in line else 0
    rule: str = _part(line, "rule", str, number)
    return RecordedRule(sys.intern(rule), kind, _number(line, "truth", number), value)


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
        data=_hex(line, "data", number) if kind in _WITH_DATA and "data" in line else b"",
        message=_message(line, number) if kind is StepKind.SHOW else "",
    )


def _message(line: dict[str, Any], number: int) -> str:
    name: str = _part(_part(line, "ui", dict, number), "message", str, number)
    return name


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
