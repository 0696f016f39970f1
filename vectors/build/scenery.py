"""Surroundings that decide nothing: the same case is tried in another place each time.

Case by case the next one is taken, so that a decision is not tied to one terminal, and what a
kernel passes on its way to it differs.
"""

from __future__ import annotations

from collections.abc import Sequence

from vectors.build.base import CREDIT, DEBIT, combination
from vectors.build import grid as plain
from vectors.build.grid import Part
from vectors.build.suite import SuiteBuilder

OTHER = "6200000000000009999"
CREDIT_TOO = combination(CREDIT, floor_limit=5000)
EXCEPTIONS = {"exception": [{"pan": OTHER}, {"pan": OTHER[:-1] + "8", "psn": "01"}]}


def _other(en: str, zh: str, **changes: object) -> Part:
    return Part(en, zh, aside=True, **changes)  # type: ignore[arg-type]


SCENERIES: tuple[Part, ...] = (
    Part(),
    _other("no transaction limit", "无交易限额", one={"transaction_limit": None}),
    _other("floor limit by 9F1B", "9F1B作为最低限额",
           one={"floor_limit": None, "terminal_floor_limit": 20000}),
    _other("no CVM limit", "无验证限额", one={"cvm_limit": None}),
    _other("exception file of others", "异常名单含他卡", config=EXCEPTIONS),
    _other("program asked for listed cards", "程序查询名单",
           term={"exception_lookup": True}, around={"listed": [OTHER]}),
    _other("combination for credit too", "另有贷记组合", more=(CREDIT_TOO,)),
    _other("status check on", "状态检查开", one={"status_check": True}),
    _other("no zero amounts", "不允许零金额", one={"zero_amount": False}),
    _other("collision first", "先有卡冲突", around={"detections": ["collision", "card"]}),
    _other("no electronic cash limit", "无电子现金限额", one={"ec_limit": None}),
    _other("floor limit and 9F1B", "两种最低限额", one={"terminal_floor_limit": 100}),
    _other("extended selection", "扩展选择", one={"extended_selection": True}),
    _other("several types", "多种交易类型", one={"types": ["00", "01", "20"]}),
    _other("combination of another kernel", "另有其他内核",
           more=(combination("A000000004", kernel=2, profile=None, ttq=None),)),
    _other("no limits but the floor limit", "仅有最低限额",
           one={"cvm_limit": None, "transaction_limit": None, "ec_limit": None}),
    _other("exact name for debit too", "另有全匹配借记组合",
           more=(combination(DEBIT + "99", partial_match=False, cvm_limit=None),)),
    _other(
        "recovery on", "闪卡恢复开", switches={"tt.recovery": True}, around={"store": "kept"}
    ),
    _other("doubtful taps recorded", "登记可疑交易",
           switches={"tt.upload_doubtful": True}, around={"store": "kept"}),
    _other("effective date checked", "检查生效日期", switches={"qp.check_effective": True}),
    _other("no automatic passes", "不自动重试", term={"passes": 0}),
)  # fmt: skip
"""Only terminals and what surrounds a tap, so that every card can meet them."""


def grid(made: SuiteBuilder, group: str, *axes: Sequence[Part]) -> None:
    """`grid.grid` with the sceneries."""
    plain.grid(made, group, *axes, scenery=SCENERIES)
