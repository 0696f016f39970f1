"""Numbers of the C kernel (include/tapkern/*.h) as Python enums. Only ever appended to.

tests/test_kernel_binding.py compares every member with the headers.
"""

from __future__ import annotations

from enum import IntEnum


class Error(IntEnum):
    """enum tapk_error: misuse of the API."""

    OK = 0
    ARGUMENT = -1
    SIZE = -2
    STATE = -3
    EVENT = -4
    CONFIG = -5


class StepKind(IntEnum):
    """enum tapk_step_kind: what the kernel asks the caller to do."""

    DETECT = 1
    TRANSMIT = 2
    SHOW = 3
    FIELD_OFF = 4
    LOOKUP = 5
    STORE = 6
    OUTCOME = 7
    CHOOSE = 8
    PIN = 9
    RECORDS = 10
    MAC = 11


class Event(IntEnum):
    """enum tapk_event_kind: what the caller brings."""

    CARD = 1
    COLLISION = 2
    TIMEOUT = 3
    CANCEL = 4
    ANSWER = 5
    LOST = 6
    DONE = 7
    FOUND = 8
    NOT_FOUND = 9
    FAILED = 10
    HOST = 11
    UNSUPPORTED = 12


class StatusCode(IntEnum):
    """enum tapk_status: outcome, external coding."""

    APPROVED = 0x10
    DECLINED = 0x20
    ONLINE_REQUEST = 0x30
    END_APPLICATION = 0x40
    SELECT_NEXT = 0x50
    TRY_ANOTHER_INTERFACE = 0x60
    TRY_AGAIN = 0x70


class StartCode(IntEnum):
    """enum tapk_start."""

    A = 0x00
    B = 0x10
    C = 0x20
    D = 0x30
    NA = 0xF0


class CvmCode(IntEnum):
    """enum tapk_cvm."""

    NONE = 0x00
    SIGNATURE = 0x10
    ONLINE_PIN = 0x20
    CDCVM = 0x30
    NA = 0xF0


class InterfaceCode(IntEnum):
    """enum tapk_interface."""

    CONTACT_CHIP = 0x10
    MAG_STRIPE = 0x20
    NA = 0xF0


class OdaCode(IntEnum):
    """enum tapk_oda_status."""

    NOT_PERFORMED = 0
    FAILED = 1
    SUCCESSFUL = 2


class MessageCode(IntEnum):
    """enum tapk_message: message identifiers of a UI request."""

    APPROVED = 0x03
    NOT_AUTHORISED = 0x07
    ENTER_PIN = 0x09
    PROCESSING_ERROR = 0x0F
    REMOVE_CARD = 0x10
    WELCOME = 0x14
    PRESENT_CARD = 0x15
    PROCESSING = 0x16
    CARD_READ_OK = 0x17
    INSERT_OR_SWIPE = 0x18
    ONE_CARD_ONLY = 0x19
    APPROVED_SIGN = 0x1A
    AUTHORISING = 0x1B
    TRY_ANOTHER_CARD = 0x1C
    INSERT_CARD = 0x1D
    CLEAR = 0x1E
    SEE_PHONE = 0x20
    PRESENT_AGAIN = 0x21
    NA = 0xFF


class UiStatus(IntEnum):
    """enum tapk_ui_status."""

    NOT_READY = 0
    IDLE = 1
    READY_TO_READ = 2
    PROCESSING = 3
    CARD_READ = 4
    ERROR = 5


class Qualifier(IntEnum):
    """enum tapk_qualifier: what the value of a UI request means."""

    NONE = 0x00
    AMOUNT = 0x10
    BALANCE = 0x20


class Purpose(IntEnum):
    """enum tapk_purpose."""

    PAYMENT = 0
    BALANCE = 1
    CARD_INFO = 2


class Origin(IntEnum):
    """enum tapk_origin: where a data element came from."""

    TRANSACTION = 1
    CONFIGURATION = 2
    CARD_PPSE = 3
    CARD_FCI = 4
    CARD_GPO = 5
    CARD_RECORD = 6
    CARD_COMMAND = 7
    KERNEL = 8
    HOST = 9


class DataList(IntEnum):
    """enum tapk_list: uses of Kernel.fetch."""

    ONLINE = 1
    OFFLINE = 2
    DATA_RECORD = 3
    DISCRETIONARY = 4
    REVERSAL = 5
    CARD_INFO = 6


class LogEnd(IntEnum):
    """enum tapk_log_end: why no more records of a log were read."""

    NONE = 1
    NO_FILE = 2
    ALL = 3
    LAST = 4
    REFUSED = 5
    MORE = 6
    FULL = 7


class TraceKind(IntEnum):
    """enum tapk_trace_kind."""

    RULE = 1
    LIMIT = 2
    BOUND = 3
    STEP = 4


class Space(IntEnum):
    """enum tapk_space: name spaces of tapkern._kernel.name."""

    ERROR = 1
    STEP = 2
    EVENT = 3
    STATUS = 4
    CVM = 5
    REASON = 6
    REASON_EN = 7
    REASON_ZH = 8
    RULE = 9
    STATE = 10
    SWITCH = 11
    FAULT = 12
    FAULT_EN = 13
    FAULT_ZH = 14


class Entry(IntEnum):
    """enum tapk_entry: kinds of configuration entry."""

    TERMINAL = 1
    COMBINATION = 2
    CA_KEY = 3
    REVOKED = 4
    EXCEPTION = 5


class Profile(IntEnum):
    """enum tapk_profile: specification profiles of a combination."""

    JRT_2013 = 1
    UICS_2018 = 2
    C7 = 3


class OdaMethod(IntEnum):
    """enum tapk_oda_method: what tapkern._kernel.oda verifies."""

    FDDA = 1
    SDA = 2
    DDA = 3
    CDA = 4
    CHAIN = 5


class KeyAlgorithm(IntEnum):
    """enum tapk_key_algorithm: of a CA key (DF07)."""

    RSA = 1
    SM2 = 4


class CryptoSlot(IntEnum):
    """enum tapk_crypto_slot: bits of tapkern._kernel.crypto_slots."""

    RSA = 0x01
    SHA1 = 0x02
    SHA256 = 0x04
    SM3 = 0x08
    SM2 = 0x10
