"""Which modules make which suites. A suite module has `suite() -> SuiteBuilder`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from vectors.build.literal import wire
from vectors.build.suite import SuiteBuilder

MODULES: tuple[str, ...] = ("limits",)
"""Modules in this package, in the order of the files."""


def suites() -> Iterator[SuiteBuilder]:
    """Every suite, with its cases and those of `literal`, not yet played."""
    made = [import_module(f"vectors.build.{name}").suite() for name in MODULES]
    yield from wire.added(made)
