"""The second terminal: one tap, decided straight from the digest, slow and simple.

It shares nothing with the kernel. A chapter of the digest is a file; every rule carries its id.

    from tests.oracle.terminal import Configuration, Transaction, complete, tap

    result = tap(Configuration.from_document(document), transaction, present)
"""

from tests.oracle.terminal.configuration import Configuration
from tests.oracle.terminal.outcome import CallRefused, Cancelled, Info, Lost, Result
from tests.oracle.terminal.session import Transaction
from tests.oracle.terminal.tap import complete, tap

__all__ = [
    "CallRefused",
    "Cancelled",
    "Configuration",
    "Info",
    "Lost",
    "Result",
    "Transaction",
    "complete",
    "tap",
]
