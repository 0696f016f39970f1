"""The oracle behind the protocol: `replay vectors --kernel "python -m tests.oracle.serve"`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from tapkern.lab.protocol import Line, Refused, Wire, serve
from tapkern.lab.results import Identity
from tapkern.lab.stand import dated
from tests.oracle import terminal as second

TRANSACTION = ("amount", "other", "type", "currency", "exponent", "date", "time", "sequence")
TELLS = (
    "outcome", "reason", "rule", "cvm", "oda", "oda_rule", "may_defer", "card_may_have_paid",
    "balance", "approval_code", "field55", "data_record",
)  # fmt: skip


class Oracle:
    """Taps of the second terminal as the runner asks for them."""

    def __init__(self) -> None:
        self._last: second.Result | None = None

    def begin(self, begin: Line, wire: Wire) -> Mapping[str, object]:
        """A tap to its outcome."""
        found = begin["transaction"]

        def present() -> Callable[[bytes], bytes] | None:
            event = "collision"
            while event == "collision":
                event = wire.detect()
            if event == "cancel":
                raise second.Cancelled
            return transmit if event == "card" else None

        def transmit(command: bytes) -> bytes:
            event, answer = wire.transmit(command)
            if event == "cancel":
                raise second.Cancelled
            if answer is None:
                raise second.Lost
            return answer

        def lookup(pan: str, sequence: str | None) -> bool | None:
            event = wire.lookup(pan, None if sequence is None else int(sequence))
            return None if event == "unsupported" else event == "found"

        def store(record: bytes | None) -> bool:
            return wire.store(record) == "done"

        torn = begin["torn"]
        try:
            self._last = second.tap(
                second.Configuration.from_document(dated(begin["terminal"])),
                second.Transaction(
                    **{key: found[key] for key in TRANSACTION},
                    unpredictable=bytes.fromhex(begin["unpredictable"]),
                ),
                present,
                lookup=lookup,
                store=store,
                clock=lambda: wire.now,
                start=found["start"],
                torn=None if torn is None else bytes.fromhex(torn),
                purpose=found["purpose"].replace("_", "-"),  # as the second terminal calls it
            )
        except second.CallRefused as error:
            raise Refused(str(error)) from None
        return told(self._last)

    def host(self, answer: str, wire: Wire) -> Mapping[str, object]:
        """The outcome after the host's answer."""
        assert self._last is not None
        return told(second.complete(self._last, answer or None))


def told(result: second.Result) -> Mapping[str, object]:
    """A result by the words of an outcome."""
    found = {name: getattr(result, name) for name in TELLS if name != "outcome"}
    lists = {name: found[name].hex().upper() for name in ("field55", "data_record")}
    return {"outcome": result.status, **found, **lists}


def identity() -> Identity:
    """The oracle of these sources."""
    sources = sorted(Path(second.__file__).parent.glob("*.py"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    return Identity("oracle of the tests", "1", digest, frozenset(TELLS))


if __name__ == "__main__":
    serve(Oracle(), identity())
