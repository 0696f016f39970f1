"""Two taps at the same time in one thread: asyncio over the same step machine.

The kernel asks for one thing after the other and never waits. Whoever does the waiting, a thread,
asyncio or an interrupt, brings the answer with tap.resume. Run it: python examples/async_tap.py
"""

import asyncio
from pathlib import Path

from tapkern import Event, Outcome, StepKind, Terminal
from tapkern.card import Card


class AirReader:
    """An asynchronous reader: a simulated card behind 10 ms of radio."""

    def __init__(self, card: Card) -> None:
        self.card = card

    async def detect(self) -> Event:
        await asyncio.sleep(0.01)
        self.card.reset()
        return Event.CARD

    async def transmit(self, command: bytes) -> bytes:
        await asyncio.sleep(0.01)
        return self.card.transmit(command)


async def tap_once(terminal: Terminal, reader: AirReader, amount: str) -> Outcome:
    """Does what each step asks for. A step that we cannot do is UNSUPPORTED: the kernel refuses."""
    tap = terminal.begin(terminal.transaction(amount))
    records = terminal.torn_records
    while not tap.finished:
        if tap.kind == StepKind.TRANSMIT:
            print(f"{reader.card.name:8} {tap.data[:4].hex().upper()}")
            tap.resume(Event.ANSWER, await reader.transmit(tap.data))
        elif tap.kind == StepKind.DETECT:
            tap.resume(await reader.detect())
        elif tap.kind == StepKind.SHOW:
            print(f"{reader.card.name:8} {tap.ui.text()}")
            tap.resume(Event.DONE)
        elif tap.kind == StepKind.FIELD_OFF:
            await asyncio.sleep(tap.hold_ms / 1000)
            tap.resume(Event.DONE)
        elif tap.kind == StepKind.STORE:  # a real terminal keeps it in a file
            tap.resume(Event.DONE if records(tap.data or None) else Event.FAILED)
        else:
            tap.resume(Event.UNSUPPORTED)
    return tap.outcome


async def main() -> None:
    terminal = Terminal.from_toml(Path(__file__).with_name("terminal.toml"))
    outcomes = await asyncio.gather(
        tap_once(terminal, AirReader(Card.load("debit")), "12.50"),
        tap_once(terminal, AirReader(Card.load("credit")), "128.00"),
    )
    for outcome in outcomes:
        print(outcome.status, outcome.reason_text(), outcome.rule, outcome.pan)


if __name__ == "__main__":
    asyncio.run(main())
