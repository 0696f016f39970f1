"""Which modules make which suites. A module has `suite()` or `suites()`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from vectors.build.literal import wire
from vectors.build.suite import SuiteBuilder

MODULES: tuple[str, ...] = (
    "entry_point", "qpboc", "cvm", "limits", "torn", "transit", "oda", "wrong_data", "apdu_errors",
    "inquiry", "drawn", "caught",
)  # fmt: skip
"""Modules in this package, in the order of the files."""


def suites() -> Iterator[SuiteBuilder]:
    """Every suite, with its cases and those of `literal`, not yet played."""
    yield from wire.added([made for name in MODULES for made in _made(name)])


def _made(name: str) -> Iterator[SuiteBuilder]:
    module = import_module(f"vectors.build.{name}")
    yield from module.suites() if hasattr(module, "suites") else (module.suite(),)
