"""Suite `drawn`: random taps of tests/differential, for shapes that nobody thought of.

Card, terminal, transaction and what goes wrong follow from the seed and a number.
"""

from __future__ import annotations

import json

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.differential.generator import case as draw
from vectors.build import base
from vectors.build.documents import Document, patch_between, plain
from vectors.build.suite import SEED, SuiteBuilder, Words

GROUPS = {
    "SJTC": Words("Drawn taps, nothing goes wrong on the way", "随机抽样，传输无异常"),
    "SJGZ": Words("Drawn taps of cards with faults", "随机抽样，卡片有故障"),
    "SJBY": Words("Drawn taps with changed answers", "随机抽样，应答被改"),
    "SJSK": Words("Drawn torn taps", "随机抽样，闪卡"),
}
CANDIDATES = 400
"""How many taps are looked at when the kept ones are chosen."""
AROUND = ("card_random", "detections", "who", "waits", "listed", "store", "store_fails")
TRANSACTION = ("amount", "other", "type", "currency", "exponent", "date", "time", "sequence",
               "unpredictable", "start", "purpose")  # fmt: skip
HOSTS = {"00": "approves", "51": "declines", "05": "refuses", "": "silent"}
KINDS = {"leave": "离场", "mute": "无应答", "cancel": "取消", "set": "取值改变", "insert": "插入对象", "drop": "删除对象", "copy": "对象重复",
         "move": "对象移位", "pad": "插入字节", "resize": "长度改变", "bit": "一位翻转", "template": "模板改变", "cut": "截断",
         "tail": "末尾加字节", "flip": "一位翻转", "long form": "长度编码更长", "status": "状态字", "replay": "重放应答"}  # fmt: skip


FILE = Path(__file__).with_name("drawn.jsonl")
"""The kept taps as they were drawn: what the generator draws may change, a case may not."""


def suite(rows: Sequence[Document] | None = None) -> SuiteBuilder:
    """The kept taps, or these."""
    made = SuiteBuilder("drawn", "DR", en="Drawn taps", zh="随机抽样交易", groups=GROUPS)
    for row in _kept() if rows is None else rows:
        _add(made, row)
    return made


def keep(rows: Sequence[Document]) -> None:
    """Writes the taps that the suite is made of."""
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    FILE.write_text("".join(lines), encoding="utf-8")


def _kept() -> list[Document]:
    return [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]


def _add(made: SuiteBuilder, row: Document) -> None:
    index, parent = row["index"], row["parent"]
    made.number(row["group"], index)
    made.case(
        row["group"],
        f"drawn tap {index}: {row['en']}",
        f"随机交易{index}：{row['zh']}",
        ["QP-127"],
        terminal=made.terminal(f"drawn-{index}", row["terminal"], parent),
        card=made.card(f"drawn-{index}", row["card"], None),
        transaction=row["taps"][0]["transaction"],
        taps=row["taps"],
        host=row["host"],
        others=[
            made.card(f"drawn-{index}-{at}", other, None)
            for at, other in enumerate(row["others"], 1)
        ],
        mutations=row["mutations"],
        surroundings=row["surroundings"],
    )


def candidate(made: SuiteBuilder, index: int) -> Document:
    """A tap of the generator as a row; made: whose parents the terminal has."""
    found = draw(SEED, index)
    tap = found.tap
    terminal = plain(found.terminal)
    has_sm = any(key.get("algorithm") == "sm2" for key in terminal["ca_key"])
    parent = "cn-retail-sm" if has_sm else "cn-retail"
    if all(set(key) == set(known) for key in terminal["ca_key"] for known in base.ca_keys()
           if key["index"] == known["index"]):  # fmt: skip
        terminal["ca_key"] = base.ca_keys("" if has_sm else "rsa")
    first = {**base.transaction(0), **{key: tap[key] for key in TRANSACTION if key in tap}}
    if "purpose" in first:
        first["purpose"] = first["purpose"].replace("-", "_")
    taps: list[Document] = [{"transaction": first}]
    if "again" in tap:
        taps.append(_again(first, tap["again"]))
    host = tap.get("host")
    group, en, zh = _words(found.card, list(found.mutations), tap)
    row = {
        "index": index,
        "group": group,
        "en": en,
        "zh": zh,
        "parent": parent,
        "terminal": _difference(made, terminal, parent),
        "card": found.card,
        "taps": taps,
        "host": None if host is None else HOSTS.get(host, "refuses"),
        "others": list(tap.get("others", ())),
        "mutations": list(found.mutations),
        "surroundings": {key: tap[key] for key in AROUND if key in tap},
    }
    result: Document = plain(row)
    return result


def _difference(made: SuiteBuilder, terminal: Document, parent: str) -> Document:
    return patch_between(made.resolved_terminal(parent), terminal)


def _again(first: Document, again: Document) -> Document:
    changes = {key: value for key, value in again.items() if key != "damage"}
    if "purpose" in changes:
        changes["purpose"] = changes["purpose"].replace("-", "_")
    found: Document = {"transaction": {**first, "start": "A", **changes}}
    if "purpose" not in changes:
        found = {"recovers": True, **found}
    if "damage" in again:
        found["damage"] = again["damage"]
    return found


def _words(card: Document, mutations: list[Any], tap: Document) -> tuple[str, str, str]:
    """Group and titles: what is special in it."""
    faults = [text.partition(":")[0] for text in card.get("faults", ())]
    kinds = list(dict.fromkeys(one["kind"] for one in mutations))
    en = [f"ready card {card['base']}"] if "base" in card else ["drawn card"]
    zh = [f"成品卡{card['base']}"] if "base" in card else ["随机卡"]
    if faults:
        en.append("faults " + " and ".join(faults))
        zh.append("故障" + "、".join(faults))
    if kinds:
        en.append("on the way: " + ", ".join(kinds))
        zh.append("途中：" + "、".join(KINDS.get(kind, kind) for kind in kinds))
    if "again" in tap:
        en.append("a second transaction")
        zh.append("第二笔交易")
    torn = any(kind in ("leave", "mute") for kind in kinds)
    group = "SJSK" if torn else "SJBY" if kinds else "SJGZ" if faults else "SJTC"
    return group, ", ".join(en), "，".join(zh)
