"""Results of a tap as values. The kernel decided all of it; here it only gets names."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cache

from tapkern import _kernel
from tapkern._numbers import (
    DataList,
    InterfaceCode,
    MessageCode,
    Qualifier,
    Space,
    StartCode,
    UiStatus,
)
from tapkern.data.codes import Text, plain
from tapkern.data.mask import mask_pan
from tapkern.data.messages import Language, message


class Status(StrEnum):
    """How a tap ended."""

    APPROVED = "approved"
    DECLINED = "declined"
    ONLINE_REQUEST = "online_request"
    TRY_AGAIN = "try_again"
    SELECT_NEXT = "select_next"
    TRY_ANOTHER_INTERFACE = "try_another_interface"
    END_APPLICATION = "end_application"


class Cvm(StrEnum):
    """How the cardholder is to be verified."""

    NO_CVM = "no_cvm"
    SIGNATURE = "signature"
    ONLINE_PIN = "online_pin"
    CDCVM = "cdcvm"
    NA = "n_a"


class Oda(StrEnum):
    """Result of offline data authentication (ODA-085)."""

    NOT_PERFORMED = "not_performed"
    FAILED = "failed"
    SUCCESSFUL = "successful"


_STATUS = {
    0x10: Status.APPROVED,
    0x20: Status.DECLINED,
    0x30: Status.ONLINE_REQUEST,
    0x40: Status.END_APPLICATION,
    0x50: Status.SELECT_NEXT,
    0x60: Status.TRY_ANOTHER_INTERFACE,
    0x70: Status.TRY_AGAIN,
}
_CVM = {0x00: Cvm.NO_CVM, 0x10: Cvm.SIGNATURE, 0x20: Cvm.ONLINE_PIN, 0x30: Cvm.CDCVM, 0xF0: Cvm.NA}
_ODA = {0: Oda.NOT_PERFORMED, 1: Oda.FAILED, 2: Oda.SUCCESSFUL}


def word(member: Enum | None) -> str:
    """The word of an enum member as files and the command line write it."""
    return "n_a" if member is None or member.name == "NA" else member.name.lower()


@dataclass(frozen=True, slots=True)
class UiRequest:
    """A user interface request. hold_ms is the shortest time to show it.

    value (minor units) is an amount or a balance, as qualifier says, in currency (ISO 4217).
    """

    message: int
    status: UiStatus
    hold_ms: int
    qualifier: Qualifier = Qualifier.NONE
    value: int = 0
    currency: int = 0
    language: str = ""

    @property
    def name(self) -> str:
        """Name of the message, for example "card_read_ok"."""
        try:
            return MessageCode(self.message).name.lower()
        except ValueError:
            return f"{self.message:02x}"

    def text(self, lang: Language = "en") -> str:
        """The text to show."""
        try:
            return message(self.message).text(lang)
        except ValueError:
            return ""


def ui_request(row: _kernel.UiTuple) -> UiRequest:
    """A UI request from the binding."""
    number, status, hold, qualifier, value, currency, language = row
    has_value = qualifier != Qualifier.NONE
    return UiRequest(
        message=number,
        status=UiStatus(status),
        hold_ms=hold * 100,
        qualifier=Qualifier(qualifier),
        value=int(value.hex()) if has_value else 0,
        currency=int(currency.hex()) if has_value else 0,
        language=language.decode("ascii", errors="replace"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome parameter set of a tap, with its reason and the rule that decided.

    balance is in major units (QP-150); balance_is_before: it is that before the transaction. pan
    is masked. oda_rule: the rule by which authentication failed. field55 and data_record are TLV
    lists that hold card data and stay out of repr. approval_code is 9F74 of an offline approval
    (QP-141). card_may_have_paid: keep the record for a refund (TT-005, TT-006). may_defer: open
    now and authorise later is allowed (QP-125).
    """

    status: Status
    reason: str
    rule: str | None
    cvm: Cvm
    oda: Oda
    oda_rule: str | None
    start: StartCode
    alternate: InterfaceCode | None
    receipt: bool
    field_off_ms: int | None
    removal_timeout_ms: int
    may_defer: bool
    card_may_have_paid: bool
    commands: int
    balance: Decimal | None
    balance_minor: int | None
    balance_is_before: bool
    pan: str | None
    approval_code: str | None
    ui: UiRequest | None
    restart_ui: UiRequest | None
    shown: tuple[UiRequest, ...]
    field55: bytes = field(repr=False)
    data_record: bytes = field(repr=False)
    discretionary: bytes = field(repr=False)
    reason_number: int

    @property
    def approved(self) -> bool:
        """Only an approval is an approval; an online request is not."""
        return self.status is Status.APPROVED

    def to_json(self, *, sensitive: bool = False) -> dict[str, object]:
        """The outcome as JSON takes it: words, amounts as text, bytes as hexadecimal.

        sensitive: with the data record and the discretionary data, which hold the card number.
        """
        found: dict[str, object] = {
            "outcome": self.status.value,
            "reason": self.reason,
            "rule": self.rule,
            "cvm": self.cvm.value,
            "oda": self.oda.value,
            "oda_rule": self.oda_rule,
            "balance": None if self.balance is None else str(self.balance),
            "balance_is_before": self.balance_is_before,
            "pan": self.pan,
            "approval_code": self.approval_code,
            "field55": self.field55.hex().upper(),
            "start": word(self.start),
            "alternate": word(self.alternate),
            "receipt": self.receipt,
            "may_defer": self.may_defer,
            "card_may_have_paid": self.card_may_have_paid,
            "commands": self.commands,
        }
        if sensitive:
            found["data_record"] = self.data_record.hex().upper()
            found["discretionary"] = self.discretionary.hex().upper()
        return found

    def reason_text(self, lang: Language = "en") -> str:
        """The reason in English ("en") or Chinese ("zh")."""
        space = Space.REASON_ZH if lang == "zh" else Space.REASON_EN
        return _kernel.name(space, self.reason_number)


@cache
def _reason_numbers() -> dict[str, int]:
    names = ((number, _kernel.name(Space.REASON, number)) for number in range(1, 256))
    return {name.lower(): number for number, name in names if name}


def reason_words(reason: str) -> Text:
    """A reason as transcripts name it ("recovered"), in words; an unknown one as it is."""
    number = _reason_numbers().get(reason)
    if number is None:
        return plain(reason)
    return Text(_kernel.name(Space.REASON_EN, number), _kernel.name(Space.REASON_ZH, number))


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceResult:
    """Answer to a balance inquiry (QP-151); balance None when the card does not tell."""

    balance: Decimal | None
    balance_minor: int | None
    currency: int
    outcome: Outcome


def major_units(minor: int | None, exponent: int) -> Decimal | None:
    """Minor units as a Decimal of major units."""
    return None if minor is None else Decimal(minor).scaleb(-exponent)


def card_number(kernel: _kernel.Kernel) -> str | None:
    """The PAN: 5A, or the digits of 57 before the separator (QP-084); None when unknown."""
    found = kernel.get(0x5A)
    if found is not None:
        digits = found[0].hex().rstrip("f")
    else:
        found = kernel.get(0x57)
        if found is None:
            return None
        digits = found[0].hex().partition("d")[0]
    return digits if digits.isdigit() else None


def read_outcome(
    kernel: _kernel.Kernel, exponent: int, shown: tuple[UiRequest, ...], last: Outcome | None = None
) -> Outcome:
    """Reads the outcome of a finished kernel. last: the outcome before the host's answer."""
    (
        reason, rule, status, start, _online_response, cvm, alternate, receipt, field_off,
        removal, has_record, has_discretionary, oda, may_defer, may_have_paid, commands,
        balance, is_before, oda_rule, ui, restart_ui,
    ) = kernel.outcome()  # fmt: skip
    field55 = kernel.fetch(DataList.ONLINE)
    if field55 is None:
        field55 = kernel.fetch(DataList.OFFLINE)
    if field55 is None and last is not None:
        field55 = last.field55
    number = card_number(kernel)
    # QP-141: 9F74 is the approval code of an offline approval and of nothing else.
    offline = _STATUS[status] is Status.APPROVED and last is None
    code = kernel.get(0x9F74) if offline else None
    return Outcome(
        status=_STATUS[status],
        reason=_kernel.name(Space.REASON, reason).lower(),
        rule=_kernel.name(Space.RULE, rule) or None,
        cvm=_CVM[cvm],
        oda=_ODA[oda],
        oda_rule=_kernel.name(Space.RULE, oda_rule) or None,
        start=StartCode(start),
        alternate=None if alternate == InterfaceCode.NA else InterfaceCode(alternate),
        receipt=bool(receipt),
        field_off_ms=None if field_off == 0xFF else field_off * 100,
        removal_timeout_ms=removal * 100,
        may_defer=bool(may_defer),
        card_may_have_paid=bool(may_have_paid),
        commands=commands,
        balance=major_units(balance, exponent),
        balance_minor=balance,
        balance_is_before=bool(is_before),
        pan=None if number is None else mask_pan(number),
        approval_code=None if code is None else code[0].decode("ascii", errors="replace"),
        ui=None if ui is None else ui_request(ui),
        restart_ui=None if restart_ui is None else ui_request(restart_ui),
        shown=shown,
        field55=field55 or b"",
        data_record=(kernel.fetch(DataList.DATA_RECORD) or b"") if has_record else b"",
        discretionary=(kernel.fetch(DataList.DISCRETIONARY) or b"") if has_discretionary else b"",
        reason_number=reason,
    )
