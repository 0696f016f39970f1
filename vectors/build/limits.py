"""Suite `limits`: every limit of terminal and card with amounts around it."""

from __future__ import annotations

from vectors.build.base import combination
from vectors.build.suite import SuiteBuilder, Words

GROUPS = {"ZDXE": Words("Terminal limits", "终端限额")}
AROUND = ((-1, "one below", "低一分"), (0, "equal", "相等"), (1, "one above", "高一分"))


def suite() -> SuiteBuilder:
    made = SuiteBuilder("limits", "LM", en="Limits", zh="限额", groups=GROUPS)
    limit = 10000
    terminal = made.terminal("cvm-100", {"combination": [combination(cvm_limit=limit)]})
    for by, en, zh in AROUND:
        made.case(
            "ZDXE",
            f"CVM limit 100.00, amount {en}",
            f"持卡人验证限额100.00，金额{zh}",
            ["EP-018"],
            terminal=terminal,
            card="debit",
            amount=limit + by,
        )
    return made
