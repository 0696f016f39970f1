"""A small report with every verdict and with a card number in every place that can hold one."""

from __future__ import annotations

from tapkern.lab.results import (
    CaseResult,
    CheckResult,
    Exchange,
    Identity,
    Mutants,
    Report,
    SuiteInfo,
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


def exchange(command: str, answer: str | None, event: str = "answer") -> Exchange:
    """A command and its answer."""
    return Exchange(command, answer, event)


TAP = (
    exchange(SELECT_PPSE, DIRECTORY + "9000"),
    exchange(f"00A4040008{AID}00", FCI + "9000"),
    exchange(
        GPO, tlv("77", tlv("82", "7C00") + tlv("94", "08010300") + tlv("9F36", "0001")) + "9000"
    ),
    exchange("00B2010C00", RECORD + "9000"),
    exchange("00B2015C00", "000102" + PAN + "F" + "9000"),
    exchange("00B2020C00", tlv("70", tlv("9F46", CERTIFICATE)) + "9000"),
    exchange("00B2030C00", None, "lost"),
)


def _check(number: int, what: str, passed: bool | None, expected: str, found: str) -> CheckResult:
    return CheckResult(str(number), 1, "outcome", what, passed, expected, found)


def _checks(outcome: str, found: str) -> tuple[CheckResult, ...]:
    objects = f"57 {TRACK2} 5A {PAN}F 9F02 000000001250"
    return (
        _check(1, "outcome", outcome == found, outcome, found),
        _check(2, "rule", None, "QP-120", ""),
        _check(3, "data_record 5A", True, PAN + "F", PAN + "F"),
        _check(4, "data_record", True, objects, objects),
        _check(5, "looked_up", True, f"[['{PAN}', 1]]", f"[['{PAN}', 1]]"),
        _check(6, "no_apdu", True, "80AE*", "none"),
        _check(7, "ui", True, "card_read_ok", "card_read_ok"),
    )


def _case(number: int, verdict: Verdict, **more) -> CaseResult:
    values = {
        "id": f"QP-FXGL-{number:04}",
        "suite": "qpboc-uics-2018",
        "title": {"en": f"Amount {number} above the limit", "zh": f"第{number}个超限金额"},
        "group": "FXGL",
        "requirements": ("QP-092", "EP-010"),
        "verdict": verdict,
        "terminal": "cn-retail",
        "configuration": "cd" * 32,
        "card": "debit",
        **more,
    }
    return CaseResult(**values)


def report() -> Report:
    """Five cases in two suites, with mutants."""
    return Report(
        identity=Identity("tapkern", "0.1.0", "ab" * 32, frozenset({"outcome", "reason"})),
        suites=(
            SuiteInfo(
                "qpboc-uics-2018", "1.0.0", "ef" * 32,
                {"en": "qPBOC, UICS 2018", "zh": "闪付 UICS 2018"}, 4, 7,
                {"FXGL": {"en": "risk management", "zh": "风险管理"}},
            ),
            SuiteInfo(
                "torn", "1.0.0", "01" * 32, {"en": "torn taps", "zh": "闪卡"}, 1, 7,
                {"SKHF": {"en": "torn card recovery", "zh": "闪卡恢复"}},
            ),
        ),
        platform="Linux x86_64, Python 3.11.7",
        started="2026-11-21T10:11:12+08:00",
        seconds=12.5,
        cases=(
            _case(1, Verdict.PASS, checks=_checks("approved", "approved"), exchanges=(TAP,),
                  rules=(("EP-010", 1), ("QP-120", 1))),
            _case(2, Verdict.FAIL, reason="check 1", checks=_checks("declined", "approved"),
                  exchanges=(TAP, TAP[:2]), seconds=0.25),
            _case(3, Verdict.NOT_APPLICABLE, reason="oda.sm2: the ICS says no", configuration=""),
            _case(4, Verdict.INCONCLUSIVE, reason=f"the kernel died: </script><b>{PAN}</b>"),
            _case(5, Verdict.PASS, id="TT-SKHF-0001", suite="torn", group="SKHF", host="approves",
                  checks=_checks("approved", "approved")[:1]),
        ),
        mutants=Mutants(400, 398, ({"mutant": "QP_064 inverted", "reason": "ends the same way"},
                                   {"mutant": "QP_065 removed", "reason": ""})),
    )  # fmt: skip
