"""`python -m tapkern` is the command line."""

from __future__ import annotations

import sys

from tapkern.cli.main import main

sys.exit(main())
