"""Why an issuer answers as it does, and the response code (field 39) of every reason."""

from __future__ import annotations

from enum import StrEnum


class Failure(StrEnum):
    """Why an issuer does not believe a request."""

    MALFORMED = "malformed"
    MISSING_DATA = "missing_data"
    UNKNOWN_CARD = "unknown_card"
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_ALGORITHM = "unknown_algorithm"
    WRONG_TYPE = "wrong_type"
    WRONG_CRYPTOGRAM = "wrong_cryptogram"
    WRONG_BALANCE_MAC = "wrong_balance_mac"
    OLD_ATC = "old_atc"


class Reason(StrEnum):
    """Why a host answered as it did, when the request itself was good. See also `Failure`."""

    APPROVED = "approved"
    BY_BEHAVIOUR = "by_behaviour"
    NOT_REACHED = "not_reached"
    BLOCKED = "blocked"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    ABOVE_PURSE_LIMIT = "above_purse_limit"
    BALANCE_NOT_TOLD = "balance_not_told"
    OTHER_CURRENCY = "other_currency"
    NOT_SUPPORTED = "not_supported"
    WRONG_PIN = "wrong_pin"
    PIN_TRIES_EXCEEDED = "pin_tries_exceeded"
    REVERSED = "reversed"


APPROVED = "00"
CODES: dict[Reason | Failure, str] = {
    Reason.APPROVED: APPROVED,
    Reason.BLOCKED: "62",
    Reason.INSUFFICIENT_FUNDS: "51",
    Reason.ABOVE_PURSE_LIMIT: "61",
    Reason.BALANCE_NOT_TOLD: "57",
    Reason.OTHER_CURRENCY: "57",
    Reason.NOT_SUPPORTED: "12",
    Reason.WRONG_PIN: "55",
    Reason.PIN_TRIES_EXCEEDED: "75",
    Failure.MALFORMED: "30",
    Failure.MISSING_DATA: "30",
    Failure.UNKNOWN_CARD: "14",
}
"""Response codes (field 39); every other reason is 05."""
DECLINED = "05"


def code_of(reason: Reason | Failure) -> str:
    """The response code of a reason."""
    return CODES.get(reason, DECLINED)
