"""What pyscard raises: its own classes where it is installed, else ones of the same shape."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

RESULTS = (0, 0x8010000C, 0x80100016, 0x80100069, 0x80100068, 0x8010000B, 0x8010001D, -1)
"""hresult of a failed call: 0 is a card that was pulled while it computed."""


class BaseSCardException(Exception):
    """Stands for that of smartcard.pcsc.PCSCExceptions, which is no SmartcardException."""

    def __init__(self, message: str = "", hresult: int = -1) -> None:
        super().__init__(message)
        self.hresult = hresult


class SmartcardException(Exception):
    """Stands for smartcard.Exceptions.SmartcardException."""

    def __init__(self, message: str = "", hresult: int = -1) -> None:
        super().__init__(message)
        self.hresult = hresult

    def __str__(self) -> str:
        return f"{self.args[0]}: {self.hresult:#x}"


class NoCardException(SmartcardException):
    """No card at connect."""


class CardConnectionException(SmartcardException):
    """A connection or a transmission that failed."""


class CardRequestTimeoutException(SmartcardException):
    """No card in time."""


class EstablishContextException(BaseSCardException):
    """The daemon is away."""


class ListReadersException(BaseSCardException):
    """The readers cannot be told."""


def _classes() -> list[type[Exception]]:
    found: set[type[Exception]] = set()
    for module in ("smartcard.Exceptions", "smartcard.pcsc.PCSCExceptions"):
        try:
            names = vars(import_module(module)).values()
        except ImportError:
            continue
        found |= {
            one for one in names
            if isinstance(one, type) and issubclass(one, Exception)
            and one.__module__.startswith("smartcard")
        }  # fmt: skip
    ours: list[type[Exception]] = [
        NoCardException, CardConnectionException, CardRequestTimeoutException,
        EstablishContextException, ListReadersException,
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.__name__) or ours


def _maker(kind: type[Exception], result: int) -> Callable[[], Exception]:
    def make() -> Exception:
        error = kind.__new__(kind, "Failed to transmit with protocol T1. Card returned no answer.")
        error.__dict__.update(hresult=result, message="Card returned no valid response")
        return error

    return make


def stack_errors() -> dict[str, Callable[[], Exception]]:
    """Makers of every exception of the PC/SC stack by name; those of a connection with each
    result."""
    return {
        f"{kind.__name__} {result & 0xFFFFFFFF:08X}": _maker(kind, result)
        for kind in _classes()
        for result in (RESULTS if kind.__name__ == "CardConnectionException" else RESULTS[:1])
    }
