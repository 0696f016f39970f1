"""Other builds of the extension than the installed one: one whose decisions can be forced, as
`tools/setup.sh forced` makes it, or one whose branches are counted, as tools/coverage.sh does.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import tapkern

FOLDER = Path(__file__).parents[1] / "build" / "forced" / "tapkern"


def load_forced(folder: Path = FOLDER) -> Any:
    """Puts the build in this folder in the place of `tapkern._kernel`; returns the module.

    Has to come before anything that uses the kernel.
    """
    path = next(iter(folder.glob("_kernel*.so")))
    spec = importlib.util.spec_from_file_location("tapkern._kernel", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tapkern._kernel"] = module
    spec.loader.exec_module(module)
    tapkern._kernel = module
    return module


class Forcing:
    """Stands for the Kernel class: makes kernels in which one decision is forced."""

    def __init__(self, plain: Any, rule: int, force: int) -> None:
        self._plain, self._rule, self._force = plain, rule, force

    def __call__(self, *arguments: Any) -> Any:
        made = self._plain(*arguments)
        made.force(self._rule, self._force)
        return made
