"""Types of the binding. See _kernel.pyx for what each call does."""

from collections.abc import Iterator
from typing import TypeAlias, final

Buffer: TypeAlias = bytes | bytearray | memoryview

# message, status, hold x 100 ms, qualifier, value (n12), currency (n3), language
UiTuple: TypeAlias = tuple[int, int, int, int, bytes, bytes, bytes]
# rule, kind, truth, value
TraceTuple: TypeAlias = tuple[int, int, int, int]
# reason, rule, status, start, online_response, cvm, alternate, receipt, field_off,
# removal_timeout, data_record, discretionary, oda, may_defer, card_may_have_paid, commands,
# balance or None, balance_is_before, oda_rule, ui or None, restart_ui or None
OutcomeTuple: TypeAlias = tuple[
    int, int, int, int, int, int, int, int, int, int, int, int, int, int, int, int,
    int | None, int, int, UiTuple | None, UiTuple | None,
]  # fmt: skip
# number, name, largest value, values in jrt0025-2013, uics-2018 and c7, fixed bits
SwitchTuple: TypeAlias = tuple[int, str, int, tuple[int, int, int], int]

# rid, index, algorithm, expiry (4 bytes YYYYMMDD of BCD, or none), modulus or point, exponent
CaKeyTuple: TypeAlias = tuple[bytes, int, int, bytes, bytes, bytes]
# status, rule, version, dynamic number, dac, cid, cryptogram, algorithm of the CA key (0: none),
# recovered issuer certificate, card certificate, signed data, trace, records lost
OdaTuple: TypeAlias = tuple[
    int, int, int, bytes, bytes | None, int | None, bytes | None, int, bytes, bytes, bytes,
    list[TraceTuple], int,
]  # fmt: skip

@final
class Memo: ...

class Kernel:
    def __init__(self, image: Buffer, trace: int = 512, memo: Memo | None = None) -> None: ...
    @property
    def image(self) -> bytes: ...
    def begin(
        self,
        *,
        purpose: int,
        type: int,
        start: int,
        exponent: int,
        amount: int,
        other: int,
        currency: bytes,
        date: bytes,
        time: bytes,
        sequence: bytes,
        now_ms: int,
        random8: bytes,
        torn: bytes | None = None,
    ) -> int: ...
    def resume(self, event: int, data: bytes | None, now_ms: int, random8: bytes) -> int: ...
    @property
    def kind(self) -> int: ...
    @property
    def data(self) -> bytes: ...
    @property
    def ui(self) -> UiTuple: ...
    @property
    def hold(self) -> int: ...
    def outcome(self) -> OutcomeTuple: ...
    def get(self, tag: int) -> tuple[bytes, int] | None: ...
    def fetch(self, list: int) -> bytes | None: ...
    def trace(self, first: int = 0) -> list[TraceTuple]: ...
    @property
    def trace_count(self) -> int: ...
    @property
    def trace_lost(self) -> int: ...
    def force(self, rule: int, force: int) -> None: ...
    def wipe(self) -> None: ...

@final
class ConfigBuilder:
    def __init__(self) -> None: ...
    def add(self, kind: int, tlv: bytes) -> None: ...
    def seal(self) -> bytes: ...

@final
class Message:
    def __init__(self, data: Buffer, skip_ff: bool = False) -> None: ...
    @property
    def data(self) -> bytes: ...
    def get(self, tag: int) -> bytes | None: ...
    def get_all(self, tag: int) -> list[bytes]: ...
    def nodes_list(self) -> list[tuple[int, int, int, bytes]]: ...
    def __iter__(self) -> Iterator[tuple[int, int, int, bytes]]: ...
    def __len__(self) -> int: ...
    def __contains__(self, tag: int) -> bool: ...

def digest(image: Buffer) -> bytes: ...
def check_image(image: Buffer) -> None: ...
def name(space: int, number: int) -> str: ...
def switches() -> list[SwitchTuple]: ...
def crypto_slots() -> int: ...
def forcible() -> bool: ...
def oda(
    *,
    method: int,
    rid: bytes,
    date: bytes,
    key: CaKeyTuple | None = None,
    revoked: bytes = b"",
    allow_v00: bool = False,
    v01_needs_0030: bool = False,
    check_ctq: bool = False,
    check_atc: bool = False,
    idn_strict: bool = False,
    ignore_expiry: bool = False,
    ca_index: bytes = b"",
    issuer_cert: bytes = b"",
    issuer_rest: bytes = b"",
    issuer_exp: bytes = b"",
    icc_cert: bytes = b"",
    icc_exp: bytes = b"",
    icc_rest: bytes = b"",
    sda_tags: bytes = b"",
    signature: bytes = b"",
    card_data: bytes = b"",
    card_version: bytes = b"",
    ctq: bytes = b"",
    aip: bytes = b"",
    atc: bytes = b"",
    pan: bytes = b"",
    pdol: bytes = b"",
    ssad: bytes = b"",
    ddol_data: bytes = b"",
    pdol_data: bytes = b"",
    cdol1_data: bytes = b"",
    cdol2_data: bytes = b"",
    response: bytes = b"",
    static_data: bytes = b"",
    records_bad: bool = False,
    un: bytes = ...,
    amount: bytes = ...,
    currency: bytes = ...,
    ttq: bytes = ...,
    capp: bool = False,
    df61: int = 0,
    force_rule: int = 0,
    force: int = 0,
) -> OdaTuple: ...
def pan_of_5a(value: bytes) -> bytes | None: ...
def pan_of_57(value: bytes) -> bytes | None: ...
def sm2_on_curve(point: bytes) -> bool: ...
def rsa_recover(modulus: bytes, exponent: bytes, signature: bytes) -> bytes | None: ...
def sm3(message: bytes) -> bytes | None: ...
def sm2_verify(point: bytes, message: bytes, signature: bytes) -> bool: ...
def version() -> str: ...
def kernel_digest() -> str: ...
