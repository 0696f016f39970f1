"""A small report with every verdict and with a card number in every place that can hold one."""

from __future__ import annotations

from tapkern.data.codes import Text, plain
from tapkern.lab.results import (
    CaseResult,
    CheckResult,
    Exchange,
    Identity,
    Mutants,
    Report,
    SuiteRun,
    Survivor,
    Verdict,
)

PAN = "6200000000000003455"
NAME = "TEST CARDHOLDER"
DISCRETIONARY = "0000012345"
CERTIFICATE = "5E" * 112
SECRETS = (
    PAN,
    PAN.encode().hex(),
    PAN.encode().hex().upper(),
    DISCRETIONARY,
    NAME.encode().hex().upper(),
    CERTIFICATE[:40],
)


def tlv(tag: str, value: str) -> str:
    """A data object; the value is hexadecimal."""
    size = len(value) // 2
    length = f"{size:02X}" if size < 0x80 else f"81{size:02X}"
    return tag + length + value


TRACK2 = PAN + "D3012220" + DISCRETIONARY + "F"
TRACK2 += "F" * (len(TRACK2) % 2)
RECORD = tlv(
    "70",
    tlv("57", TRACK2)
    + tlv("5A", PAN + "F")
    + tlv("5F20", NAME.encode().hex().upper())
    + tlv("9F1F", DISCRETIONARY)
    + tlv("9F36", "0001"),
)
AID = "A000000333010106"
PPSE = "325041592E5359532E4444463031"
SELECT_PPSE = f"00A404000E{PPSE}00"
DIRECTORY = tlv("6F", tlv("84", PPSE) + tlv("A5", tlv("BF0C", tlv("61", tlv("4F", AID)))))
PDOL = "9F66049F02065F2A029F3704"
FCI = tlv("6F", tlv("84", AID) + tlv("A5", tlv("50", "5051") + tlv("9F38", PDOL)))
GPO = "80A80000128310" + "27000000" + "000000001250" + "0156" + "01020304" + "00"
TAP = (
    Exchange(SELECT_PPSE, DIRECTORY + "9000"),
    Exchange(f"00A4040008{AID}00", FCI + "9000"),
    Exchange(
        GPO, tlv("77", tlv("82", "7C00") + tlv("94", "08010100") + tlv("9F36", "0001")) + "9000"
    ),
    Exchange("00B2010C00", RECORD + "9000"),
    Exchange("00B2015C00", "000102" + PAN + "0F" + "9000"),
    Exchange("00B2020C00", tlv("70", tlv("9F46", CERTIFICATE)) + "9000"),
    Exchange("00B2030C00", "lost"),
)


def _checks(outcome: str, found: str) -> tuple[CheckResult, ...]:
    return (
        CheckResult("1", outcome == found, {"field": "outcome", "is": outcome}, found),
        CheckResult("2", None, {"field": "rule", "is": "QP-120"}),
        CheckResult("3", True, {"in": "data_record", "tag": "5A", "is": PAN + "F"}, PAN + "F"),
        CheckResult(
            "4", True, {"in": "data_record", "objects": [["57", TRACK2], ["9F02", "000000001250"]]},
            [["57", TRACK2], ["9F02", "000000001250"]],
        ),
        CheckResult("5", True, {"looked_up": [[PAN, 1]]}, [[PAN, 1]]),
        CheckResult("6", True, {"no_apdu": "80AE*"}),
        CheckResult("7", True, {"ui": ["card_read_ok"]}, ["card_read_ok"]),
    )  # fmt: skip


def _case(number: int, verdict: Verdict, **more) -> CaseResult:
    values = {
        "id": f"QP-FXGL-{number:04}",
        "suite": "qpboc-uics-2018",
        "title": Text(f"The {number}th amount above the limit", f"第{number}个超限金额"),
        "group": "FXGL",
        "requirements": ("QP-092", "EP-010"),
        "verdict": verdict,
        "terminal": "cn-retail",
        "card": "debit",
        **more,
    }
    return CaseResult(**values)


def report() -> Report:
    """Five cases in two suites, with mutants."""
    told = {"outcome": "approved", "rule": "QP-120", "data_record": tlv("57", TRACK2)}
    return Report(
        identity=Identity("tapkern", "0.1.0", "ab" * 32, ("outcome", "rule")),
        configuration_digests={"qpboc-uics-2018/cn-retail": "cd" * 32},
        suites=(
            SuiteRun(
                "qpboc-uics-2018", "1.0.0", "ef" * 32, Text("qPBOC, UICS 2018", "闪付 UICS 2018"),
                {"FXGL": Text("risk management", "风险管理")},
            ),
            SuiteRun(
                "torn", "1.0.0", "01" * 32, Text("torn taps", "闪卡"),
                {"SKHF": Text("torn card recovery", "闪卡恢复")},
            ),
        ),
        seed=7,
        platform="Linux x86_64, Python 3.11.7",
        started="2026-11-21T10:11:12+08:00",
        seconds=12.5,
        cases=(
            _case(1, Verdict.PASS, checks=_checks("approved", "approved"), exchanges=(TAP,),
                  outcomes=(told,), rules=(("EP-010", True), ("QP-120", True))),
            _case(2, Verdict.FAIL, checks=_checks("declined", "approved"), exchanges=(TAP, TAP[:2]),
                  outcomes=(told, told), seconds=0.25),
            _case(3, Verdict.NOT_APPLICABLE, reason=Text("the ICS says oda.sm2 is not supported",
                                                         "ICS 声明不支持 oda.sm2")),
            _case(4, Verdict.INCONCLUSIVE, reason=plain(f"the kernel died </script><b>{PAN}</b>")),
            _case(5, Verdict.PASS, id="TT-SKHF-0001", suite="torn", group="SKHF", host="approves",
                  checks=_checks("approved", "approved")[:1]),
        ),
        mutants=Mutants(400, 398, (Survivor("QP_064 inverted", "an error ends the same way"),
                                   Survivor("QP_065 removed"))),
    )  # fmt: skip
