"""The binding: numbers as in the headers, strict TLV, misuse that raises and changes nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapkern import KernelError, Message, TlvError, _kernel, _numbers
from tapkern._numbers import Entry, Event, Space, StepKind
from tapkern.errors import ConfigFault
from tests import taps

INCLUDE = Path(__file__).parents[1] / "kernel_c" / "include" / "tapkern"

# enum in C, prefix of its members, Python enum, names that differ
ENUMS = [
    ("tapk_error", "TAPK_E_", _numbers.Error, {"TAPK_OK": "OK"}),
    ("tapk_step_kind", "TAPK_STEP_", _numbers.StepKind, {}),
    ("tapk_event_kind", "TAPK_EVENT_", _numbers.Event, {}),
    ("tapk_status", "TAPK_", _numbers.StatusCode, {}),
    ("tapk_start", "TAPK_START_", _numbers.StartCode, {}),
    ("tapk_cvm", "TAPK_CVM_", _numbers.CvmCode, {}),
    ("tapk_interface", "TAPK_INTERFACE_", _numbers.InterfaceCode, {}),
    ("tapk_oda_status", "TAPK_ODA_", _numbers.OdaCode, {}),
    ("tapk_message", "TAPK_MSG_", _numbers.MessageCode, {}),
    ("tapk_ui_status", "TAPK_UI_", _numbers.UiStatus, {}),
    ("tapk_qualifier", "TAPK_VALUE_", _numbers.Qualifier, {}),
    ("tapk_purpose", "TAPK_", _numbers.Purpose, {}),
    ("tapk_origin", "TAPK_FROM_", _numbers.Origin, {}),
    ("tapk_list", "TAPK_LIST_", _numbers.DataList, {}),
    ("tapk_log_end", "TAPK_LOG_", _numbers.LogEnd, {}),
    ("tapk_trace_kind", "TAPK_TRACE_", _numbers.TraceKind, {}),
    ("tapk_space", "TAPK_SPACE_", _numbers.Space, {}),
    ("tapk_entry", "TAPK_ENTRY_", _numbers.Entry, {}),
    ("tapk_profile", "TAPK_PROFILE_", _numbers.Profile, {}),
    ("tapk_oda_method", "TAPK_ODA_", _numbers.OdaMethod, {}),
    ("tapk_key_algorithm", "TAPK_KEY_", _numbers.KeyAlgorithm, {}),
    ("tapk_crypto_slot", "TAPK_SLOT_", _numbers.CryptoSlot, {}),
]


@pytest.mark.parametrize(("name", "prefix", "enum", "odd"), ENUMS, ids=lambda x: str(x)[:20])
def test_numbers_are_those_of_the_headers(name, prefix, enum, odd):
    text = "\n".join(path.read_text("utf-8") for path in INCLUDE.glob("*.h"))
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    body = re.search(rf"enum {name} \{{(.*?)\}}", text, re.S)[1]
    members = {
        odd.get(key, key.removeprefix(prefix)): int(value, 0)
        for key, value in re.findall(r"(\w+)\s*=\s*(-?\w+)", body)
    }
    assert members == {member.name: member.value for member in enum}


def test_stub_names_everything():
    stub = Path(_numbers.__file__).with_name("_kernel.pyi").read_text("utf-8")
    public = {name for name in dir(_kernel) if not name.startswith("_")}
    public -= {"ConfigFault", "KernelError", "TlvError"}  # imported from tapkern.errors
    assert public == set(re.findall(r"^(?:def|class) (\w+)", stub, re.M))
    for name in ("Kernel", "ConfigBuilder", "Message"):
        body = re.search(rf"class {name}:\n(.*?)(?=^\S|\Z)", stub, re.S | re.M)[1]
        members = {name for name in dir(getattr(_kernel, name)) if not name.startswith("__")}
        assert members == {x for x in re.findall(r"def (\w+)", body) if not x.startswith("__")}


def test_names():
    assert _kernel.name(Space.REASON, 1) == "APPROVED_OFFLINE"
    assert _kernel.name(Space.REASON_ZH, 1) == "脱机批准"
    assert _kernel.name(Space.SWITCH, 18) == "fd.allow_v00"
    assert _kernel.name(Space.RULE, 60000) == "" == _kernel.name(99, 1)
    names = [row[1] for row in _kernel.switches()]
    assert names == [_kernel.name(Space.SWITCH, i) for i in range(len(names))]


def test_import_needs_the_extension_alone():
    code = (
        "import sys\n"
        "for name in ('rich', 'construct', 'cryptography', 'smartcard'): sys.modules[name] = None\n"
        "import tapkern\n"
        "from tapkern.trace import read_transcript, replay\n"
        "print(tapkern.Terminal, tapkern.open_reader, tapkern.Outcome)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# --- Message -----------------------------------------------------------------------------------

FCI = bytes.fromhex(
    "6F30840E325041592E5359532E4444463031A51EBF0C1B61194F08A000000333010101500A50424F43204445"
    "424954870101"
)


def test_message_reads_a_directory():
    message = Message(FCI)
    assert message.get(0x4F) == bytes.fromhex("A000000333010101")
    assert message.get(0x84) == b"2PAY.SYS.DDF01"
    assert message.get(0x9F38) is None
    assert 0x87 in message and 0x88 not in message
    assert len(message) == 8
    assert [(depth, tag) for depth, tag, _, _ in message] == [
        (0, 0x6F), (1, 0x84), (1, 0xA5), (2, 0xBF0C), (3, 0x61), (4, 0x4F), (4, 0x50), (4, 0x87),
    ]  # fmt: skip
    for _, _, offset, value in message:
        assert FCI[offset : offset + len(value)] == value
    assert message.data == FCI


def test_message_keeps_repeated_tags_in_order():
    message = Message(bytes.fromhex("7009 5A0101 5A0102 5A0103"))
    assert message.get(0x5A) == b"\x01"
    assert message.get_all(0x5A) == [b"\x01", b"\x02", b"\x03"]
    assert message.get_all(0x57) == []


@pytest.mark.parametrize("count", [0, 1, 47, 48, 49, 500])
def test_message_of_any_number_of_objects(count):
    data = b"".join(b"\x5a\x01" + bytes((i % 256,)) for i in range(count))
    message = Message(data)
    assert len(message) == count
    assert message.get_all(0x5A) == [bytes((i % 256,)) for i in range(count)]


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("00005A0101000057010200", [0x5A, 0x57]),  # TLV-011: padding before, between, after
        ("5A00", [0x5A]),
        ("5A810101", [0x5A]),  # TLV-007: length not minimal
        ("5A82000101", [0x5A]),
        ("9F010101", [0x9F01]),  # TLV-003
        ("DF8F010100", [0xDF8F01]),
        ("DF8F8F010100", [0xDF8F8F01]),  # TLV-002: four bytes are passed over as unknown
    ],
)
def test_message_accepts(text, tags):
    assert [tag for _, tag, _, _ in Message(bytes.fromhex(text))] == tags


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("5A", 0),  # TLV-005
        ("9F", 0),
        ("5A80", 0),  # TLV-006: indefinite length
        ("5A83000001AA", 0),
        ("5A840000000101", 0),
        ("5A81", 0),
        ("5A8200", 0),
        ("5A0201", 0),  # TLV-009: behind the end
        ("70035A0301", 2),  # behind the end of the template
        ("70035A010157", 5),  # TLV-015
        ("DF8F8F8F010100", 0),  # TLV-002: five bytes
        ("5A0101FF", 3),  # TLV-014 is off
    ],
)
def test_message_refuses(text, offset):
    with pytest.raises(TlvError) as error:
        Message(bytes.fromhex(text))
    assert error.value.offset == offset


def test_message_padding_ff_only_when_asked():
    data = bytes.fromhex("5A0101FFFF570102FF")
    assert [tag for _, tag, _, _ in Message(data, skip_ff=True)] == [0x5A, 0x57]
    with pytest.raises(TlvError):
        Message(data)


def test_message_takes_buffers_and_nothing_else():
    assert Message(bytearray(FCI)).get(0x50) == Message(memoryview(FCI)).get(0x50) == b"PBOC DEBIT"
    for wrong in (5, "6F00", None, [0x6F, 0]):
        with pytest.raises(TypeError):
            Message(wrong)
    with pytest.raises(TlvError):
        Message(b"\x5a\x00" * 40000)  # more than 65535 bytes


def test_message_tells_no_values():
    assert "6200" not in repr(Message(bytes.fromhex("5A026200")))


@given(st.binary(max_size=300), st.booleans())
def test_message_never_reads_outside(data, skip_ff):
    try:
        message = Message(data, skip_ff=skip_ff)
    except TlvError as error:
        assert 0 <= error.offset <= len(data)
        return
    for _, tag, offset, value in message:
        assert data[offset : offset + len(value)] == value
        assert message.get(tag) is not None


# --- Kernel ------------------------------------------------------------------------------------

R8 = bytes(8)
START = {
    "purpose": 0, "type": 0, "start": 0, "exponent": 2, "amount": 1250, "other": 0,
    "currency": b"\x01\x56", "date": b"\x26\x11\x21", "time": b"\x10\x11\x12",
    "sequence": b"\x00\x00\x00\x01", "now_ms": 0, "random8": R8,
}  # fmt: skip


def kernel() -> _kernel.Kernel:
    return _kernel.Kernel(taps.image())


def play(k: _kernel.Kernel, card, kind: int) -> list[bytes]:
    """Plays to the outcome; returns the commands."""
    commands = []
    while kind != StepKind.OUTCOME:
        if kind == StepKind.TRANSMIT:
            commands.append(k.data)
            kind = k.resume(Event.ANSWER, card.transmit(k.data), 0, R8)
        else:
            kind = k.resume(Event.CARD if kind == StepKind.DETECT else Event.DONE, None, 0, R8)
    return commands


def test_kernel_whole_tap():
    k = kernel()
    assert k.kind == 0
    commands = play(k, taps.card(), k.begin(**START))
    assert len(commands) == 7
    assert k.outcome()[2] == _numbers.StatusCode.APPROVED
    assert k.get(0x9F02) == (bytes.fromhex("000000001250"), _numbers.Origin.TRANSACTION)
    assert k.get(0x9F26)[1] == _numbers.Origin.CARD_GPO
    assert k.get(0xDF99) is None and k.get(-1) is None and k.get(1 << 40) is None
    assert k.fetch(_numbers.DataList.ONLINE) is None
    assert 0x9F26 in Message(k.fetch(_numbers.DataList.OFFLINE))
    assert k.trace_count == len(k.trace()) and k.trace_lost == 0
    assert k.trace(k.trace_count - 1) == k.trace()[-1:]


@pytest.mark.parametrize("image", [b"", b"xx", b"TAPK" + bytes(20), b"\xff" * 100], ids=len)
def test_kernel_refuses_what_is_no_image(image):
    with pytest.raises(KernelError) as error:
        _kernel.Kernel(image)
    assert error.value.name == "config"
    with pytest.raises(KernelError):
        _kernel.check_image(image)


def test_kernel_image_cut_anywhere_is_refused():
    image = taps.image()
    for end in range(0, len(image), 7):
        with pytest.raises(KernelError):
            _kernel.Kernel(image[:end])


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 1_000_000_000_000}, {"other": 1 << 63}, {"date": b"\x26\x11"},
        {"currency": b"\x01"}, {"time": b""}, {"sequence": b"123"}, {"random8": b"1"},
        {"start": 0x10}, {"exponent": 10}, {"currency": b"\x0a\xbc"}, {"purpose": 9},
    ],
    ids=str,
)  # fmt: skip
def test_kernel_begin_misuse(wrong):
    k = kernel()
    with pytest.raises(KernelError):
        k.begin(**{**START, **wrong})
    assert k.kind == 0
    assert len(play(k, taps.card(), k.begin(**START))) == 7


def test_kernel_misuse_leaves_the_state_as_it_was():
    k = kernel()
    with pytest.raises(KernelError) as error:
        k.resume(Event.DONE, None, 0, R8)
    assert error.value.name == "state"
    with pytest.raises(KernelError):
        k.outcome()
    kind = k.begin(**START)
    card = taps.card()
    while kind != StepKind.OUTCOME:
        before = (k.kind, k.data, k.ui, k.hold, k.trace_count)
        for event in (Event.HOST, 0, 99, 1 << 20, -1, 0xFFFF + Event.DONE):
            with pytest.raises(KernelError) as error:
                k.resume(event, None, 0, R8)
            assert error.value.name == "event"
            assert (k.kind, k.data, k.ui, k.hold, k.trace_count) == before
        with pytest.raises(KernelError):
            k.resume(Event.ANSWER, bytes(70000), 0, R8)
        with pytest.raises(KernelError):
            k.resume(Event.DONE, None, 0, b"short")
        with pytest.raises(TypeError):
            k.resume(Event.ANSWER, "text", 0, R8)
        with pytest.raises(KernelError):
            k.resume(Event.ANSWER, b"", -1, R8)
        with pytest.raises(OverflowError):
            k.resume(Event.ANSWER, b"", 1 << 64, R8)
        if kind == StepKind.TRANSMIT:
            kind = k.resume(Event.ANSWER, card.transmit(k.data), 0, R8)
        else:
            kind = k.resume(Event.CARD if kind == StepKind.DETECT else Event.DONE, None, 0, R8)
    assert k.outcome()[2] == _numbers.StatusCode.APPROVED
    with pytest.raises(KernelError):
        k.resume(Event.HOST, b"00", 0, R8)  # only an online request takes it


def test_kernel_wipe_and_begin_again():
    k = kernel()
    play(k, taps.card(), k.begin(**START))
    assert k.get(0x57) is not None
    k.wipe()
    assert k.get(0x57) is None and k.data == b"" and k.kind == 0
    with pytest.raises(KernelError):
        k.resume(Event.DONE, None, 0, R8)
    assert len(play(k, taps.card(), k.begin(**START))) == 7


def test_kernels_run_interleaved():
    alone = play(kernel_one := kernel(), taps.card(), kernel_one.begin(**START))
    pairs = [(kernel(), taps.card(name)) for name in ("debit", "credit", "debit")]
    kinds = [k.begin(**START) for k, _ in pairs]
    commands: list[list[bytes]] = [[], [], []]
    while any(kind != StepKind.OUTCOME for kind in kinds):
        for i, (k, card) in enumerate(pairs):
            if kinds[i] == StepKind.TRANSMIT:
                commands[i].append(k.data)
                kinds[i] = k.resume(Event.ANSWER, card.transmit(k.data), 0, R8)
            elif kinds[i] != StepKind.OUTCOME:
                event = Event.CARD if kinds[i] == StepKind.DETECT else Event.DONE
                kinds[i] = k.resume(event, None, 0, R8)
    assert commands[0] == commands[2] == alone
    assert [k.outcome()[2] for k, _ in pairs] == [0x10, 0x30, 0x10]


def test_kernel_trace_ring_counts_what_it_lost():
    small = _kernel.Kernel(taps.image(), 10)
    play(small, taps.card(), small.begin(**START))
    assert small.trace_count == 10 and small.trace_lost > 100
    none = _kernel.Kernel(taps.image(), 0)
    play(none, taps.card(), none.begin(**START))
    assert none.trace() == []


def test_forcing_a_decision_needs_a_test_build():
    k = kernel()
    k.begin(**START)
    with pytest.raises(KernelError) as error:
        k.force(1, 2)
    assert error.value.name == "state"


# --- ConfigBuilder -----------------------------------------------------------------------------


def test_builder_tells_entry_tag_and_code():
    builder = _kernel.ConfigBuilder()
    builder.add(Entry.TERMINAL, bytes.fromhex("9F1A0201565F2A0201569F3303E0E9C8"))
    with pytest.raises(ConfigFault) as error:
        builder.add(
            Entry.COMBINATION, bytes.fromhex("9F0607A0000003330101960107DF8F010102DF190100")
        )
    fault = error.value
    assert (fault.entry, fault.tag, fault.name) == (1, 0xDF19, "LENGTH")
    with pytest.raises(ConfigFault) as error:
        builder.seal()
    assert error.value.name == "NO_COMBINATION"
    builder.add(
        Entry.COMBINATION, bytes.fromhex("9F0607A0000003330101960107DF8F0101029F660436000080")
    )
    image = builder.seal()
    _kernel.check_image(image)
    assert len(_kernel.digest(image)) == 32
    with pytest.raises(KernelError):
        builder.add(Entry.TERMINAL, b"")


def test_builder_misuse():
    builder = _kernel.ConfigBuilder()
    with pytest.raises(KernelError):
        builder.add(77, b"")
    with pytest.raises(TypeError):
        builder.add(1, None)
    with pytest.raises(ConfigFault) as error:
        builder.add(Entry.TERMINAL, b"\x9f")
    assert error.value.name == "BAD_TLV"


def test_self_test_and_digest():
    import hashlib

    assert _kernel.crypto_slots() & 0x07 == 0x07  # RSA, SHA-1, SHA-256
    assert _kernel.digest(b"abc") == hashlib.sha256(b"abc").digest()
    assert _kernel.version() == "0.1.0"


@pytest.mark.parametrize(
    ("modulus", "exponent", "signature"),
    [
        ("C1" * 63, "03", "01" * 63),  # 63 bytes
        ("C1" * 64, "03", "01" * 63),  # ODA-080: another length
        ("C1" * 64, "03", "01" * 65),
        ("C1" * 64, "03", "C1" * 64),  # ODA-080: not below the modulus
        ("C1" * 63 + "C2", "03", "01" * 64),  # even
        ("C1" * 64, "", "01" * 64),
        ("C1" * 64, "00010001", "01" * 64),
        ("C1" * 257, "03", "01" * 257),
    ],
)
def test_what_rsa_does_not_recover(modulus: str, exponent: str, signature: str) -> None:
    assert _kernel.rsa_recover(*map(bytes.fromhex, (modulus, exponent, signature))) is None


def test_rsa_and_sm3_alone() -> None:
    """ODA-081: leading zeros stay; the digest of "abc" is that of the standard."""
    modulus = int("C1" * 64, 16)
    for number in (0, 1, 2, modulus - 1):
        found = _kernel.rsa_recover(bytes.fromhex("C1" * 64), b"\x03", number.to_bytes(64))
        assert found == pow(number, 3, modulus).to_bytes(64)
    assert _kernel.sm3(b"abc") == bytes.fromhex(
        "66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0"
    )
