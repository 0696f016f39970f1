"""What a marked decision looks like in the sources of the kernel."""

from __future__ import annotations

import re

MARK = re.compile(r"\b(?:RULE|REQUIRE)(_GE)?\(\s*([A-Z]+_\d{3}),")
"""RULE(QP_064, condition), and with the first group RULE_GE(QP_091, a, b); REQUIRE is the same."""
