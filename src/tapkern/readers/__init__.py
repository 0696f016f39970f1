"""Readers: a simulated card, TCP, PC/SC and a recorded transcript behind one protocol (base.py).

A reader is named KIND:NAME, for example sim:debit, tcp:127.0.0.1:7816, pcsc:ACR122, replay:FILE.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tapkern.errors import ReaderError, UsageError

if TYPE_CHECKING:
    from tapkern.readers.base import Reader

KINDS = ("sim:CARD", "pcsc:NAME", "tcp:HOST:PORT", "replay:FILE")


def open_reader(spec: str, *, state: Path | None = None, faults: Sequence[str] = ()) -> Reader:
    """Opens the reader named by spec. state: file that keeps a simulated card between runs.

    faults: what a simulated card does wrong, as `Fault.parse` takes it. Errors: ReaderError with a
    list of what exists; UsageError about a fault.
    """
    kind, colon, name = spec.partition(":")
    if not colon or not name:
        raise ReaderError("a reader is named KIND:NAME", spec, "known: " + ", ".join(KINDS))
    if kind == "sim":
        return _simulated(name, state, faults)
    if faults:
        raise UsageError("only a simulated card can be told to misbehave", spec, "use sim:CARD")
    if kind == "tcp":
        from tapkern.readers.tcp import TcpReader

        return TcpReader.from_spec(name)
    if kind == "pcsc":
        from tapkern.readers.pcsc import PcscReader

        return PcscReader(name)
    if kind == "replay":
        from tapkern.readers.replay import ReplayReader

        return ReplayReader.from_file(name)
    raise ReaderError(f"there is no kind of reader {kind!r}", spec, "known: " + ", ".join(KINDS))


def _simulated(name: str, state: Path | None, faults: Sequence[str]) -> Reader:
    """A simulated card: a ready one by name, or a card file."""
    try:
        from tapkern.card import Card, Fault, names
    except ImportError as error:
        hint = "pip install construct cryptography"
        raise ReaderError(f"simulated cards need {error.name}", f"sim:{name}", hint) from None
    from tapkern.readers.simulated import SimulatedReader

    if name not in names() and not Path(name).exists():
        hint = f"ready cards: {', '.join(names())}; or name a card file"
        raise ReaderError("there is no such card", f"sim:{name}", hint)
    card = Card.load(name, state=state, faults=[Fault.parse(text) for text in faults])
    return SimulatedReader(card, name=f"sim:{name}")
