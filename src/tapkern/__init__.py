"""tapkern: the software inside a card terminal that decides a tap.

    from tapkern import Terminal, open_reader

    terminal = Terminal.from_toml("terminal.toml")
    tap = terminal.tap(open_reader("sim:debit"), amount="12.50")
    print(tap.outcome.status, tap.outcome.reason, tap.outcome.rule)

Names are imported when they are first used, so that importing the package stays quick and needs
nothing but the compiled kernel.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tapkern._kernel import Message
    from tapkern._numbers import Event, LogEnd, StartCode, StepKind
    from tapkern.card_info import CardInfo
    from tapkern.errors import (
        CardLost,
        CardTimeout,
        ConfigFault,
        KernelError,
        ReaderError,
        TapkernError,
        TlvError,
        UsageError,
    )
    from tapkern.outcome import BalanceResult, Cvm, Oda, Outcome, Status, UiRequest
    from tapkern.readers import open_reader
    from tapkern.readers.base import Detection, Reader
    from tapkern.terminal import HostAnswer, Tap, Terminal
    from tapkern.transaction import Transaction

__version__ = "0.1.0"

_HOME = {
    "Message": "tapkern._kernel",
    "Event": "tapkern._numbers",
    "LogEnd": "tapkern._numbers",
    "StartCode": "tapkern._numbers",
    "StepKind": "tapkern._numbers",
    "CardInfo": "tapkern.card_info",
    "CardLost": "tapkern.errors",
    "CardTimeout": "tapkern.errors",
    "ConfigFault": "tapkern.errors",
    "KernelError": "tapkern.errors",
    "ReaderError": "tapkern.errors",
    "TapkernError": "tapkern.errors",
    "TlvError": "tapkern.errors",
    "UsageError": "tapkern.errors",
    "BalanceResult": "tapkern.outcome",
    "Cvm": "tapkern.outcome",
    "Oda": "tapkern.outcome",
    "Outcome": "tapkern.outcome",
    "Status": "tapkern.outcome",
    "UiRequest": "tapkern.outcome",
    "open_reader": "tapkern.readers",
    "Detection": "tapkern.readers.base",
    "Reader": "tapkern.readers.base",
    "HostAnswer": "tapkern.terminal",
    "Tap": "tapkern.terminal",
    "Terminal": "tapkern.terminal",
    "Transaction": "tapkern.transaction",
}

__all__ = [
    "BalanceResult",
    "CardInfo",
    "CardLost",
    "CardTimeout",
    "ConfigFault",
    "Cvm",
    "Detection",
    "Event",
    "HostAnswer",
    "KernelError",
    "LogEnd",
    "Message",
    "Oda",
    "Outcome",
    "Reader",
    "ReaderError",
    "StartCode",
    "Status",
    "StepKind",
    "Tap",
    "TapkernError",
    "Terminal",
    "TlvError",
    "Transaction",
    "UiRequest",
    "UsageError",
    "open_reader",
]


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'tapkern' has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
