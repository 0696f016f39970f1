"""The rows of this folder as cases of the suites, in the words of `SuiteBuilder`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import Any

from tapkern.card import Fault
from vectors.build import base
from vectors.build.documents import Document, merged, plain
from vectors.build.literal import (
    authentication,
    cryptogram,
    entry,
    fringe,
    holder,
    limits,
    options,
    records,
    results,
    torn,
    transit,
)
from vectors.build.literal.beside import varied
from vectors.build.literal.cards import CARDS
from vectors.build.literal.row import Row
from vectors.build.literal.terminals import RSA_KEYS, SM2_KEYS, TERMINALS
from vectors.build.suite import Case, SuiteBuilder, Words

MODULES = (
    entry, limits, options, cryptogram, records, holder, results, authentication, torn, transit, fringe,
)  # fmt: skip

GROUPS = {
    "YYXZ": Words("Selection of the application", "应用选择"),
    "XEJC": Words("Limits before the tap", "限额检查"),
    "ZTZM": Words("Status words of GPO", "状态字"),
    "HQXX": Words("Answer to GPO", "处理选项应答"),
    "MWLX": Words("Type of the cryptogram", "密文类型"),
    "DQSJ": Words("Reading of records", "读数据"),
    "FXGL": Words("Expiry and exception file", "风险管理"),
    "JYJG": Words("Messages, data and money", "交易结果"),
    "CXKR": Words("Cardholder verification", "持卡人验证"),
    "TJRZ": Words("Offline data authentication", "脱机认证"),
    "SKHF": Words("Torn taps", "闪卡恢复"),
    "SJZF": Words("Phones", "手机支付"),
    "YECX": Words("Balances", "余额查询"),
    "ZJCW": Words("Damaged answers", "指令差错"),
    "JTCX": Words("Gates", "交通出行"),
}

SUITES = {
    "EP": ("entry-point", "Entry point", "应用入口"),
    "LM": ("limits", "Limits", "限额"),
    "QP": ("qpboc-uics-2018", "qPBOC, profile uics-2018", "qPBOC，uics-2018"),
    "CV": ("cvm", "Cardholder verification", "持卡人验证"),
    "RS": ("oda-rsa", "Offline data authentication, RSA", "脱机数据认证（RSA）"),
    "SM": ("oda-sm2", "Offline data authentication, SM2", "脱机数据认证（SM2）"),
    "TT": ("torn", "Torn taps", "闪卡"),
    "TR": ("transit", "Transit", "交通"),
    "AP": ("apdu-errors", "Answers that are no answers", "指令应答差错"),
}
"""The suite of the rows of a part, where no builder makes one."""

NO_RECOVERY = {"tt.recovery": False}
"""Recovery is asked for by the rows that are about it; a profile may preset it."""

_HOSTS = {host["answer"]: name for name, host in base.HOSTS.items()}


def rows() -> Iterator[Row]:
    """Every row, in surroundings of its own."""
    for module in MODULES:
        yield from map(varied, module.ROWS)


def added(made: Iterable[SuiteBuilder]) -> list[SuiteBuilder]:
    """The suites with these cases behind their own, and the suites that nobody makes."""
    found = list(made)
    homes: dict[str, SuiteBuilder] = {}
    for suite in found:
        homes.setdefault(suite.letters, suite)
    for row in rows():
        letters = row.id[:2]
        if letters not in homes:
            name, en, zh = SUITES[letters]
            homes[letters] = SuiteBuilder(name, letters, en=en, zh=zh, groups={})
            found.append(homes[letters])
        _add(homes[letters], row)
    return found


def _add(suite: SuiteBuilder, row: Row) -> None:
    group = row.id.split("-")[1]
    suite.groups.setdefault(group, GROUPS[group])
    parent = "cn-retail-sm" if row.terminal == "retail-sm" else "cn-retail"
    terminal = plain(_terminal(row))
    first = {**base.transaction(row.amount), **row.tx}
    taps: list[Document] = [{"transaction": first}]
    if row.again is not None:
        taps.append({"recovers": True, "transaction": {**first, **row.again}})
    suite.cases.append(
        Case(
            id=row.id,
            title=Words(row.en, row.zh),
            requirements=tuple(row.req.split()),
            terminal=suite.terminal_like(merged(suite.resolved_terminal(parent), terminal), parent),
            card=_named_card(suite, row),
            taps=tuple(taps),
            host=None if row.host is None else _HOSTS[row.host],
            others=tuple(_plain_card(suite, name) for name in row.others),
            mutations=tuple(plain(list(row.mutations))),
            surroundings=plain(row.around),
            checks=row.expect,
            scripts=(row.script,) if row.script else (),
            cite_rules=False,
        )
    )


def _terminal(row: Row) -> Document:
    """The configuration of a row: the named one with its changes, keys told in full."""
    found = {**TERMINALS[row.terminal], **row.config}
    if row.term:
        found["terminal"] = merged(found["terminal"], row.term)
    if row.combo or row.switches:
        change = {**row.combo, **({"switches": dict(row.switches)} if row.switches else {})}
        found["combination"] = [merged(one, change) for one in found["combination"]]
    combinations = [*found["combination"], *row.more]
    found["combination"] = [merged({"switches": NO_RECOVERY}, one) for one in combinations]
    found["ca_key"] = [_key(row.ca)] if row.ca else _keys(found["ca_key"])
    return found


def _keys(entries: Iterable[Mapping[str, Any]]) -> list[Document]:
    known = {RSA_KEYS["file"]: "rsa", SM2_KEYS["file"]: "sm2"}
    return [key for entry in entries for key in base.ca_keys(known[entry["file"]])]


def _key(words: str) -> Document:
    """One CA key with an expiry date, from "ca-1152@20261120"."""
    name, _, day = words.partition("@")
    lengths = {"ca-1152": 144, "ca-1408": 176}
    wanted = lengths.get(name)
    for key in base.ca_keys("rsa" if wanted else "sm2"):
        if wanted is None or len(key["modulus"]) == 2 * wanted:
            return {**key, "expiry": day}
    raise ValueError(f"no CA key is called {name}")


def _plain_card(suite: SuiteBuilder, name: str) -> str:
    """A card of the shelf or of `cards.py` as it is."""
    if name in CARDS:
        return suite.card(name, CARDS[name], None)
    document = _document(name)
    return suite.card_of(document, None) if document != {"base": name} else name


def _document(name: str) -> Document:
    """A card to be changed: one of `cards.py`, or a ready one, which may have a base of its own."""
    if name in CARDS:
        return CARDS[name]
    text = files("tapkern.card").joinpath(f"cards/{name}.toml").read_text("utf-8")
    found: Document = tomllib.loads(text)
    return plain(found) if "base" in found else {"base": name}


def _named_card(suite: SuiteBuilder, row: Row) -> str:
    change: Document = dict(row.face)
    if row.faults:
        change["fault"] = [_fault(words) for words in row.faults]
    if not change and not row.app:
        return _plain_card(suite, row.card)
    document = dict(_document(row.card))
    if row.app:
        applications = list(document.get("application", [{}]))
        applications[0] = merged(applications[0], plain(row.app))
        document["application"] = applications
    return suite.card_of(plain({**document, **change}), None)


def _fault(words: str) -> Document:
    """A fault of the catalogue as a card file has it, from "NAME:KEY=VALUE,..."."""
    fault = Fault.parse(words)
    given = [item.partition("=")[0] for item in words.partition(":")[2].split(",") if item]
    values = {key: fault.values[key] for key in given}
    return {
        "name": fault.name,
        **{key: v.hex().upper() if isinstance(v, bytes) else v for key, v in values.items()},
    }
