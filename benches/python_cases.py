"""The Python side: messages, whole taps and `pow`, as loops that run a number of passes.

Loops cost a few nanoseconds an operation; they are the same for everyone and are not taken off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benches import BenchError
from benches.chains import Operation
from benches.material import NOW_MS, NUMBER, Recording
from benches.peers import Peer
from benches.sm2_peer import Sm2Peer
from tapkern import Detection
from tapkern._kernel import Kernel, Message
from tapkern._numbers import Event, StepKind
from tapkern.terminal import constant_random


@dataclass(frozen=True, slots=True)
class PythonCase:
    """run does `passes` passes of `ops` operations each."""

    ops: int
    run: Callable[[int], None]


def tlv_cases(corpus: list[bytes], found: dict[str, Peer]) -> dict[str, PythonCase]:
    """Lazy object, object and four values, tree; and what the peers make of the same messages."""
    wanted = [(message, _four(message)) for message in corpus]
    named = [(message, tuple(f"{tag:X}" for tag in tags)) for message, tags in wanted]

    def lazy(passes: int) -> None:
        for _ in range(passes):
            for message in corpus:
                Message(message)

    def lazy4(passes: int) -> None:
        for _ in range(passes):
            for message, (a, b, c, d) in wanted:
                get = Message(message).get
                get(a)
                get(b)
                get(c)
                get(d)

    def tree(passes: int) -> None:
        for _ in range(passes):
            for message in corpus:
                Message(message).nodes_list()

    def peer_tree(decode: Callable[[bytes], Any]) -> Callable[[int], None]:
        def run(passes: int) -> None:
            for _ in range(passes):
                for message in corpus:
                    decode(message)

        return run

    def pyemv4(decode: Callable[..., Any]) -> Callable[[int], None]:
        def run(passes: int) -> None:
            for _ in range(passes):
                for message, (a, b, c, d) in named:
                    get = decode(message, flatten=True).get
                    get(a)
                    get(b)
                    get(c)
                    get(d)

        return run

    runs: dict[str, Callable[[int], None]] = {"lazy": lazy, "lazy4": lazy4, "tree": tree}
    for name, peer in found.items():
        if peer.decode is not None:
            runs[name] = peer_tree(peer.decode)
            if name == "pyemv":
                runs["pyemv4"] = pyemv4(peer.decode)
    return {name: PythonCase(len(corpus), run) for name, run in runs.items()}


def _four(message: bytes) -> tuple[int, int, int, int]:
    """Four tags of a message, evenly spread over it."""
    tags = [tag for _, tag, _, _ in Message(message)]
    a, b, c, d = (tags[i * (len(tags) - 1) // 3] for i in range(4))
    return a, b, c, d


def machine_case(recording: Recording) -> PythonCase:
    """A tap step by step on the bare binding: a dictionary is the card; outcome and field 55."""
    t = recording.transaction
    kernel = Kernel(recording.terminal.image)
    answers = recording.answers
    random8 = NUMBER + bytes(4)
    currency, date = bytes.fromhex(f"{t.currency:04d}"), bytes.fromhex(t.date)
    time, sequence = bytes.fromhex(t.time), bytes.fromhex(f"{t.sequence:08d}")
    detect, transmit, end = int(StepKind.DETECT), int(StepKind.TRANSMIT), int(StepKind.OUTCOME)
    card, answer, done = int(Event.CARD), int(Event.ANSWER), int(Event.DONE)
    field55_list = int(recording.list)

    def tap() -> bytes | None:
        kind = kernel.begin(
            purpose=0, type=t.type, start=0, exponent=t.exponent, amount=t.amount, other=0,
            currency=currency, date=date, time=time, sequence=sequence, now_ms=NOW_MS,
            random8=random8,
        )  # fmt: skip
        while kind != end:
            if kind == transmit:
                kind = kernel.resume(answer, answers[kernel.data], NOW_MS, random8)
            else:
                kind = kernel.resume(card if kind == detect else done, None, NOW_MS, random8)
        kernel.outcome()
        return kernel.fetch(field55_list)

    def run(passes: int) -> None:
        for _ in range(passes):
            tap()

    if tap() != recording.field55:
        raise BenchError("the replayed tap ends otherwise than the recorded one")
    return PythonCase(1, run)


class _Replayed:
    """A reader whose card is a dictionary."""

    name = "replayed"

    def __init__(self, answers: dict[bytes, bytes]) -> None:
        self._answers = answers

    def detect(self, timeout_ms: int) -> Detection:
        return Detection.CARD

    def transmit(self, command: bytes) -> bytes:
        return self._answers[command]

    def field_off(self, hold_ms: int) -> None:
        pass

    def close(self) -> None:
        pass


def terminal_case(recording: Recording) -> PythonCase:
    """The same tap as a user makes it: Terminal.tap with a reader, and its Outcome."""
    reader = _Replayed(recording.answers)
    terminal, transaction = recording.terminal, recording.transaction
    random = constant_random(NUMBER)

    def clock() -> int:
        return NOW_MS

    def tap() -> bytes:
        made = terminal.tap(reader, transaction=transaction, clock=clock, random=random)
        return made.outcome.field55

    def run(passes: int) -> None:
        for _ in range(passes):
            tap()

    if tap() != recording.field55:
        raise BenchError("the replayed tap ends otherwise than the recorded one")
    return PythonCase(1, run)


def pow_case(operations: tuple[Operation, ...]) -> PythonCase:
    """RSA public operations by the built-in pow, bytes to bytes."""

    def blocks() -> list[bytes]:
        return [
            pow(
                int.from_bytes(signature, "big"),
                int.from_bytes(exponent, "big"),
                int.from_bytes(modulus, "big"),
            ).to_bytes(len(modulus), "big")
            for signature, modulus, exponent in operations
        ]

    def run(passes: int) -> None:
        for _ in range(passes):
            blocks()

    if not all(block[0] == 0x6A and block[-1] == 0xBC for block in blocks()):
        raise BenchError("pow recovers something else")
    return PythonCase(1, run)


def sm2_case(peer: Sm2Peer, ops: int) -> PythonCase:
    """The verifications of a chain by a peer, as one operation or as several."""

    def run(passes: int) -> None:
        for _ in range(passes):
            for check in peer.checks:
                check()

    return PythonCase(ops, run)
