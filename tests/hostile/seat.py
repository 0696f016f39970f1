"""One context of the kernel at a terminal: brings events, and looks at everything after each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from typing import Any

import tapkern
from tapkern._numbers import DataList, Event, Space, StepKind, TraceKind
from tapkern.errors import KernelError
from tests.hostile import scenes
from tests.hostile.seen import Deal
from tests.hostile.shadow import APPROVED, ONLINE, Kept, Shadow
from tests.test_docs import draw_states, read

OWNED = (0x9F02, 0x9F03, 0x5F2A, 0x9A, 0x9C, 0x9F21, 0x9F41, 0x95)
SET = ("9F1A", "9F33")
OF_CARDS = (0x57, 0x5A, 0x5F34, 0x5F24, 0x82, 0x94, 0x9F36, 0x9F26, 0x9F10, 0x9F27, 0x9F6C, 0x9F4B,
            0x90, 0x9F46, 0x9F5D, 0x9F74, 0x50, 0x84, 0x9F38, 0x8F, 0x9F69, 0x5F20)  # fmt: skip
MOST_STEPS = 6000
TRACE = 4000
State = Any


class Finding(AssertionError):
    """The kernel has done what the digest does not allow."""


@cache
def states() -> dict[int, State]:
    """The step machine of kernel_c/states.def."""
    return {state.number: state for state in draw_states().parse(read("kernel_c/states.def"))}


def name(space: Space, number: int) -> str:
    return tapkern._kernel.name(space, number)


@dataclasses.dataclass(frozen=True)
class Call:
    """A call of the kernel and all that it gave: what a replay has to give too."""

    way: str
    arguments: tuple[tuple[str, Any], ...]
    gave: tuple[Any, ...]

    def __str__(self) -> str:
        words = []
        for key, value in self.arguments:
            if key == "event":
                value = Event(value).name
            words.append(f"{key}={value.hex().upper() if isinstance(value, bytes) else value}")
        kind, data = self.gave[0], self.gave[1]
        return f"{self.way}({', '.join(words)}) -> {StepKind(kind).name} {data.hex().upper()}"


def gave(kernel: Any) -> tuple[Any, ...]:
    """The step that a kernel waits with, and at its end the outcome with all its data."""
    step = kernel.kind, kernel.data, kernel.hold
    if kernel.kind == StepKind.SHOW:
        return (*step, kernel.ui)
    if kernel.kind != StepKind.OUTCOME:
        return step
    return (*step, kernel.outcome(), *(kernel.fetch(use) for use in DataList), kernel.trace())


class Seat:
    """A context with its transaction, the shadow of it, and all calls since its begin."""

    def __init__(self, terminal: str, memo: Any, tell: Callable[[str], None], label: str) -> None:
        self.terminal, self.memo, self.tell, self.label = terminal, memo, tell, label
        self.kernel = tapkern._kernel.Kernel(scenes.image(terminal), TRACE, memo)
        self.shadow: Shadow | None = None
        self.calls: list[Call] = []
        self.reached: list[str] = []
        self.before_host: Any = None
        self.state: State = states()[0]
        self.traced = 0

    @property
    def kind(self) -> int:
        return self.kernel.kind

    @property
    def running(self) -> bool:
        return self.kind not in (0, StepKind.OUTCOME)

    def begin(self, deal: Deal, now: int, random8: bytes, torn: bytes | None, kept: Kept | None):
        """Starts a transaction, in the middle of another one too."""
        arguments = {
            "purpose": deal.purpose, "type": deal.type, "start": deal.start,
            "exponent": deal.exponent, "amount": deal.amount, "other": deal.other,
            "currency": bytes.fromhex(f"{deal.currency:04d}"), "date": bytes.fromhex(deal.date),
            "time": bytes.fromhex(deal.time), "sequence": bytes.fromhex(f"{deal.sequence:08d}"),
            "now_ms": now, "random8": random8, "torn": torn,
        }  # fmt: skip
        self.shadow = Shadow(scenes.configuration(self.terminal), deal, now, kept, torn is not None)
        self.calls, self.traced, self.state, self.before_host = [], 0, states()[0], None
        self._call("begin", arguments, lambda: self.kernel.begin(**arguments))

    def resume(self, event: int, data: bytes | None, now: int, random8: bytes) -> None:
        """Brings an event that fits the step."""
        shadow, kind, step = self.shadow, self.kind, self.kernel.data
        assert shadow is not None
        shadow.randoms.add(random8)
        if kind == StepKind.OUTCOME:
            shadow.host(data if event == Event.HOST else b"no host")
        else:
            shadow.event(kind, step, event, data, now)
        if kind == StepKind.DETECT and event == Event.CARD:
            shadow.randoms.add(random8)
        arguments = {"event": int(event), "data": data, "now_ms": now, "random8": random8}
        self._call("resume", arguments, lambda: self.kernel.resume(int(event), data, now, random8))

    def _call(self, way: str, arguments: dict[str, Any], call: Callable[[], int]) -> None:
        try:
            call()
        except Exception as error:
            self.fail(f"{way} raised {error!r}, which is none of the documented misuse")
        made = Call(way, tuple(arguments.items()), gave(self.kernel))
        self.calls.append(made)
        self.tell(f"{self.label} ({self.terminal}): {made}")
        if len(self.calls) > MOST_STEPS:
            self.fail("a tap that does not end")
        self._follow()
        self._look()

    def fail(self, what: str) -> None:
        raise Finding(f"{self.label} ({self.terminal}): {what}")

    # Invariants

    def _follow(self) -> None:
        """states.def: the state that was left leads to the one that is told, with its step."""
        found = [n for n, k, _, _ in self.kernel.trace(self.traced) if k == TraceKind.STEP]
        self.traced = self.kernel.trace_count
        if self.kernel.trace_lost or not found:
            return
        now = states()[found[-1]]
        if len(found) != 1 or now.name not in self.state.followers:
            self.fail(f"{self.state.name} -> {[states()[n].name for n in found]} (states.def)")
        if StepKind(self.kind).name != now.step:
            self.fail(f"{now.name} gives the step {StepKind(self.kind).name}")
        self.state = now

    def _look(self) -> None:
        kernel, shadow = self.kernel, self.shadow
        assert shadow is not None
        kind, data = kernel.kind, kernel.data
        if kind not in (1, 2, 3, 4, 5, 6, 7):
            self.fail(f"step {kind}")
        shadow.step(kind, data)
        self._owned()
        if kind == StepKind.DETECT and not shadow.recovering:
            self._nothing_of_cards("TLV-024 OUT-006 before a card is there")
        if kind == StepKind.OUTCOME:
            self._outcome()
        if shadow.wrong:
            self.fail("; ".join(shadow.wrong))

    def _owned(self) -> None:
        """TLV-025, QP-004: what is the terminal's stays the terminal's, whatever a card says."""
        shadow = self.shadow
        assert shadow is not None
        deals = [shadow.deal] + ([shadow.kept.deal] if shadow.kept is not None else [])
        for tag in OWNED:
            found = self.kernel.get(tag)
            if found and found[0] not in [one.values[f"{tag:X}"] for one in deals]:
                self.fail(f"TLV-025 {tag:X} is {found[0].hex()}")
        for text in SET:
            found = self.kernel.get(int(text, 16))
            if found and found[0] != shadow.configuration.values[text]:
                self.fail(f"TLV-025 {text} is {found[0].hex()}")

    def _nothing_of_cards(self, when: str) -> None:
        left = [f"{tag:X}" for tag in OF_CARDS if self.kernel.get(tag) is not None]
        if left:
            self.fail(f"{when}: {left} of a card")

    def _outcome(self) -> None:
        told = self.kernel.outcome()
        if self.kernel.outcome() != told:
            self.fail("the outcome changes as it is read")
        shadow = self.shadow
        assert shadow is not None
        reason = name(Space.REASON, told[0]).lower()
        wrong = [*_well_formed(told), *shadow.outcome(told, reason), *self._record(told)]
        if wrong:
            rule = name(Space.RULE, told[1])
            self.fail(f"outcome {told[2]:02X} {reason} {rule}: {'; '.join(wrong)}")
        self.reached.append(reason)

    def _record(self, told: tuple[Any, ...]) -> list[str]:
        """TT-010, TT-017: a record is there exactly when money may have moved."""
        shadow = self.shadow
        assert shadow is not None
        drops = [c for c in self.calls if c.gave[0] == StepKind.STORE and not c.gave[1]]
        if told[2] == APPROVED and shadow.holds and not drops:
            return ["TT-010 a record stays beside an approval"]
        if told[2] != APPROVED and not shadow.paid and shadow.holds:
            return ["TT-010 a record, and nothing was paid"]
        lost = told[2] != APPROVED and shadow.paid and not shadow.holds
        if lost and not shadow.brings and any(map(_keeps, shadow.candidates())):
            return ["TT-010 perhaps paid, and no record of it"]
        return []

    # What else may be done with a context

    def misuse(self, event: int, data: bytes | None, now: int, random8: bytes) -> None:
        """An event that does not fit is refused and changes nothing."""
        before = gave(self.kernel), self.kernel.trace_count
        try:
            self.kernel.resume(event, data, now, random8)
        except KernelError:
            if (gave(self.kernel), self.kernel.trace_count) != before:
                self.fail(f"event {event} was refused and has changed something")
            return
        self.fail(f"event {event} was taken at {StepKind(before[0][0]).name}")

    def wipe(self) -> None:
        """Nothing is left: no data of a card or a transaction, no step, no outcome."""
        self.kernel.wipe()
        self.shadow, self.calls, self.traced, self.state = None, [], 0, states()[0]
        self.tell(f"{self.label} ({self.terminal}): wipe()")
        self._nothing_of_cards("after wipe")
        found = {f"{tag:X}": self.kernel.get(tag) for tag in (*OWNED, 0x9F37, 0x9F66)}
        left = [tag for tag, one in found.items() if one and any(one[0])]
        lists = [use.name for use in DataList if _fetched(self.kernel, use)]
        if left or lists or self.kernel.data or self.kernel.kind:
            self.fail(f"after wipe: {left} {lists} {self.kernel.data.hex()}")
        try:
            self.kernel.outcome()
        except KernelError:
            return
        self.fail("an outcome after wipe")

    def replayed(self, memo: Any = None) -> Any:
        """A fresh kernel, alone, brought to the same point; everything it gave has to agree."""
        alone = tapkern._kernel.Kernel(scenes.image(self.terminal), TRACE, memo)
        for at, one in enumerate(self.calls):
            arguments = dict(one.arguments)
            if one.way == "begin":
                alone.begin(**arguments)
            else:
                alone.resume(*arguments.values())
            again = gave(alone)
            if again != one.gave:
                self.fail(
                    f"call {at} {one.way} gives another thing in a context alone: {again[:4]} "
                    f"instead of {one.gave[:4]}"
                )
        return alone


def _keeps(seen: Any) -> bool:
    return seen.kind == "TC" and (seen.on("tt.recovery") or seen.on("tt.upload_doubtful"))


def _fetched(kernel: Any, use: int) -> bool:
    try:
        return bool(kernel.fetch(use))
    except KernelError:
        return False


def _well_formed(told: tuple[Any, ...]) -> list[str]:
    """Values of struct tapk_outcome that are possible, alone and together."""
    (
        reason, rule, status, start, online, cvm, alternate, receipt, field_off, _removal,
        _record, _discretionary, oda, defer, paid, commands, balance, _before, oda_rule, ui,
        restart_ui,
    ) = told  # fmt: skip
    statuses = (0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70)
    wanted = status in (APPROVED, ONLINE)
    holds = {
        "status": status in statuses,
        "reason": bool(name(Space.REASON, reason)),
        "rule": rule == 0 or bool(name(Space.RULE, rule)),
        "start": start in (0x00, 0x10, 0x20, 0x30, 0xF0),
        "online response": online == 0xF0,
        "cvm": cvm in (0x00, 0x10, 0x20, 0x30) or (cvm == 0xF0 and not wanted),
        "alternate": alternate in (0x10, 0x20, 0xF0),
        "flags": {receipt, defer, paid} <= {0, 1},
        "field off": 0 <= field_off <= 255,
        "oda": oda in (0, 1, 2),
        "commands": 0 <= commands <= 128,
        "balance": balance is None or 0 <= balance < 10**12,
        "oda rule": bool(oda_rule) == (oda == 1),
        "receipt": not receipt or status == APPROVED,
        "ui": all(one is None or len(one) == 7 for one in (ui, restart_ui)),
        "approval without a rule": status != APPROVED or rule != 0,
        "message": ui is None or (status == APPROVED) == (ui[0] in (0x03, 0x1A)),
    }  # fmt: skip
    return [f"ill-formed {what}" for what, good in holds.items() if not good]
