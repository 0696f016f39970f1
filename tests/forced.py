"""Other builds of the extension in the place of the installed one: one whose decisions can be
forced, as `tools/setup.sh forced` makes it, or one whose branches are counted, as tools/coverage.sh
does.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import tapkern
from tapkern.lab.forced import load

FOLDER = Path(__file__).parents[1] / "build" / "forced" / "tapkern"


def load_forced(folder: Path = FOLDER) -> Any:
    """Puts the build in this folder in the place of `tapkern._kernel`; returns the module.

    Has to come before anything that uses the kernel.
    """
    module = load(folder)
    sys.modules["tapkern._kernel"] = module
    tapkern._kernel = module
    return module
