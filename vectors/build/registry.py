"""Which modules make which suites. A suite module has `suite() -> SuiteBuilder`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from vectors.build.suite import SuiteBuilder

MODULES: tuple[str, ...] = ("limits",)
"""Modules in this package, in the order of the files."""


def suites() -> Iterator[SuiteBuilder]:
    """Every suite, with its cases, not yet played."""
    for name in MODULES:
        yield import_module(f"vectors.build.{name}").suite()
