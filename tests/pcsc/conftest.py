"""The PC/SC stack of the test session. Missing parts skip the tests, unless
TAPKERN_REQUIRE_PCSC=1 says that they must run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.pcsc.stack import Stack, missing


@pytest.fixture(scope="session")
def session_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if reason := missing():
        if os.environ.get("TAPKERN_REQUIRE_PCSC") == "1":
            pytest.fail(f"TAPKERN_REQUIRE_PCSC=1, but {reason}")
        pytest.skip(reason)
    stack = Stack(tmp_path_factory.mktemp("pcsc"))
    stack.start()
    yield stack
    stack.stop()


@pytest.fixture
def stack(session_stack: Stack) -> Stack:
    """A running daemon, whatever the test before did to it."""
    if not session_stack.running:
        session_stack.start()
    return session_stack


@pytest.fixture
def insert(stack: Stack) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """insert("--mute-after", "3") puts a card of card_process.py into the reader; returns when the
    daemon has seen it."""
    cards: list[subprocess.Popen[str]] = []

    def put(*arguments: str) -> subprocess.Popen[str]:
        cards.append(stack.card(*arguments))
        stack.wait_until(present=True)
        return cards[-1]

    yield put
    stack.remove(*cards)
