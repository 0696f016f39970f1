"""CA keys: every form, every refusal with its place, replacement, weaknesses, the command."""

from __future__ import annotations

import json
import tempfile
import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapkern import UsageError
from tapkern._numbers import Entry, KeyAlgorithm
from tapkern.cli import main
from tapkern.params import ConfigError, keys, load
from tapkern.params.image import entries
from tests.keyfiles import (
    BANK,
    CA,
    RID,
    TEST_KEYS,
    record,
    root,
    rsa,
    rsa_record,
    sm2,
    toml,
    weak_keys,
)


@pytest.fixture
def file(tmp_path):
    """Writes a key file and returns its path."""

    def write(content: str | bytes, name: str = "") -> Path:
        path = tmp_path / (name or ("k.toml" if isinstance(content, str) else "k.tlv"))
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def refused(path: Path, **more) -> list[str]:
    """Every problem of a file that is refused."""
    with pytest.raises(UsageError) as error:
        keys.load([path], **more)
    assert error.value.exit_code == 2
    problems = getattr(error.value, "problems", (error.value,))
    return [str(problem) for problem in problems]


# --- forms ---------------------------------------------------------------------------------------


def test_one_key_in_every_form(file):
    table = rsa(expiry="20301231")
    csv = f"rid,index,bits,exponent,sha1_checksum,modulus,expiry\n{RID},04,1984,03,"
    csv += f"{table['checksum']},{table['modulus']},20301231\n"
    found = [
        keys.load([file(toml(table))])[0],
        keys.load([file(csv, "k.csv")])[0],
        keys.load([file(rsa_record(table, "20301231"))])[0],  # BCD
        keys.load([file(rsa_record(table, "3230333031323331"))])[0],  # ASCII
        keys.load([file(rsa_record(table, "20301231").hex(), "k.hex")])[0],
        keys.load([file(rsa_record(table, "20301231"), "k.dat")], form="tlv")[0],
    ]
    assert all(key.values == found[0].values for key in found)
    key = found[0]
    assert (key.name, key.bits, key.proof) == ("A000000333 04", 1984, "checksum")
    assert key.last_day == date(2030, 12, 31) and key.algorithm is KeyAlgorithm.RSA


def test_self_signed_record(file):
    (key,) = keys.load([file(root())])
    assert (key.name, key.algorithm, key.proof) == (
        "A000000333 18", KeyAlgorithm.SM2, "self-signature",
    )  # fmt: skip
    assert key.last_day == date(2030, 12, 31) and key.values["point"] == BANK["point"]
    assert not key.trusted and key.is_rsa is False and key.bits == 256


def test_self_signed_record_as_it_is_written(file):
    """Hexadecimal over several lines, with comments; the place is the line of the record."""
    text = "# a root\n\n" + "\n".join(root().hex()[i : i + 60] for i in range(0, 700, 60))
    text += "\n# and a second one\n" + rsa_record(rsa()).hex(" ") + " # RSA\n"
    found = keys.load([file(text, "k.txt")])
    assert [key.name[-2:] for key in found] == ["18", "04"]
    assert [key.where.rsplit(":", 1)[1] for key in found] == ["3", str(text.count("\n"))]


def test_many_records_in_one_file(file):
    found = keys.load([file(rsa_record(rsa()) + root() + rsa_record(rsa(index="05")))])
    assert [key.index for key in found] == ["04", "18", "05"]
    assert found[1].where.endswith(f"offset {len(rsa_record(rsa()))}")


def test_first_five_bytes_of_9f06_are_the_rid(file):
    data = rsa_record(rsa(), **{"9F06": "A000000333010101"})
    assert keys.load([file(data)])[0].rid == RID


def test_published_and_test_keys_are_good():
    found = keys.load(["unionpay"])
    assert len(found) == 13 and {key.values["use"] for key in found} == {"live", "other"}
    assert keys.findings(found, date(2026, 11, 21)) == [()] * 13
    assert keys.load([TEST_KEYS]) and keys.load(["tapkern:params/capk/test.toml"])


# --- refusals ------------------------------------------------------------------------------------

EVEN = rsa()["modulus"][:-2] + "02"
WRONG_TABLES = [
    ({"checksum": "00" * 20}, "checksum: is wrong [CK-002]"),
    ({"checksum": "00" * 19}, "wrong length"),
    ({"index": "05"}, "[CK-002]"),
    ({"rid": "A000000334"}, "[CK-002]"),
    (rsa(exponent="02"), "exponent"),
    (rsa(exponent="01"), "exponent"),
    (rsa(exponent="05"), "[CK-003]"),
    (rsa(exponent="0003"), "[CK-003]"),
    (rsa(exponent="010003"), "[CK-003]"),
    (rsa(EVEN), "[CK-004]"),
    (rsa("00" + rsa()["modulus"][2:]), "[CK-004]"),
    (rsa("C3" * 63), "modulus"),
    (rsa("C3" * 249), "modulus"),
    (rsa(expiry="20301301"), "[CK-009]"),
    (rsa(expiry="21000229"), "[CK-009]"),
    (rsa(expiry="soon"), "expiry"),
    ({"checksum": None}, "[CK-009]"),
    ({"modulus": None}, "modulus is missing [CK-009]"),
    ({"exponent": None}, "exponent is missing [CK-009]"),
    ({"rid": None}, "rid is missing"),
    ({"index": None}, "index is missing"),
    ({"index": "0404"}, "index"),
    ({"rid": "A0000003"}, "rid"),
    ({"modulus": "XY"}, "modulus: is not hexadecimal"),
    ({"algorithm": "ecdsa"}, "algorithm: must be one of rsa, sm2"),
    ({"point": "00"}, "unknown key 'point'"),
    ({"use": "a b"}, "use: must be a word"),
]


@pytest.mark.parametrize(("change", "words"), WRONG_TABLES, ids=lambda x: str(x)[:40])
def test_wrong_rsa_keys_are_refused(file, change, words):
    table = {**rsa(), **change}
    path = file("\n" + toml({k: v for k, v in table.items() if v is not None}))
    problems = refused(path)
    assert any(words in problem for problem in problems), problems
    assert all(problem.startswith(f"{path}:2: ") for problem in problems)
    if "checksum" not in change or change["checksum"] is not None:
        assert refused(path, trust=True) == problems  # trust is for what is absent


def test_every_refused_key_is_told(file):
    path = file(toml(rsa(), rsa(exponent="05"), rsa(EVEN, index="06")))
    problems = refused(path)
    lines = [n for n, line in enumerate(path.read_text().split("\n"), 1) if line == "[[ca_key]]"]
    assert [problem.split(":")[1] for problem in problems] == [str(n) for n in lines[1:]]


OFF_CURVE = f"{int(BANK['point'], 16) ^ 1:0128X}"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"point": OFF_CURVE}, "point"),
        ({"point": "00" * 64}, "[SM-022]"),
        ({"point": "04" + BANK["point"]}, "point"),
        ({"point": BANK["point"][:126]}, "point"),
        ({"point": "FF" * 64}, "[SM-022]"),
        ({"point": CA["point"]}, "self_signature: is wrong [SM-021]"),
        ({"index": "19"}, "[SM-021]"),
        ({"rid": "A000000334"}, "[SM-021]"),
        ({"month": "1231"}, "[SM-021]"),
        ({"month": "1330"}, "month"),
        ({"month": None}, "[SM-021]"),
        ({"service": "01010001"}, "[SM-021]"),
        ({"service": None}, "[SM-021]"),
        ({"self_signature": "00" * 64}, "[SM-021]"),
        ({"self_signature": BANK["self_signature"][:126]}, "self_signature"),
        ({"self_signature": None}, "--trust"),
        ({"exponent": "03"}, "unknown key 'exponent'"),
        ({"checksum": "00" * 20}, "unknown key 'checksum'"),
        ({"point": None}, "point is missing"),
        ({"trust": "yes"}, "trust"),
    ],
    ids=str,
)
def test_wrong_sm2_keys_are_refused(file, change, words):
    assert keys.load([file(toml(sm2()))])
    path = file(toml(sm2(**change)))
    problems = refused(path)
    assert any(words in problem for problem in problems), problems
    if change != {"self_signature": None}:
        assert refused(path, trust=True)


def test_a_point_off_the_curve_is_refused_without_a_signature_too(file):
    path = file(toml(sm2(point=OFF_CURVE, self_signature=None, service=None, month=None)))
    assert any("[SM-022]" in problem for problem in refused(path, trust=True))


def test_every_byte_of_a_self_signed_record_counts(file):
    data = bytearray(root(DF28="", DF25=""))
    for at in range(len(data)):
        data[at] ^= 0x01
        refused(file(bytes(data)))
        data[at] ^= 0x01
    assert keys.load([file(bytes(data))])


WRONG_RECORDS = [
    (rsa_record(rsa(), "20301301"), "[CK-009]"),
    (rsa_record(rsa(), "3230333031333031"), "[CK-009]"),
    (rsa_record(rsa(), "203012"), "no YYYYMMDD [CK-009]"),
    (rsa_record(rsa(), "323033303132333A"), "no YYYYMMDD [CK-009]"),
    (rsa_record(rsa(), DF03=""), "[CK-009]"),
    (rsa_record(rsa(), DF03="00" * 20), "[CK-002]"),
    (rsa_record(rsa(), DF06="07"), "DF06 is 07"),
    (rsa_record(rsa(), DF07=""), "DF07 is missing"),
    (rsa_record(rsa(), DF07="02"), "DF07 is 02"),
    (rsa_record(rsa(), DF02=""), "modulus is missing"),
    (rsa_record(rsa(), DF04=""), "exponent is missing"),
    (rsa_record(rsa(), **{"9F22": ""}), "index is missing"),
    (rsa_record(rsa(), DF39="00" * 64), "self-signed record holds an SM2 key"),
    (rsa_record(rsa())[:-1], "offset"),
    (rsa_record(rsa()) + b"\xff", "offset"),
    (record((0x9F06, RID), (0x9F22, "04"), (0x9F22, "04")), "9F22 stands twice"),
    (record((0x9F06, RID), (0x5A, "00")), "5A does not belong"),
    (record((0x9F22, "04"), (0x9F06, RID)), "begins with 9F06 or DF35, not with 9F22"),
    (root(DF35="32"), "DF35 is 32"),
    (root(DF38="12"), "DF38 is 12"),
    (root(DF39=""), "half a self-signed record"),
    (root(DF35=""), "begins with 9F06 or DF35"),
    (root(DF03="00" * 20), "[SM-021]"),
    (root(DF04="03"), "an SM2 key with an exponent"),
    (root(DF37=""), "[SM-021]"),
    (b"", "no key record"),
    (b"\x00\x00", "not hexadecimal"),
    (b"0000", "no key record"),
    (b"9F0", "odd number"),
    (b"9F06xx", "not hexadecimal"),
]


@pytest.mark.parametrize(("data", "words"), WRONG_RECORDS, ids=lambda x: str(x)[-30:])
def test_wrong_records_are_refused(file, data, words):
    problems = refused(file(data))
    assert len(problems) == 1 and words in problems[0], problems


def test_wrong_records_have_a_place(file):
    good = rsa_record(rsa())
    path = file(good + rsa_record(rsa(index="05"), DF03="00" * 20))
    assert refused(path)[0].startswith(f"{path}, offset {len(good)}: checksum")
    path = file(good.hex() + "\n" + rsa_record(rsa(index="05"), DF03="00" * 20).hex(), "k.hex")
    assert refused(path)[0].startswith(f"{path}:2: checksum")


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=60) | st.text("09AFDfx# \n", max_size=60).map(str.encode), st.booleans())
def test_any_bytes_of_a_key_file_are_refused(data, behind):
    good = rsa_record(rsa())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "k.tlv"
        path.write_bytes(good + data if behind else data)
        try:
            assert len(keys.load([path])) == 1 and behind and not data.strip(b"\0")
        except UsageError as error:
            assert error.where.startswith(str(path))


@pytest.mark.parametrize("gap", [b"", b"\x00\x00"])
def test_padding_between_records(file, gap):
    assert len(keys.load([file(rsa_record(rsa()) + gap + root())])) == 2


def test_duplicates_of_one_import_are_refused(file):
    """CK-009, SM-020: also an RSA and an SM2 key of one name, also over two files."""
    same = rsa(index="18")
    for path in (file(toml(rsa(), rsa())), file(toml(same, sm2())), file(root() + root())):
        assert "already there [CK-009]" in refused(path)[0]
    one, two = file(toml(rsa()), "a.toml"), file(toml(rsa()), "b.toml")
    with pytest.raises(ConfigError) as error:
        keys.load([one, two])
    assert error.value.where == f"{two}:1"


def test_without_check_sum_or_self_signature_only_by_an_explicit_word(file):
    plain = {k: v for k, v in rsa().items() if k != "checksum"}
    point = sm2(self_signature=None, service=None, month=None)
    for table, flag in ((plain, "without_checksum"), (point, "trust")):
        path = file(toml(table))
        assert "--trust" in refused(path)[0]
        (key,) = keys.load([path], trust=True)
        assert key.trusted and key.proof == "trusted"
        text = keys.write([key], "toml")
        assert tomllib.loads(text)["ca_key"][0][flag] is True
        assert keys.load([file(text)])[0].trusted
        refused(file(toml({**table, flag: False})))
    download = record((0x9F06, RID), (0x9F22, "57"), (0xDF07, "04"), (0xDF02, BANK["point"]))
    assert "[SM-021]" in refused(file(download))[0]
    assert keys.load([file(download)], trust=True)[0].name == "A000000333 57"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the column"), ("rid,index,exponent\n", "modulus"),
        (f"rid,index,exponent,modulus\n{RID},04\n", "2 columns instead of 4"),
        (f"rid,index,bits,exponent,modulus\n{RID},04,1024,03,{'C3' * 64}\n", "bits says 1024"),
    ],
)  # fmt: skip
def test_wrong_csv(file, text, words):
    assert words in refused(file(text, "k.csv"))[0]


@pytest.mark.parametrize("text", ["x = 1\n", "ca_key = 5\n", "ca_key = [5]\n", "[[ca_key]\n"])
def test_wrong_toml(file, text):
    assert len(refused(file(text))) == 1


# --- writing and replacing -----------------------------------------------------------------------


@pytest.mark.parametrize("form", ["toml", "tlv"])
def test_what_is_written_reads_back(file, form):
    found = keys.load([file(toml(rsa(expiry="20301231"), rsa(index="0B"), sm2()))])
    again = keys.load([file(keys.write(found, form), f"again.{form}")])
    assert [key.values for key in again] == [key.values for key in found]


def test_csv_holds_rsa_keys(file):
    found = keys.load(["unionpay"])
    again = keys.load([file(keys.write(found, "csv"), "k.csv")])
    assert [key.values for key in again] == [key.values for key in found]
    with pytest.raises(UsageError, match="18 is an SM2 key"):
        keys.write(keys.load([file(root())]), "csv")


def test_a_month_becomes_a_day_where_there_is_no_signature(file):
    (key,) = keys.load([file(toml(sm2(self_signature=None, service=None)))], trust=True)
    assert key.last_day == date(2030, 12, 31)
    (again,) = keys.load([file(keys.write([key], "tlv"), "k.tlv")], trust=True)
    assert again.last_day == key.last_day and again.values["expiry"] == "20301231"


def test_a_new_import_replaces(file):
    old = keys.load([file(toml(rsa(), rsa(index="05")))])
    new = keys.load([file(toml(rsa(expiry="20301231"), rsa(index="06")), "new.toml")])
    merged, replaced = keys.merge(old, new)
    assert [key.index for key in merged] == ["04", "05", "06"] and replaced == ("A000000333 04",)
    assert merged[0].last_day == date(2030, 12, 31)


# --- in a configuration --------------------------------------------------------------------------

TERMINAL = """\
[terminal]
country = 156
currency = "CNY"
capabilities = "E0E9C8"

[[combination]]
aid = "A000000333010101"
ttq = ["emv_mode", "contact_chip"]

"""


def test_sm2_keys_in_a_configuration(file):
    image = load(TERMINAL + toml(sm2(), rsa())).image
    sm, second = [body for kind, body in entries(image) if kind is Entry.CA_KEY]
    assert sm.get(0xDF07) == b"\x04" and sm.get(0xDF02) == bytes.fromhex(BANK["point"])
    assert 0xDF04 not in sm and second.get(0xDF07) == b"\x01"
    trusted = sm2(self_signature=None, service=None, month=None, trust=True, expiry="20301231")
    (body,) = [b for k, b in entries(load(TERMINAL + toml(trusted)).image) if k is Entry.CA_KEY]
    assert body.get(0xDF8F32) == b"\x01" and body.get(0xDF05) == bytes.fromhex("20301231")
    for name, content in (("k.toml", toml(sm2())), ("k.tlv", root())):
        path = file(content, name)
        text = TERMINAL + f'[[ca_key]]\nfile = "{path}"\n'
        assert [k for k, _ in entries(load(text).image)].count(Entry.CA_KEY) == 1


@pytest.mark.parametrize(
    "change",
    [{"point": OFF_CURVE}, {"self_signature": "00" * 64}, {"self_signature": None},
     {"index": "19"}, {"exponent": "03"}, {"algorithm": "SM2"}],
    ids=str,
)  # fmt: skip
def test_wrong_sm2_keys_in_a_configuration(change):
    with pytest.raises(ConfigError) as error:
        load(TERMINAL + toml(sm2(**change)), name="x.toml")
    assert all(problem.where.startswith("x.toml:") for problem in error.value.problems)


# --- the command ---------------------------------------------------------------------------------


@pytest.fixture
def run(capfd):
    def call(*words: object) -> tuple[int, str, str]:
        try:
            code = main.main(["keys", *map(str, words)])
        except SystemExit as end:
            code = end.code
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return call


def test_import_into_a_file(run, file, tmp_path):
    target = tmp_path / "store.toml"
    code, out, err = run("import", "unionpay", file(root()), "--into", target)
    assert code == 0 and "14 imported, 0 of them replaced, 14 in all" in out and "SM-036" in err
    newer = file(toml(rsa(expiry="20301231")), "newer.toml")
    code, out, _ = run("import", newer, "--into", target, "--json")
    report = json.loads(out)
    assert code == 0 and report["replaced"] == ["A000000333 04"] and report["total"] == 14
    assert report["note"].endswith("(SM-036)") and report["imported"][0]["expiry"] == "2030-12-31"
    found = {key.index: key for key in keys.load([target])}
    assert len(found) == 14 and found["04"].last_day == date(2030, 12, 31)
    assert found["01"].values["use"] == "other"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []
    before = target.read_bytes()
    assert run("import", file(toml(rsa(EVEN)), "bad.toml"), "--into", target)[0] == 2
    assert target.read_bytes() == before


def test_import_to_standard_output(run, file):
    code, out, err = run("import", file(toml(*weak_keys()[:1])))
    assert code == 0 and tomllib.loads(out)["ca_key"][0]["index"] == "01" and "SM-036" in err
    code, out, err = run("import", file(toml(*weak_keys()[2:3])))
    assert code == 0 and "warning: A000000333 03: a perfect square" in err
    code, out, _ = run("import", file(toml(*weak_keys()[2:3])), "--json")
    assert json.loads(out)["warnings"] == ["A000000333 03: a perfect square"]


def test_list(run, file):
    code, out, _ = run("list", file(toml(rsa(), sm2())))
    assert code == 0 and "A000000333 04  RSA 1984 bit e=03" in out
    assert "A000000333 18  SM2" in out and "2030-12-31  self-signature" in out
    code, out, _ = run("list", "unionpay", "--json")
    found = json.loads(out)["keys"]
    assert code == 0 and len(found) == 13 and found[0]["use"] == "other"
    assert set(found[0]) == {
        "rid", "index", "algorithm", "bits", "exponent", "expiry", "proof", "use",
    }  # fmt: skip


def test_check(run, file):
    assert run("check", "unionpay")[0] == 0
    path = file(toml(rsa(expiry="20301231"), sm2()))
    assert run("check", path, "--date", "301231")[0] == 0
    code, out, err = run("check", path, "--date", "310101")
    assert code == 1 and out.count("expired: 2030-12-31 [CK-005]") == 2 and "SM-036" in err
    code, out, _ = run("check", file(toml(*weak_keys())), "--json", "--date", "261121")
    found = json.loads(out)
    assert code == 1 and found["good"] is False and found["date"] == "2026-11-21"
    assert [bool(key["findings"]) for key in found["keys"]] == [True] * 8
    assert run("check", path, "--date", "2611")[0] == 2
    assert run("check", path, "--date", "261131")[0] == 2


def test_export(run, file, tmp_path):
    path = file(toml(rsa(), sm2()))
    code, out, _ = run("export", path, "--to", "tlv")
    assert code == 0 and bytes.fromhex(out.split()[1]) == root(DF28="", DF25="")
    target = tmp_path / "out.tlv"
    assert run("export", path, "--to", "tlv", "--out", target)[0] == 0
    assert target.read_text() == out
    code, out, _ = run("export", path, "--to", "toml", "--index", "18", "--json")
    report = json.loads(out)
    assert code == 0 and report["keys"] == 1 and "self_signature" in report["text"]
    assert run("export", path, "--to", "csv")[0] == 2
    assert run("export", path, "--to", "csv", "--index", "04")[0] == 0
    assert run("export", path, "--to", "csv", "--index", "99")[0] == 2


def test_export_does_not_make_test_keys_live(run):
    """TLV has no word for keys that are taken only by name."""
    code, out, err = run("export", "unionpay", "--to", "tlv")
    assert code == 0 and len(out.split()) == 7 and "6 keys that are not in use" in err
    code, out, _ = run("export", "unionpay", "--to", "tlv", "--index", "01")
    assert code == 0 and len(out.split()) == 1
    assert len(run("export", "unionpay", "--to", "csv")[1].split()) == 14


@pytest.mark.parametrize(
    "words",
    [
        (), ("list",), ("dance", "unionpay"), ("list", "/nope.toml"), ("list", "/"), ("list", "\0"),
        ("export", "unionpay"), ("export", "unionpay", "--to", "xml"),
        ("export", "unionpay", "--to", "toml", "--out", "/nope/x"),
        ("import", "unionpay", "--into", "/nope/x.toml"),
        ("import", "unionpay", "--into", "x.csv"), ("import", "unionpay", "--into", "/"),
        ("list", "unionpay", "--from", "xml"), ("list", "unionpay", "--from", "tlv"),
    ],
    ids=str,
)  # fmt: skip
def test_bad_calls(run, words):
    code, _, err = run(*words)
    assert code == 2 and err.startswith("tapkern: ") and err.count("\n") == 1
    if words:
        code, out, _ = run(*words, "--json")
        assert code == 2 and set(json.loads(out)) == {"error"}


def test_every_problem_is_a_line(run, file):
    path = file(toml(rsa(EVEN), rsa(exponent="05", index="05")))
    code, out, err = run("check", path)
    assert code == 2 and out == "" and err.count("\n") == 2 and f"{path}:1: modulus" in err
    code, out, _ = run("check", path, "--json")
    assert json.loads(out)["error"]["where"] == f"{path}:1"


def test_tlv_file_of_a_configuration_keeps_its_word(run, file, tmp_path):
    """What `keys` accepts a configuration accepts, and the other way round."""
    target = tmp_path / "store.toml"
    assert run("import", file(root()), file(toml(rsa())), "--into", target)[0] == 0
    text = TERMINAL + f'[[ca_key]]\nfile = "{target}"\n'
    assert [k for k, _ in entries(load(text).image)].count(Entry.CA_KEY) == 2
