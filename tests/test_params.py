"""Configuration: TOML to image, and every mistake with its file and line."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest

from tapkern import KernelError, Terminal, UsageError, _kernel
from tapkern._numbers import Entry
from tapkern.issuer.authority import ca_keys, ca_toml
from tapkern.params import ConfigError, load
from tapkern.params.capk import BUILTIN, resolve
from tapkern.params.image import currency_of, entries
from tapkern.params.names import SWITCH_RULES, SWITCH_VALUES, switches
from tapkern.params.source import key_lines
from tests import taps

EXAMPLE = Path(__file__).parents[1] / "examples" / "terminal.toml"

BASE = """\
[terminal]
country = 156
currency = "CNY"
capabilities = "E0E9C8"

[[combination]]
aid = "A000000333010101"
ttq = ["emv_mode", "contact_chip"]
"""


def combination(text: str) -> _kernel.Message:
    """The first combination of a configuration."""
    image = load(text).image
    return next(body for kind, body in entries(image) if kind is Entry.COMBINATION)


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load(text, name="x.toml")
    return [str(problem) for problem in error.value.problems]


@pytest.mark.parametrize("path", [taps.DEMO, taps.OFFLINE, EXAMPLE], ids=lambda path: path.stem)
def test_shipped_configurations_are_good(path):
    configuration = load(path)
    _kernel.check_image(configuration.image)
    assert configuration.name in (path.stem, "example")
    assert configuration.digest == hashlib.sha256(configuration.image).digest()
    assert configuration.image == load(path).image


def test_text_and_file_give_the_same_image(tmp_path):
    path = tmp_path / "t.toml"
    path.write_text(BASE)
    assert load(path).image == load(str(path)).image == load(BASE).image
    assert load(path).name == "t"
    assert load('name = "shop 3"\n' + BASE).name == "shop 3"
    assert Terminal.from_toml(path).name == "t"


def test_values_become_tlv():
    body = combination(
        BASE
        + """
version = "0030"
partial_match = true
floor_limit = "200.00"
terminal_floor_limit = 20000
transaction_limit = "5000"
cvm_limit = 30000
ec_limit = "0.01"
types = ["00", "01"]
status_check = true
zero_amount = false
"""
    )
    assert body.get(0x9F06) == bytes.fromhex("A000000333010101")
    assert body.get(0x96) == b"\x07" and body.get(0xDF8F01) == b"\x02"  # defaults
    assert body.get(0x9F66) == bytes.fromhex("30000000")
    assert body.get(0x9F09) == b"\x00\x30" and body.get(0xDF01) == b"\x00"
    assert body.get(0xDF19) == bytes.fromhex("000000020000")
    assert body.get(0x9F1B) == bytes.fromhex("00004E20")  # binary
    assert body.get(0xDF20) == bytes.fromhex("000000500000")
    assert body.get(0xDF21) == bytes.fromhex("000000030000")
    assert body.get(0x9F7B) == bytes.fromhex("000000000001")
    assert body.get(0xDF8F03) == b"\x00\x01"
    assert body.get(0xDF8F04) == b"\x01" and body.get(0xDF8F05) == b"\x00"
    assert combination(BASE).get(0xDF19) is None  # absent is not 0 (QP-011)


def test_exponent_decides_what_major_units_are():
    for text in ('"JPY"', '"CNY"\nexponent = 0'):
        text = BASE.replace('"CNY"', text) + 'floor_limit = "200"\n'
        assert combination(text).get(0xDF19) == bytes.fromhex("000000000200")
    yen = BASE.replace('"CNY"', '"JPY"\nexponent = 0') + 'floor_limit = "200"\n'
    assert combination(yen).get(0xDF19) == bytes.fromhex("000000000200")
    assert currency_of(load(yen).image) == (392, 0)
    assert "more than 0 decimals" in problems(yen.replace('"200"', '"200.5"'))[0]


def test_switches_by_name():
    names = list(switches())
    assert set(SWITCH_RULES) == set(names) >= set(SWITCH_VALUES)
    for name, words in SWITCH_VALUES.items():
        assert switches()[name].most == len(words) - 1
        for number, word in enumerate(words):
            text = BASE + f'[combination.switches]\n"{name}" = "{word}"\n'
            assert combination(text).get(0xDF8F02)[switches()[name].number] == number
    on = combination(BASE + '[combination.switches]\n"fd.allow_v00" = true\n').get(0xDF8F02)
    off = combination(BASE).get(0xDF8F02)
    assert (on[18], off[18]) == (1, 0) and len(off) == len(names)


@pytest.mark.parametrize(
    ("wrong", "line", "words"),
    [
        ("ttq = [", 10, "not valid TOML"),
        ("[terminal]", 9, "not valid TOML"),
        ('colour = "red"', 9, "unknown key 'colour'"),
        ('flor_limit = "1"', 9, "did you mean floor_limit?"),
        ("floor_limit = 1.5", 9, "floor_limit: must be text in major units"),
        ('floor_limit = "1.505"', 9, "floor_limit: '1.505' has more than 2 decimals"),
        ('floor_limit = "-1"', 9, "floor_limit: '-1' is no amount"),
        ("floor_limit = true", 9, "floor_limit: must be text"),
        ("terminal_floor_limit = 4294967296", 9, "terminal_floor_limit: is more than 4294967295"),
        ('version = "3"', 9, "version: is not hexadecimal"),
        ('version = "003000"', 9, "version: the value has a wrong length"),
        ("partial_match = 1", 9, "partial_match: must be true or false"),
        ('profile = "c8"', 9, "profile: must be one of"),
        (
            '[[combination]]\naid = "A000000333010102"\nprofile = "jrt0025-2013"\n'
            'ttq = ["emv_mode", "oda_for_online"]',
            12,
            "the profile does not know ODA for online",
        ),
        ('[combination.switches]\n"qp.deferred_auth" = true', 9, "deferred authorisation needs"),
        ('types = "00"', 9, "types: must be a list"),
        ("kernel = 64", 9, "kernel: must be a whole number from 1 to 63"),
        ('switches = "x"', 9, "switches: must be a table"),
        ('[combination.switches]\n\n"fd.alow_v00" = true', 11, "did you mean fd.allow_v00?"),
        ('[combination.switches]\n"fd.allow_v00" = "yes"', 10, "fd.allow_v00 is true | false"),
        ('[combination.switches]\n"qp.cid_source" = true', 10, "strict | cid | iad"),
        ('[[ca_key]]\nrid = "A000000333"', 9, "index is missing"),
        ('[[ca_key]]\nbuiltin = "visa"', 10, "unknown key set 'visa'"),
        ('[[ca_key]]\nfile = "nope.csv"', 9, "there is no such key file"),
        ("[[ca_key]]\nfile = 3", 10, "file must be a path"),
        ('[[ca_key]]\nbuiltin = "unionpay"\nindexes = ["77"]', 11, "no index '77'"),
        ('[[ca_key]]\nbuiltin = "unionpay"\nindexes = "04"', 11, "indexes must be a list"),
        ('[[revoked]]\nrid = "A000000333"\nindex = "04"\nserial = "01"', 12, "wrong length"),
        ('[[exception]]\npan = "620000"', 10, "pan: must be 8 to 19 digits"),
        ("[exception]\npan = 1", 9, "exception must be tables"),
        ('[[combination]]\naid = "A000000333010101"', 9, "already there"),
        ('[[combination]]\naid = "A0000003"', 10, "wrong length"),
        ("[[combination]]\nkernel = 7", 9, "aid is missing"),
        ("[[combination]]\n" + "# x\n" * 5 + 'aid = "ZZ"', 15, "aid: is not hexadecimal"),
    ],
)
def test_mistakes_with_their_line(wrong, line, words):
    found = problems(BASE + wrong + "\n")
    assert found[0].startswith(f"x.toml:{line}: "), found
    assert words in found[0]


@pytest.mark.parametrize(
    ("ttq", "words"),
    [
        ('["emv_mod"]', "did you mean emv_mode?"),
        ('["cvm_required"]', "computed for each tap"),  # TTQ-001
        ('"36800000"', "computed for each tap"),
        ('"36000001"', "reserved TTQ bit"),  # TTQ-002
        ('"360000"', "wrong length"),
        ("3", "list of bit names or hexadecimal"),
        ("[1]", "unknown bit 1"),
    ],
)
def test_ttq_mistakes(ttq, words):
    found = problems(BASE.replace('["emv_mode", "contact_chip"]', ttq))
    assert found[0].startswith("x.toml:8: ttq: ") and words in found[0]


def test_all_mistakes_at_once():
    text = BASE.replace("country = 156", 'country = "x"')
    found = problems(text + 'receipt = "yes"\n[shop]\n')
    assert [problem.split(":")[1] for problem in found] == ["10", "2", "9"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n", "the table [terminal] is missing"),
        ("[terminal]\n", "country is missing"),
        (BASE.split("[[")[0], "there is no combination"),
    ],
)
def test_missing_tables(text, words):
    assert words in problems(text)[0]


def test_fixed_switch_of_a_profile():
    text = BASE + 'profile = "c7"\n[combination.switches]\n"fd.allow_v00" = true\n'
    found = problems(text)[0]
    assert "the profile fixes this switch" in found and "fd.allow_v00" in found


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x00" * 10])
def test_files_that_are_no_text(tmp_path, content):
    path = tmp_path / "t.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError) as error:
        load(path)
    assert str(path) in str(error.value)


def test_files_that_cannot_be_read(tmp_path):
    for path in (tmp_path, tmp_path / "nope.toml"):
        with pytest.raises(UsageError):
            load(path)
    (tmp_path / "bom.toml").write_bytes(b"\xef\xbb\xbf" + BASE.encode())
    assert load(tmp_path / "bom.toml").image == load(BASE).image


# --- CA keys ----------------------------------------------------------------------------------


def keys(text: str) -> list[str]:
    return [
        (body.get(0x9F22) or b"").hex().upper()
        for kind, body in entries(load(BASE + text).image)
        if kind is Entry.CA_KEY
    ]


def test_published_keys_have_their_check_sums():
    path = resolve(BUILTIN["unionpay"], Path())
    rows = [row for row in path.read_text("utf-8").splitlines() if not row.startswith("#")]
    found = list(csv.DictReader(rows))
    assert len(found) == 13
    for row in found:
        content = row["rid"] + row["index"] + row["modulus"] + row["exponent"]
        assert hashlib.sha1(bytes.fromhex(content)).hexdigest().upper() == row["sha1_checksum"]
        assert 4 * len(row["modulus"]) == int(row["bits"])


def test_builtin_keys_are_those_in_use():
    assert keys('[[ca_key]]\nbuiltin = "unionpay"\n') == ["02", "03", "04", "08", "09", "0A", "0B"]
    assert keys('[[ca_key]]\nbuiltin = "unionpay"\nindexes = ["0b", "80"]\n') == ["0B", "80"]


def test_test_keys_are_those_of_the_authority():
    for name, algorithm in (("test.toml", "rsa"), ("test-sm2.toml", "sm2")):
        text = resolve(f"tapkern:params/capk/{name}", Path()).read_text("utf-8")
        assert text.endswith(ca_toml(ca_keys(algorithm)))
    live = set(keys('[[ca_key]]\nbuiltin = "unionpay"\n'))
    assert not live & set(keys('[[ca_key]]\nfile = "tapkern:params/capk/test.toml"\n'))


def test_key_files_relative_to_the_configuration(tmp_path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "a.toml").write_text(ca_toml())
    path = tmp_path / "t.toml"
    path.write_text(BASE + '[[ca_key]]\nfile = "keys/a.toml"\nindexes = ["E1"]\n')
    kinds = [kind for kind, _ in entries(load(path).image)]
    assert kinds.count(Entry.CA_KEY) == 1


def inline(**changes: str) -> str:
    row = next(
        row
        for row in csv.DictReader(
            line
            for line in resolve(BUILTIN["unionpay"], Path()).read_text("utf-8").splitlines()
            if not line.startswith("#")
        )
        if row["index"] == "0A"
    )
    fields = {
        "rid": row["rid"], "index": row["index"], "modulus": row["modulus"],
        "exponent": row["exponent"], "checksum": row["sha1_checksum"],
    } | changes  # fmt: skip
    return "[[ca_key]]\n" + "".join(f'{k} = "{v}"\n' for k, v in fields.items() if v)


def test_inline_key():
    assert keys(inline()) == ["0A"]
    assert keys(inline(expiry="20301231")) == ["0A"]
    assert keys(inline(checksum="") + "without_checksum = true\n") == ["0A"]
    assert keys(inline() + "expiry = 2030-12-31\n") == ["0A"]


@pytest.mark.parametrize(
    ("changes", "line", "words"),
    [
        ({"checksum": "00" * 20}, 15, "CK-002"),
        ({"checksum": ""}, 10, "CK-009"),
        ({"index": "0B"}, 15, "CK-002"),
        ({"exponent": "05"}, 14, "CK-003"),
        ({"modulus": "AB" * 63}, 13, "wrong length"),
        ({"modulus": "AA" * 128}, 13, "CK-004"),
        ({"rid": "A0000003"}, 11, "wrong length"),
        ({"expiry": "20301301"}, 16, "CK-009"),
        ({"expiry": "soon"}, 16, "must be a day"),
    ],
    ids=str,
)
def test_wrong_inline_keys(changes, line, words):
    found = problems(BASE + "\n" + inline(**changes))[0]
    assert words in found and found.startswith(f"x.toml:{line}: "), found


def test_same_key_twice():
    assert "already there" in problems(BASE + inline() + inline())[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "column exponent is missing"),
        ("rid,index,exponent,modulus\nA000000333,04,03\n", "3 columns instead of 4"),
        ("", "column exponent is missing"),
        ("rid,index,exponent,modulus\nA000000333,04,03,ZZ\n", "modulus: is not hexadecimal"),
    ],
)
def test_wrong_key_files(tmp_path, text, words):
    (tmp_path / "k.csv").write_text(text)
    path = tmp_path / "t.toml"
    path.write_text(BASE + '[[ca_key]]\nfile = "k.csv"\n')
    with pytest.raises(ConfigError) as error:
        load(path)
    assert words in str(error.value.problems[0])
    (tmp_path / "k.csv").rename(tmp_path / "k.toml")
    path.write_text(BASE + '[[ca_key]]\nfile = "k.toml"\n')
    with pytest.raises(ConfigError):
        load(path)


def test_card_numbers_are_not_repeated_in_messages():
    number = "6200000000000001016777"
    found = problems(BASE + f'[[exception]]\npan = "{number}"\n')
    assert number not in " ".join(found)


# --- positions --------------------------------------------------------------------------------


def test_lines_of_keys():
    text = '''# a comment
name = "x"
[terminal]
country = 156 # [not.a.table]
list = [
  "a", # ]
  "key = 1",
]
text = """
[fake]
key = 2
"""
inline = { a = 1, b = [1, 2] }
"quoted key".inner = 3
[[combination]]
aid = 1
[combination.switches]
"fd.allow_v00" = true
[[combination]]
[combination.switches]
'q.x' = 1
'''
    lines = key_lines(text)
    assert lines[("name",)] == 2
    assert lines[("terminal",)] == 3 and lines[("terminal", "country")] == 4
    assert lines[("terminal", "list")] == 5 and lines[("terminal", "text")] == 9
    assert lines[("terminal", "inline")] == 13
    assert lines[("terminal", "quoted key", "inner")] == 14
    assert lines[("combination", 0)] == 15 and lines[("combination", 0, "aid")] == 16
    assert lines[("combination", 0, "switches", "fd.allow_v00")] == 18
    assert lines[("combination", 1, "switches", "q.x")] == 21
    assert ("fake",) not in lines and ("terminal", "key") not in lines


def test_image_is_read_back():
    image = load(taps.DEMO).image
    kinds = [kind for kind, _ in entries(image)]
    assert kinds.count(Entry.TERMINAL) == 1 and kinds.count(Entry.COMBINATION) == 2
    with pytest.raises(KernelError):
        list(entries(image[:-1]))
