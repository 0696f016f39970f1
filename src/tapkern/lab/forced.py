"""Builds of the extension whose marked decisions can be forced, as `tools/setup.sh forced` makes
one: to be put in the place of the kernel that is installed.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

from tapkern.errors import UsageError

FORCES = {"false": 1, "true": 2, "less": 3, "more": 4}
"""Ways to force a decision (enum tapk_force): its answer, or a limit one less or one more."""
VARIABLE = "TAPKERN_FORCED"
FOLDER = "build/forced"
HOW = f"in a checkout: tools/setup.sh forced, then --forced {FOLDER} or {VARIABLE}"


def load(folder: Path) -> Any:
    """The extension below this folder, as a module of its own. Errors: UsageError."""
    path = next(iter(sorted(folder.glob("**/_kernel*.so"))), None)
    if path is None:
        raise UsageError("there is no build of the kernel", str(folder), HOW)
    spec = importlib.util.spec_from_file_location("tapkern._kernel", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        raise UsageError(f"cannot be loaded: {error}", str(path), HOW) from None
    return module


def find(folder: str | None) -> Path:
    """The folder of a build: as named, else in the environment, else below the current folder.

    Errors: UsageError when it is no build whose decisions can be forced, or one of other sources.
    """
    from tapkern import _kernel

    named = folder or os.environ.get(VARIABLE)
    if named is None and not Path(FOLDER).is_dir():
        what = "the decisions of the kernel that is installed cannot be forced"
        raise UsageError(what, "--mutants", HOW)
    path = Path(named or FOLDER)
    module = load(path)
    if not module.forcible():
        raise UsageError("the decisions of this build cannot be forced", str(path), HOW)
    if module.kernel_digest() != _kernel.kernel_digest():
        what = "this build is of other sources than the kernel that is installed"
        raise UsageError(what, str(path), "build both again: make demo, tools/setup.sh forced")
    return path


class Forcing:
    """Stands for the Kernel class: makes kernels in which one decision is forced."""

    def __init__(self, plain: Any, rule: int, force: int) -> None:
        self._plain, self._rule, self._force = plain, rule, force

    def __call__(self, *arguments: Any) -> Any:
        made = self._plain(*arguments)
        made.force(self._rule, self._force)
        return made
