"""Primitive suite `authenticate`: data sets as `tapkern oda` takes them, by the oracle's verifier.

SDA, DDA, CDA, fDDA and the chain of keys alone, with RSA and SM2: sets that are right, and one fault
in each of the others. Taps alone do not get to all of these decisions: a contactless tap has fDDA.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from tests.differential.allowed import SETS
from tests.oracle import chain, mutations
from tests.oracle.builder import build, draw
from tests.oracle.faults import ldd_too_long
from tests.oracle.mutator import Mutation, key_size
from vectors.build.documents import Document
from vectors.build.primitives import PrimitiveBuilder
from vectors.build.suite import Words

METHODS = ("cda", "fdda", "dda", "sda", "chain")
FAMILIES = {"rsa": "RSA", "sm2": "SM2"}
NUMBER = "6200000000000003455"
TRIES = 20
MOST_STATIC = 4096
BY = {-1: ("one less", "少一"), 0: ("just", "相同"), 1: ("one more", "多一")}
VALID = 4
"""Sets of each method and family that are right."""

GROUPS = {
    "YXSJ": Words("Sets that are right", "正确数据"),
    "CAGY": Words("CA keys", "CA公钥"),
    "FKHZ": Words("Issuer certificates", "发卡行证书"),
    "ICZS": Words("Card certificates", "IC卡证书"),
    "JTQM": Words("Signed static data", "静态签名"),
    "DTQM": Words("Signed dynamic data", "动态签名"),
    "FHRZ": Words("CDA", "复合动态认证"),
    "KSRZ": Words("fDDA", "快速DDA"),
    "JTSJ": Words("Static data and card number", "静态数据与卡号"),
}
PLACES = {
    "key": ("CAGY", "CA公钥"), "issuer": ("FKHZ", "发卡行证书"), "icc": ("ICZS", "IC卡证书"),
    "dda": ("DTQM", "DDA"), "number": ("DTQM", "IC卡动态数"), "cda": ("FHRZ", "CDA"),
    "fdda": ("KSRZ", "fDDA"), "90": ("FKHZ", "90"), "92": ("FKHZ", "92"), "9F32": ("FKHZ", "9F32"),
    "9F46": ("ICZS", "9F46"), "9F47": ("ICZS", "9F47"), "9F48": ("ICZS", "9F48"),
    "93": ("JTQM", "93"), "9F4B": ("DTQM", "9F4B"), "9F37": ("DTQM", "9F37"), "8F": ("CAGY", "8F"),
    "9F02": ("KSRZ", "9F02"), "5F2A": ("KSRZ", "5F2A"), "PAN": ("JTSJ", "卡号"),
    "9F4A": ("JTSJ", "9F4A"), "static data": ("JTSJ", "静态数据"), "other date": ("CAGY", "其他日期"),
}  # fmt: skip
"""How the name of a fault begins: the group of its cases, Chinese words."""
WORDS = {
    "identifier without digits": "标识无数字", "other issuer identifier": "发卡行标识不同",
    "identifier of 2 digits": "标识两位", "F inside the identifier": "标识中间为F",
    "PAN longer by a digit": "卡号多一位", "other PAN": "卡号不同", "year not BCD": "年份非BCD",
    "signature algorithm": "签名算法", "hash algorithm": "杂凑算法", "key algorithm": "公钥算法",
    "other algorithm": "算法不同", "parameter": "参数", "key length": "公钥长度",
    "encryption byte": "加密标识", "exponent 3 in three bytes": "三字节指数3", "exponent": "指数",
    "even": "偶数", "above the modulus": "不小于模", "not needed, hashed": "多余且计入杂凑",
    "not needed": "多余", "expired, ignored": "过期但忽略", "expired": "过期", "revoked": "已吊销",
    "other index": "索引不同", "index of two bytes": "两字节索引", "point off the curve": "点不在曲线上",
    "point short": "点过短", "point long": "点过长", "point 0, 0": "零点", "point FF": "全FF点",
    "bit of r, s": "r、s一位错误", "other signer": "签名者不同", "empty identity": "用户标识为空",
    "all ones": "全1", "LDD too long": "LDD过长", "length byte": "长度字节", "header": "数据头",
    "format": "格式", "trailer": "数据尾", "padding": "填充", "hash signed": "杂凑不同", "hash": "杂凑",
    "month": "月份", "modulus short": "模过短", "modulus long": "模过长", "missing": "缺失",
    "empty": "为空", "more tags": "多标签", "other tag": "标签不同", "without 82": "无82",
    "too long": "过长", "no DDOL data": "无DDOL数据", "DDOL data short": "DDOL数据过短",
    "DDOL data": "DDOL数据", "too little data": "数据不足", "other CID signed": "CID不同",
    "other hash signed": "杂凑不同", "answer without 9F27": "应答无9F27", "AIP without DDA": "AIP无DDA",
    "no AIP": "无AIP", "version 00 not allowed": "不允许版本00", "version 00 to 0030": "版本00对0030",
    "version": "版本", "removed": "被删除", "other ATC": "ATC不同", "other CTQ": "CTQ不同",
    "other DF61": "DF61不同", "no CTQ": "无CTQ", "PDOL": "PDOL", "without": "无", "cut": "截断",
    "longer": "过长", "shorter": "过短", "length": "长度", "none": "无", " of ": "长度",
}  # fmt: skip
"""The rest of the names in Chinese, the longer phrases first where one holds the other."""


def suite() -> PrimitiveBuilder:
    """Right sets, then every named fault that a set of a family can have."""
    made = PrimitiveBuilder(
        "authenticate", "AU", en="Offline data authentication of data sets",
        zh="脱机数据认证（数据集）", groups=GROUPS,
    )  # fmt: skip
    for family, name in FAMILIES.items():
        for method in METHODS:
            for number in range(VALID):
                plan = draw(random.Random(f"{family}/{method}/{number}"), family, method, NUMBER)
                words = f"{method.upper()} {name} {number + 1}"
                _add(made, "YXSJ", words, words, build(plan), ())
    _bounds(made)
    for family, name in FAMILIES.items():
        for one in _faults():
            for data, method, rule in _with(one, family):
                group, zh = _told(one.name)
                en = f"{method.upper()} {name}, {one.name.removeprefix('sm ')}"
                _add(made, group, en, f"{method.upper()} {name}，{zh}", data, rule)
    return made


def _bounds(made: PrimitiveBuilder) -> None:
    """Limits met exactly, and missed by one (FD-004, DDA-005, ODA-082)."""
    for by in (-1, 0, 1):
        plan = draw(random.Random("DDA/bounds"), "rsa", "dda", NUMBER)
        room = key_size(plan.icc) - 25 - 1 - len(plan.dynamic_number)
        plan.extra = plan.rng.randbytes(room + min(by, 0))
        if by > 0:
            ldd_too_long(plan)
        _add(made, "YXSJ", f"DDA RSA, dynamic data {BY[by][0]} as it can be",
             f"DDA RSA，动态数据比最大长度{BY[by][1]}", build(plan), ("DDA-005",))  # fmt: skip
        for family, name in FAMILIES.items():
            plan = draw(random.Random("SDA/bounds"), family, "sda", NUMBER)
            plan.records = [plan.rng.randbytes(MOST_STATIC + by)]
            _add(made, "JTSJ", f"SDA {name}, static data {BY[by][0]} as they can be",
                 f"SDA {name}，静态数据比最大长度{BY[by][1]}", build(plan), ("ODA-082",))  # fmt: skip
        plan = draw(random.Random("FDDA/bounds"), "rsa", "fdda", NUMBER)
        plan.version, plan.options = 0, {"fd.allow_v00": True}
        plan.terminal["9F66"] = bytes.fromhex("36000080")
        plan.card = {"9F08": (0x2F + by).to_bytes(2, "big")}
        _add(made, "KSRZ", f"FDDA RSA, version 00, 9F08 {BY[by][0]} as 002F",
             f"FDDA RSA，版本00，9F08比002F{BY[by][1]}", build(plan), ("FD-004",))  # fmt: skip


def _faults() -> Iterator[Mutation]:
    """By name; random damage has none."""
    known: set[str] = set()
    for one in mutations.MUTATIONS:
        if not one.name.startswith("damage") and one.name not in known:
            known.add(one.name)
            yield one


def _with(fault: Mutation, family: str) -> Iterator[tuple[Document, str, Sequence[str]]]:
    """A set with the fault by the first method that it fits, and one of fDDA for the number."""
    orders = [METHODS, ("fdda",)] if fault.name.startswith("number") else [METHODS]
    for methods in orders:
        for number in range(TRIES * len(methods)):
            method = methods[number // TRIES]
            plan = draw(random.Random(f"{fault.name}/{number}"), family, method, NUMBER)
            if fault.fits(plan):
                rule = fault.apply(plan)
                yield build(plan), method, (rule,) if "-" in rule else ()
                break


def _add(
    made: PrimitiveBuilder, group: str, en: str, zh: str, data: Document, rules: Sequence[str]
) -> None:
    """The case of a set; it is about the rule that fails, or about all of them (ODA-085)."""
    found = chain.verify(data)
    failed = found.failed_rule
    ids = " ".join(dict.fromkeys((*rules, failed or "ODA-085")))
    output: Document
    if failed is None:
        output = {} if found.number is None else {"number": found.number.hex().upper()}
    else:
        output = {"rules": [failed, *(kernel for oracle, kernel in SETS if oracle == failed)]}
    made.case(group, en, zh, ids, data, output, valid=failed is None)


def _told(name: str) -> tuple[str, str]:
    """Group and Chinese title of a fault."""
    plain = name.removeprefix("sm ")
    place = max((one for one in PLACES if plain.startswith(one)), key=len)
    group, zh = PLACES[place]
    text = plain[len(place) :].lstrip(":, ")
    for english, chinese in WORDS.items():
        text = text.replace(english, chinese)
    return group, f"{zh}：{text}" if text else zh
