"""Other people's programs as a second opinion; where CI runs, all of them have to be there."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

import pytest

from tests.issuer import openssl


def required() -> bool:
    """Whether a program that is missing is a failure."""
    return os.environ.get("CI", "") not in ("", "0", "false")


def package(name: str) -> ModuleType:
    """A Python package of the test extra; without it the tests of the module are skipped."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        if required():
            raise
    pytest.skip(f"{name} is not installed: pip install '.[test]'", allow_module_level=True)


needs_openssl = pytest.mark.skipif(
    not required() and not openssl.usable(), reason="no openssl command with SM2"
)
