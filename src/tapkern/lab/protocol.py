"""The language between the runner and a kernel under test: a JSON object a line, question, answer.

`Served` is the side of the kernel (lab.serve and the oracle of the tests speak through it),
`ProcessSubject` that of the runner. docs/lab.md has the lines. Nothing here knows a kernel.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, Protocol

from tapkern.lab.checks import FIELDS, LISTS, TELLS
from tapkern.lab.digests import document_digest
from tapkern.lab.pipe import Pipe
from tapkern.lab.results import Identity
from tapkern.lab.stand import REFUSED, Broken, Stand, Trouble
from tapkern.lab.suite import Case, TapSpec

PROTOCOL = 1
ASKS = ("detect", "transmit", "field_off", "show", "lookup", "store", "outcome", "refused")
"""What a kernel may say, one of them in each line."""
_HEX = re.compile(r"([0-9A-Fa-f]{2})*")
LONGEST_COMMAND = 261

Line = Mapping[str, Any]


# The side of the kernel.


class Kernel(Protocol):
    """A kernel as `serve` drives it. Refused raised by begin is the answer to the call."""

    def begin(self, begin: Line, wire: Wire) -> Mapping[str, object]:
        """A tap to its outcome, by the words of an outcome."""
        ...

    def host(self, answer: str, wire: Wire) -> Mapping[str, object]:
        """The outcome after the host's answer."""
        ...


class Refused(Exception):
    """The call is not taken (EP-004), or the configuration is none."""


class Ended(Exception):
    """The runner has gone."""


class Wire:
    """What a kernel asks the runner. now: ms of the runner's clock, as the last line told it."""

    def __init__(self, reading: IO[str], writing: IO[str]) -> None:
        self._reading, self._writing = reading, writing
        self.now = 0

    def read(self) -> Line:
        """The next line. Errors: Ended."""
        line = self._reading.readline()
        if not line:
            raise Ended
        found: Line = json.loads(line)
        self.now = found.get("now_ms", found.get("begin", {}).get("now_ms", self.now))
        return found

    def say(self, **line: object) -> None:
        """A line to the runner."""
        self._writing.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._writing.flush()

    def ask(self, **line: object) -> tuple[str, bytes | None]:
        """A question; the event and its data."""
        self.say(**line)
        found = self.read()
        data = found.get("data")
        return found["event"], None if data is None else bytes.fromhex(data)

    def detect(self) -> str:
        """A question of `stand.Around`, as are those that follow."""
        return self.ask(detect={})[0]

    def transmit(self, command: bytes) -> tuple[str, bytes | None]:
        return self.ask(transmit=command.hex().upper())

    def field_off(self) -> None:
        self.ask(field_off=0)

    def show(self, name: str) -> None:
        self.ask(show=name)

    def lookup(self, pan: str, sequence: int | None) -> str:
        return self.ask(lookup={"pan": pan, "sequence": sequence})[0]

    def store(self, record: bytes | None) -> str:
        return self.ask(store=None if record is None else record.hex().upper())[0]


def serve(kernel: Kernel, identity: Identity, wire: Wire | None = None) -> None:
    """Speaks for a kernel on the standard streams until the runner goes."""
    wire = wire or Wire(sys.stdin, sys.stdout)
    try:
        while True:
            line = wire.read()
            if "hello" in line:
                wire.say(hello={"protocol": PROTOCOL, **identity.to_json()})
            elif "begin" in line:
                _answer(wire, kernel.begin, line["begin"])
            else:
                _answer(wire, kernel.host, line["host"])
    except (Ended, KeyboardInterrupt, BrokenPipeError):
        return


def _answer(wire: Wire, call: Callable[[Any, Wire], Mapping[str, object]], what: Any) -> None:
    try:
        outcome = call(what, wire)
    except Refused as refused:
        wire.say(refused=str(refused))
    else:
        wire.say(outcome=outcome)


# The side of the runner.


class ProcessSubject:
    """A program that speaks the protocol. timeout: seconds for each of its lines.

    It is started when it is needed, and again after it has died, hung or talked rubbish.
    """

    def __init__(self, command: Sequence[str], timeout: float = 10.0) -> None:
        self._command = tuple(command)
        self._timeout = timeout
        self._pipe: Pipe | None = None
        self._identity: Identity | None = None
        self._late: Trouble | None = None

    def hello(self) -> Identity:
        """Who the kernel says it is. Errors: Trouble, it does not say so."""
        if self._identity is None:
            self._ready()
        assert self._identity is not None
        return self._identity

    def configuration(self, case: Case) -> str:
        """The digest of the terminal's document."""
        return document_digest(case.configuration)

    def _ready(self) -> Pipe:
        """A kernel that waits for a tap."""
        if self._late is not None:
            raise self._late  # it has never answered: every case would wait as long again
        if self._pipe is None:
            self._pipe = Pipe(self._command, self._timeout)
            try:
                found = _identity(self._pipe.ask({"hello": PROTOCOL}))
            except (Broken, Trouble) as error:
                self.close()
                trouble = Trouble(f"the kernel does not say hello: {error}")
                if self._identity is None:
                    self._late = trouble
                raise trouble from None
            if self._identity not in (None, found):
                self.close()
                raise Trouble("the kernel has another identity after a restart")
            self._identity = found
        return self._pipe

    def begin(
        self, case: Case, spec: TapSpec, stand: Stand, torn: bytes | None
    ) -> Mapping[str, object]:
        """A tap. Errors: Broken, Trouble."""
        transaction = {k: v for k, v in spec.transaction.items() if k != "unpredictable"}
        begin = {
            "terminal": case.configuration,
            "transaction": transaction,
            "unpredictable": spec.transaction["unpredictable"],
            "now_ms": stand.now,
            "torn": None if torn is None else torn.hex().upper(),
        }
        return self._dialogue({"begin": begin}, stand)

    def host(self, answer: str, stand: Stand) -> Mapping[str, object]:
        """The outcome after the host's answer. Errors: Broken, Trouble."""
        return self._dialogue({"host": answer}, stand)

    def _dialogue(self, line: Line, stand: Stand) -> Mapping[str, object]:
        pipe = self._ready()
        while True:
            said = pipe.ask(line)
            if len(said) != 1 or (kind := next(iter(said))) not in ASKS:
                raise Broken(f"the kernel says none of {', '.join(ASKS)}: {_short(said)}")
            value = said[kind]
            if kind == "refused":
                return REFUSED
            if kind == "outcome":
                return self._outcome(value)
            line = {**_reply(kind, value, stand), "now_ms": stand.now}

    def _outcome(self, value: object) -> Mapping[str, object]:
        if not isinstance(value, dict) or not isinstance(value.get("outcome"), str):
            raise Broken(f"an outcome without the word outcome: {_short(value)}")
        for name in LISTS:
            _hex(value.get(name) or "", name)
        return {name: value.get(name) for name in (*FIELDS, *LISTS)}

    def seen(self) -> tuple[tuple[str, int], ...]:
        """Another kernel has no marks that we know."""
        return ()

    def close(self) -> None:
        """Ends the program."""
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None


def _identity(said: Line) -> Identity:
    hello = said.get("hello")
    if not isinstance(hello, dict) or hello.get("protocol") != PROTOCOL:
        raise Broken(f"it speaks another protocol than {PROTOCOL}: {_short(said)}")
    tells = hello.get("tells")
    if not isinstance(tells, list) or not all(isinstance(one, str) for one in tells):
        raise Broken("tells is not a list of words")
    if "outcome" not in tells:
        raise Broken("the outcome itself has to be told")
    words = [hello.get(name) for name in ("kernel", "version", "identity")]
    if not all(isinstance(one, str) for one in words):
        raise Broken("kernel, version and identity have to be texts")
    kernel, version, identity = map(str, words)
    return Identity(kernel, version, identity, frozenset(tells) & TELLS)


def _reply(kind: str, value: object, stand: Stand) -> dict[str, object]:
    """The stand's answer to a question. Errors: Broken, the question is none."""
    match kind:
        case "detect":
            return {"event": stand.detect()}
        case "transmit":
            command = _hex(value, "transmit")
            if not 4 <= len(command) <= LONGEST_COMMAND:
                raise Broken(f"a command of {len(command)} bytes")
            event, answer = stand.transmit(command)
            return {"event": event, **({} if answer is None else {"data": answer.hex().upper()})}
        case "field_off":
            stand.field_off()
            return {"event": "done"}
        case "show":
            if not isinstance(value, str):
                raise Broken(f"show has no name of a message: {_short(value)}")
            stand.show(value)
            return {"event": "done"}
        case "lookup":
            return {"event": stand.lookup(*_card(value))}
    record = None if value is None else _hex(value, "store")
    return {"event": stand.store(record)}


def _card(value: object) -> tuple[str, int | None]:
    if isinstance(value, dict) and isinstance(value.get("pan"), str):
        sequence = value.get("sequence")
        if sequence is None or (isinstance(sequence, int) and not isinstance(sequence, bool)):
            return value["pan"], sequence
    raise Broken(f"lookup has no pan and sequence: {_short(value)}")


def _hex(value: object, what: str) -> bytes:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise Broken(f"{what} is not hexadecimal: {_short(value)}")
    return bytes.fromhex(value)


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:80]} …"
