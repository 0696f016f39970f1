"""`tapkern oda` and tapkern.oda: verdicts with their rule, the object, the steps, the words."""

from __future__ import annotations

import copy
import io
import json
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapkern import KernelError, UsageError, _kernel
from tapkern._numbers import KeyAlgorithm, OdaMethod
from tapkern.cli import main
from tapkern.data.rules import TOML_PATH, rule, rules
from tapkern.oda import OdaState, Part, parse, verify

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples" / "oda"
RSA = json.loads((ROOT / "tests/data/oda-vectors.json").read_text())
SM = json.loads((ROOT / "tests/data/sm-vectors.json").read_text())["chain"]

EXPECTED = {
    "rsa-chain": None, "rsa-sda": None, "rsa-dda": None, "rsa-cda": None,
    "rsa-fdda-00": None, "rsa-fdda-01": None,
    "rsa-fdda-01-forged": "DDA-002", "rsa-fdda-01-revoked": "CK-021",
    "sm2-sda": None, "sm2-dda": None, "sm2-cda": None, "sm2-fdda-00": None, "sm2-fdda-01": None,
    "sm2-fdda-01-rsa-key": "ODA-030",
}  # fmt: skip
GOOD = [name for name, failed in EXPECTED.items() if failed is None]


def example(name: str, **changes: object) -> dict:
    """An example; changes replace what stands under "card__9F46" and so on, None takes it away."""
    data = json.loads((EXAMPLES / f"{name}.json").read_text())
    for path, value in changes.items():
        table, *rest = path.split("__")
        inner, key = (data, table) if not rest else (data.setdefault(table, {}), rest[0])
        if value is None:
            inner.pop(key, None)
        else:
            inner[key] = value
    return data


def flip(text: str, at: int) -> str:
    """One bit of one byte of hexadecimal text changed."""
    raw = bytearray.fromhex(text)
    raw[at] ^= 0x01
    return raw.hex().upper()


def step(verdict, name: str, part: Part | None = None):
    """The last step of a rule."""
    return [s for s in verdict.steps if s.rule == name and part in (None, s.part)][-1]


# --- examples ------------------------------------------------------------------------------------


def test_every_example_has_its_verdict():
    assert {path.stem for path in EXAMPLES.glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize(("name", "failed"), EXPECTED.items())
def test_examples(name, failed):
    verdict = verify(example(name))
    assert (verdict.verified, verdict.failed_rule) == (failed is None, failed)
    assert verdict.method == name.split("-")[1]
    assert verdict.algorithm == ("rsa" if name.endswith("rsa-key") else name.split("-")[0])
    assert verdict.state is (OdaState.SUCCESSFUL if failed is None else OdaState.FAILED)
    assert all(s.ok for s in verdict.steps) == verdict.verified
    assert verdict.steps[-1].ok == verdict.verified
    if failed is not None:
        assert [s.rule for s in verdict.steps if not s.ok][-1] == failed
    known = rules()
    assert all(s.rule in known and s.what == known[s.rule].en for s in verdict.steps)
    order = list(Part)
    places = [order.index(s.part) for s in verdict.steps]
    assert places == sorted(places)


def test_what_was_recovered_rsa():
    verdict = verify(example("rsa-fdda-01"), unmask=True)
    assert (verdict.version, verdict.dynamic_number) == (1, bytes.fromhex(RSA["dyn"]["ATC"]))
    assert step(verdict, "CK-008").fields["index"] == "F1"
    assert step(verdict, "ODA-047").fields == {"issuer_identifier": "620000"}
    assert step(verdict, "ODA-048").fields == {"expiry": "2049-12", "date": "261121"}
    assert step(verdict, "ODA-049").fields == {"serial": "000001"}
    assert step(verdict, "ODA-050").fields["modulus"] == RSA["issuer"]["modulus"]
    assert step(verdict, "ODA-065", Part.CARD).fields == {"pan": RSA["pan"]}
    assert step(verdict, "ODA-067").fields["modulus"] == RSA["icc"]["modulus"]
    assert step(verdict, "DDA-003").fields["terminal_data"] == RSA["fdda_v01"]["hash_input_tail"]
    assert step(verdict, "DDA-004").fields == {"icc_dynamic_number": "0011"}
    for part in (Part.ISSUER, Part.CARD):
        block = RSA["issuer" if part is Part.ISSUER else "icc"]["cert_recovered"]
        shown = step(verdict, "ODA-046" if part is Part.ISSUER else "ODA-064").fields["hash"]
        assert shown == block[-42:-2]


def test_what_was_recovered_sda_dda_cda():
    sda = verify(example("rsa-sda"))
    assert sda.dac == bytes.fromhex("DAC1") and step(sda, "SDA-002").fields["dac"] == "DAC1"
    dda = verify(example("rsa-dda"))
    assert dda.dynamic_number == bytes.fromhex(RSA["dda"]["icc_dynamic_number_9F4C"])
    assert dda.version is None and dda.cid is None and dda.cryptogram is None
    cda = verify(example("rsa-cda"))
    assert (cda.cid, cda.cryptogram) == (0x80, bytes.fromhex(RSA["cda"]["ac_9F26"]))
    assert step(cda, "CDA-003").fields == {
        "cid": "80", "cryptogram": RSA["cda"]["ac_9F26"],
        "transaction_hash": RSA["cda"]["transaction_data_hash_code"],
    }  # fmt: skip


def test_what_was_recovered_sm2():
    verdict = verify(example("sm2-cda"), unmask=True)
    assert (verdict.cid, verdict.cryptogram) == (0x80, bytes.fromhex("1122334455667788"))
    assert verdict.dynamic_number == bytes.fromhex(SM["atc"])
    assert step(verdict, "SM-046").fields["point"] == SM["issuer"]["point"]
    assert step(verdict, "SM-055").fields["point"] == SM["icc"]["point"]
    assert step(verdict, "SM-052").fields["pan"] == SM["pan"]
    assert step(verdict, "SM-043").fields["expiry"] == "2030-12"
    assert step(verdict, "CDA-003").fields["transaction_hash"] == SM["cda"]["hash"]
    assert verify(example("sm2-sda")).dac == bytes.fromhex("DAC1")


@pytest.mark.parametrize("name", EXPECTED)
def test_card_numbers_are_masked_unless_asked(name):
    data = example(name)
    pan = data["card"]["5A"].rstrip("F")
    told = json.dumps(verify(data).to_json())
    assert pan not in told and pan[:-4] not in told and pan[:8] not in told
    assert pan not in repr(verify(data)) + repr(parse(data))
    if name.endswith("rsa-key"):
        return
    assert pan in json.dumps(verify(data, unmask=True).to_json())
    assert f"{pan[:6]}{'*' * (len(pan) - 10)}{pan[-4:]}" in told


def test_what_covers_the_pan_is_masked_with_it():
    """A signature or hash over the PAN would let its hidden digits be tried."""
    for name, rule_id, field in (("rsa-fdda-01", "ODA-064", "hash"),
                                 ("sm2-fdda-01", "SM-056", "signature")):  # fmt: skip
        assert set(step(verify(example(name)), rule_id).fields[field]) == {"*"}
        assert "*" not in step(verify(example(name), unmask=True), rule_id).fields[field]


# --- altered data --------------------------------------------------------------------------------

SIGNED = ("90", "92", "9F32", "9F46", "9F47", "9F48", "9F4A", "9F4B", "9F69", "93", "82", "8F")


@pytest.mark.parametrize("name", GOOD)
def test_any_altered_byte_is_refused(name):
    data = example(name)
    for tag in [tag for tag in SIGNED if tag in data["card"]]:
        for at in range(len(data["card"][tag]) // 2):
            changed = copy.deepcopy(data)
            changed["card"][tag] = flip(data["card"][tag], at)
            verdict = verify(changed)
            assert not verdict.verified, (tag, at)
            assert verdict.failed_rule and not verdict.steps[-1].ok
    for at in range(len(data["static_data"]) // 2):
        changed = {**data, "static_data": flip(data["static_data"], at)}
        assert not verify(changed).verified
    assert not verify({**data, "static_data": data["static_data"] + "00"}).verified


@pytest.mark.parametrize("name", GOOD)
def test_what_the_terminal_sent_is_signed(name):
    data = example(name)
    covered = {
        "fdda": ["9F37", "9F02", "5F2A"] if "9F69" in data["card"] else ["9F37"],
        "dda": ["ddol_data"],
        "cda": ["9F37", "cdol1_data", "response_tlvs"],
    }.get(data["method"], [])
    for key in covered:
        for at in range(len(data["terminal"][key]) // 2):
            changed = copy.deepcopy(data)
            changed["terminal"][key] = flip(data["terminal"][key], at)
            assert not verify(changed).verified, (key, at)
    if data["method"] == "cda":
        for key in ("pdol_data", "cdol2_data"):
            assert verify(example(name, **{f"terminal__{key}": "00"})).failed_rule in (
                "CDA-005", "SM-073",
            )  # fmt: skip


ABSENT = [
    ("rsa-chain", "8F", "ODA-030"), ("rsa-chain", "90", "ODA-030"), ("rsa-chain", "92", "ODA-044"),
    ("rsa-chain", "9F32", "ODA-030"), ("rsa-chain", "9F46", "ODA-030"),
    ("rsa-chain", "9F47", "ODA-030"), ("rsa-chain", "9F48", "ODA-062"),
    ("rsa-chain", "9F4A", "ODA-064"), ("rsa-chain", "82", "ODA-022"),
    ("rsa-chain", "5A", "ODA-065"), ("rsa-sda", "93", "ODA-030"),
    ("rsa-sda", "9F4A", "SDA-002"), ("rsa-dda", "9F4B", "DDA-023"),
    ("rsa-fdda-01", "9F4B", "FD-008"), ("rsa-fdda-01", "82", "FD-001"),
    ("rsa-fdda-01", "9F69", "FD-004"), ("rsa-fdda-01", "9F08", "FD-005"),
    ("sm2-cda", "9F4B", "CDA-002"), ("sm2-dda", "9F46", "ODA-030"), ("sm2-sda", "93", "ODA-030"),
    ("sm2-fdda-01", "8F", "ODA-030"), ("sm2-fdda-01", "9F4A", "SM-056"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "tag", "failed"), ABSENT)
def test_missing_card_data(name, tag, failed):
    assert verify(example(name, **{f"card__{tag}": None})).failed_rule == failed
    assert verify(example(name, **{f"card__{tag}": ""})).failed_rule == failed  # TLV-020


WRONG = [
    ("rsa-fdda-01", {"card__82": "5C00"}, "FD-001"),
    ("rsa-fdda-01", {"card__9F69": "01112233440000"}, "FD-002"),
    ("rsa-fdda-01", {"card__9F69": "0211223344000000"}, "FD-002"),
    ("rsa-fdda-01", {"card__9F08": "30"}, "TLV-034"),
    ("rsa-fdda-01", {"card__9F08": "0020"}, "FD-005"),
    ("rsa-fdda-01", {"card__9F69": None, "card__9F08": "0030"}, "FD-004"),
    ("rsa-fdda-00", {"options": None}, "FD-006"),
    ("rsa-fdda-00", {"card__9F08": "0030", "terminal__9F66": "36000080"}, "FD-004"),
    ("rsa-fdda-01", {"card__9F38": "9F66049F02065F2A02"}, "FDA-006"),
    ("rsa-fdda-01", {"card__9F38": "9F37049F02065F2A03"}, "FDA-006"),
    ("rsa-fdda-01", {"card__9F38": ""}, "FDA-006"),
    ("rsa-fdda-01", {"card__9F38": "9F"}, "FDA-006"),
    ("rsa-fdda-01", {"card__9F6C": "0080"}, "FD-011"),
    ("rsa-fdda-01", {"card__9F4A": "8282"}, "ODA-022"),
    ("rsa-fdda-01", {"static_data": "00" * 4097}, "ODA-082"),
    ("rsa-fdda-01", {"card__8F": "F2"}, "CK-008"),
    ("rsa-fdda-01", {"card__8F": "F1F1"}, "CK-008"),
    ("rsa-fdda-01", {"rid": "A000000334"}, None),  # the key goes with the RID
    ("rsa-fdda-01", {"ca_key__index": "F0"}, "CK-008"),
    ("rsa-fdda-01", {"ca_key__exponent": "05"}, "CK-003"),
    ("rsa-fdda-01", {"ca_key__modulus": "C3" * 63}, "CK-004"),
    ("rsa-fdda-01", {"ca_key__modulus": "C3" * 249}, "CK-004"),
    ("rsa-fdda-01", {"ca_key__expiry": "20261120"}, "CK-005"),
    ("rsa-fdda-01", {"ca_key__expiry": "20261121"}, None),
    ("rsa-fdda-01", {"card__90": "FF" * 128}, "ODA-080"),
    ("rsa-fdda-01", {"card__90": "00" * 128}, "ODA-041"),
    ("rsa-fdda-01", {"card__90": "00"}, "ODA-040"),
    ("rsa-fdda-01", {"card__9F46": "00"}, "ODA-060"),
    ("rsa-fdda-01", {"card__9F4B": "00"}, "DDA-001"),
    ("rsa-fdda-01", {"card__9F32": "05"}, "ODA-045"),
    ("rsa-fdda-01", {"card__92": "00"}, "ODA-031"),
    ("rsa-fdda-01", {"card__9F48": "00"}, "ODA-031"),
    ("rsa-fdda-01", {"card__5A": "6200000000000123463F"}, "ODA-065"),
    ("rsa-fdda-01", {"card__5A": "6210000000000123455F"}, "ODA-047"),
    ("rsa-fdda-01", {"card__5A": "62000000000001234C5F"}, "ODA-065"),
    ("rsa-fdda-01", {"card__5A": "62" * 30}, "ODA-065"),
    ("rsa-fdda-01", {"date": "491231"}, None),
    ("rsa-dda", {"terminal__ddol_data": "A1B2C3"}, "DDA-020"),
    ("rsa-dda", {"terminal": None}, "DDA-020"),
    ("rsa-cda", {"terminal__response_tlvs": "9F27"}, "CDA-002"),
    ("rsa-cda", {"terminal__response_tlvs": None}, "CDA-002"),
    ("rsa-sda", {"card__93": "00"}, "SDA-001"),
    ("sm2-fdda-01", {"card__90": "00"}, "SM-040"),
    ("sm2-fdda-01", {"card__9F46": "00"}, "SM-050"),
    ("sm2-fdda-01", {"card__9F4B": "00"}, "SM-070"),
    ("sm2-fdda-01", {"card__9F4B": "1500" + "11" * 64}, "SM-072"),
    ("sm2-fdda-01", {"ca_key__point": "11" * 63}, "SM-022"),
    ("sm2-fdda-01", {"date": "310101"}, "SM-043"),
    ("sm2-sda", {"card__93": "13"}, "SM-060"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "failed"), WRONG, ids=str)
def test_wrong_data_and_the_rule_that_refuses_them(name, changes, failed):
    verdict = verify(example(name, **changes))
    assert (verdict.verified, verdict.failed_rule) == (failed is None, failed)
    assert all(s.ok for s in verdict.steps) == verdict.verified
    if failed is not None:
        assert verdict.dynamic_number is None and verdict.cryptogram is None


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_any_bytes_of_a_card_are_a_verdict(data):
    """Never an exception, never verified: every value here is signed or compared."""
    name = data.draw(st.sampled_from(GOOD))
    found = example(name)
    tag = data.draw(st.sampled_from([t for t in SIGNED if t in found["card"]]))
    value = data.draw(st.binary(max_size=300)).hex().upper()
    if value != found["card"][tag]:
        found["card"][tag] = value
        assert not verify(found).verified


@settings(deadline=None, max_examples=100)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("00"),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
        max_leaves=6,
    ),
    st.data(),
)
def test_any_value_in_any_place_is_told(value, data):
    """A UsageError with its path, or a verdict."""
    found = example("rsa-fdda-01", revoked=[], options={})
    place = data.draw(st.sampled_from(list(found)))
    inner = found[place]
    if isinstance(inner, dict) and inner and data.draw(st.booleans()):
        inner[data.draw(st.sampled_from(list(inner)))] = value
    else:
        found[place] = value
    try:
        verify(found)
    except UsageError as error:
        assert error.where


def test_a_key_under_another_algorithm():
    """SM-002: the key decides; an SM2 key does not make RSA certificates SM2 ones."""
    key = {"index": "F1", "algorithm": "sm2", "point": SM["ca"]["point"]}
    assert verify(example("rsa-fdda-01", ca_key=key)).failed_rule == "SM-040"


def test_fda_006_is_judged_only_with_a_pdol():
    given = verify(example("rsa-fdda-01"))
    assert step(given, "FDA-006").ok
    absent = verify(example("rsa-fdda-01", card__9F38=None))
    assert absent.verified and not [s for s in absent.steps if s.rule == "FDA-006"]


def test_decisions_that_fail_nothing_are_answers():
    verdict = verify(example("rsa-fdda-00"))
    assert step(verdict, "FD-007").ok and step(verdict, "FD-007").fields["answer"] == "no"
    assert "answer" not in step(verify(example("rsa-fdda-01")), "FD-007").fields


def test_pan_of_track_2():
    track = RSA["pan"] + "D491222000000000F"
    assert len(track) % 2 == 0
    data = example("rsa-fdda-01", card__5A=None, card__57=track)
    assert verify(data).verified
    assert verify(example("rsa-fdda-01", card__5A=None, card__57="FF")).failed_rule == "ODA-065"
    # 5A counts where it is there, also a malformed one
    data = example("rsa-fdda-01", card__5A="AA", card__57=track)
    assert verify(data).failed_rule == "ODA-065"


@pytest.mark.parametrize("name", ["rsa-cda", "sm2-cda"])
def test_cda_signature_in_the_answer_or_beside_it(name):
    data = example(name)
    answer = data["terminal"]["response_tlvs"]
    signature = data["card"].pop("9F4B", None) or _kernel.Message(bytes.fromhex(answer)).get(
        0x9F4B
    ).hex()  # fmt: skip
    plain = bytes.fromhex(answer)
    inside = [value for _, tag, _, value in _kernel.Message(plain) if tag != 0x9F4B]
    assert len(inside) == 3
    data["card"]["9F4B"] = signature
    assert verify(data).verified
    del data["card"]["9F4B"]
    if b"\x9f\x4b" not in plain:
        size = len(signature) // 2
        data["terminal"]["response_tlvs"] = f"{answer}9F4B{size:02X}{signature}"
    assert verify(data).verified


OPTIONS = [
    ("rsa-fdda-00", {"card__9F36": "0012"}, {"fd.check_atc": True}, None, "FD-010"),
    ("rsa-fdda-01", {"card__9F6C": "0080"}, {"fd.check_ctq": False}, "FD-011", None),
    ("rsa-fdda-01", {"card__9F08": "0020"}, {"fd.v01_needs_0030": False}, "FD-005", None),
    ("rsa-fdda-01", {"ca_key__expiry": "20200101"}, {"ck.ignore_expiry": True}, "CK-005", None),
    ("rsa-fdda-00", {"options": None}, {"fd.allow_v00": True}, "FD-006", None),
]


@pytest.mark.parametrize(("name", "changes", "options", "off", "on"), OPTIONS, ids=str)
def test_options(name, changes, options, off, on):
    data = example(name, **changes)
    assert verify(data).failed_rule == off
    data["options"] = {**data.get("options", {}), **options}
    assert verify(data).failed_rule == on


def test_capp_compares_df61():
    """FD-011: in an extended payment 9F69 byte 8 is DF61 of the FCI."""
    base = {"terminal__DF60": "01"}
    assert verify(example("rsa-fdda-01", **base)).verified
    assert verify(example("rsa-fdda-01", **base, terminal__DF61="01")).failed_rule == "FD-011"
    assert verify(example("rsa-fdda-01", **base, card__DF61="01")).failed_rule == "FD-011"
    assert verify(example("rsa-fdda-01", terminal__DF60="00", terminal__DF61="01")).verified


def test_revocation_needs_all_three():
    for entry in ("A000000334F1000001", "A000000333F2000001", "A000000333F1000002"):
        assert verify(example("rsa-fdda-01", revoked=[entry])).verified
    verdict = verify(example("sm2-sda", revoked=["A000000333F7000102", "A000000333F7000101"]))
    assert verdict.failed_rule == "SM-044"
    assert [s.ok for s in verdict.steps if s.rule in ("SM-044", "CK-021")] == [False]


def test_weak_issuer_key_is_told(monkeypatch):
    from tapkern.oda import recovered

    seen = []
    monkeypatch.setattr(
        recovered, "key_weaknesses", lambda n, *, short: seen.append(n) or ("divisible by 3",)
    )
    verdict = verify(example("rsa-chain"))
    assert step(verdict, "ODA-050").fields["weakness"] == "divisible by 3"
    assert seen == [int(RSA["issuer"]["modulus"], 16), int(RSA["icc"]["modulus"], 16)]


# --- not such an object --------------------------------------------------------------------------

NOT_AN_OBJECT = [
    ({"method": None}, "method"), ({"method": "ecc"}, "method"), ({"method": 5}, "method"),
    ({"method": ["sda"]}, "method"), ({"rid": None}, "rid"), ({"rid": "A0000003"}, "rid"),
    ({"rid": 5}, "rid"), ({"rid": "GG00000333"}, "rid"), ({"date": None}, "date"),
    ({"date": "261131"}, "date"), ({"date": "2611"}, "date"), ({"date": 261121}, "date"),
    ({"card": None}, "card"), ({"card": []}, "card"), ({"card__PAN": "00"}, "card.PAN"),
    ({"card__9F4": "00"}, "card.9F4"), ({"card__9F46": 7}, "card.9F46"),
    ({"card__9F46": "7"}, "card.9F46"), ({"card__9f46": "00"}, "card.9f46"),
    ({"card__9F46": False}, "card.9F46"),
    ({"static_data": 1}, "static_data"), ({"terminal": "x"}, "terminal"),
    ({"terminal__9F37": None}, "terminal.9F37"), ({"terminal__9F37": "00"}, "terminal.9F37"),
    ({"terminal__9F02": None}, "terminal.9F02"), ({"terminal__5F2A": "156"}, "terminal.5F2A"),
    ({"terminal__9F66": ""}, "terminal.9F66"), ({"terminal__ddol": "00"}, "terminal.ddol"),
    ({"terminal__pdol_data": "0"}, "terminal.pdol_data"),
    ({"ca_key": None}, "ca_key"), ({"ca_key": "F1"}, "ca_key"),
    ({"ca_key__algorithm": None}, "ca_key.algorithm"),
    ({"ca_key__algorithm": "ecdsa"}, "ca_key.algorithm"),
    ({"ca_key__index": "F100"}, "ca_key.index"), ({"ca_key__modulus": None}, "ca_key.modulus"),
    ({"ca_key__modulus": "zz"}, "ca_key.modulus"), ({"ca_key__exponent": None}, "ca_key.exponent"),
    ({"ca_key__point": "00"}, "ca_key.point"), ({"ca_key__expiry": "20301301"}, "ca_key.expiry"),
    ({"ca_key__expiry": "301231"}, "ca_key.expiry"), ({"ca_key__checksum": "00" * 20},
     "ca_key.checksum"),
    ({"revoked": "A000000333F1000001"}, "revoked"), ({"revoked": ["A000000333F1"]}, "revoked[0]"),
    ({"revoked": [5]}, "revoked[0]"), ({"options": ["fd.allow_v00"]}, "options"),
    ({"options__fd.allow_v00": 1}, "options.fd.allow_v00"),
    ({"options__qp.cdcvm": True}, "options.qp.cdcvm"),
    ({"revokd": []}, "revokd"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "where"), NOT_AN_OBJECT, ids=str)
def test_not_such_an_object(changes, where):
    with pytest.raises(UsageError) as error:
        verify(example("rsa-fdda-01", **changes))
    assert error.value.where == where and error.value.exit_code == 2 and error.value.what


def test_right_checksum_of_the_key_is_taken():
    assert verify(example("rsa-chain", ca_key__checksum=RSA["ca"]["sha1_checksum"])).verified


@pytest.mark.parametrize("data", [None, [], "x", 5, {}, {1: 2}], ids=str)
def test_no_object_at_all(data):
    with pytest.raises(UsageError):
        verify(data)


# --- the command ---------------------------------------------------------------------------------


@pytest.fixture
def run(capfd):
    def call(*words: str) -> tuple[int, str, str]:
        code = main.main(["oda", *words])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return call


@pytest.mark.parametrize(("name", "failed"), EXPECTED.items())
def test_command(run, name, failed):
    path = str(EXAMPLES / f"{name}.json")
    code, out, _ = run(path, "--json")
    found = json.loads(out)
    assert out.count("\n") == 1 and code == (0 if failed is None else 1)
    assert (found["verified"], found["failed_rule"]) == (failed is None, failed)
    assert all({"rule", "what", "ok", "fields"} <= set(s) for s in found["steps"])
    code, out, err = run(path)
    assert code == (0 if failed is None else 1) and err == ""
    assert ("not verified" in out) == (failed is not None) and "issuer certificate" in out
    assert failed is None or f"✗ {failed}" in out


@pytest.mark.unmasked("output", "oda --unmask")
def test_command_in_chinese_and_unmasked(run):
    path = str(EXAMPLES / "rsa-fdda-01.json")
    _, out, _ = run(path, "--lang", "zh")
    assert "发卡行证书" in out and "认证成功" in out and rule("ODA-046").zh in out
    assert RSA["pan"] not in out and "620000*********3455" in out
    _, out, _ = run(path, "--unmask")
    assert RSA["pan"] in out and RSA["issuer"]["modulus"] in out


def test_standard_input(run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(example("rsa-sda"))))
    assert run("-", "--json")[0] == 0


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "not JSON"), ("{", "not JSON"), ("[]", "no object"), ("5", "no object"),
        ('{"rid": "00", "rid": "00"}', "stands twice"), ("[" * 100_000, "not JSON"),
        ('{"method": "sda"}', "is missing"), ('{"card": {"90": "00", "90": "01"}}', "twice"),
        ("9" * 5000, "not JSON"), ('{"method": NaN}', "must be one of"),
    ],
    ids=range(10),
)  # fmt: skip
def test_files_that_are_no_data_set(run, tmp_path, text, what):
    path = tmp_path / "set.json"
    path.write_text(text)
    code, out, err = run(str(path))
    assert code == 2 and out == "" and err.count("\n") == 1
    assert what in err and str(path) in err
    code, out, _ = run(str(path), "--json")
    assert code == 2 and set(json.loads(out)) == {"error"}


def test_files_that_cannot_be_read(run, tmp_path):
    binary = tmp_path / "x.json"
    binary.write_bytes(b"\xff\xfe\x00")
    large = tmp_path / "large.json"
    large.write_text(" " * 1_100_000)
    for path in (tmp_path, tmp_path / "none", binary, large, "\0"):
        code, _, err = run(str(path))
        assert code == 2 and err.startswith("tapkern: ")


@pytest.mark.unmasked("file", "the data set is the card", "set.json")
def test_the_path_stands_behind_the_file(run, tmp_path):
    path = tmp_path / "set.json"
    path.write_text(json.dumps(example("rsa-sda", card__93="zz")))
    _, _, err = run(str(path))
    assert f"{path}: card.93: is not hexadecimal" in err


# --- words ---------------------------------------------------------------------------------------


def test_every_rule_of_the_kernel_has_words():
    source = "".join(path.read_text() for path in (ROOT / "kernel_c/src/oda").glob("*.c"))
    marked = set(re.findall(r"\b(?:RULE|RULE_GE|REQUIRE|REQUIRE_GE)\(([A-Z]+_\d{3})", source))
    assert len(marked) > 50
    assert {name.replace("_", "-") for name in marked} <= set(rules())
    ids = set(re.findall(r'"([A-Z]+-\d+)"', (ROOT / "kernel_c/rules.def").read_text()))
    assert set(rules()) <= ids
    for row in tomllib.loads(TOML_PATH.read_text(encoding="utf-8")).values():
        assert set(row) == {"en", "zh"} and all("\n" not in text and text for text in row.values())
        assert re.search(r"[\u4e00-\u9fff]", row["zh"]) and row["en"].isascii()


def test_a_rule_without_words_is_its_id():
    assert rule("XX-999").en == rule("XX-999").zh == "XX-999"


# --- the binding ---------------------------------------------------------------------------------

CALL = {"method": OdaMethod.CHAIN, "rid": bytes(5), "date": bytes.fromhex("261121")}


@pytest.mark.parametrize(
    "wrong",
    [
        {"rid": bytes(4)}, {"date": b""}, {"date": bytes(3)}, {"method": 9}, {"un": b"1"},
        {"amount": b""}, {"ttq": b"12345"}, {"revoked": bytes(8)},
        {"key": (bytes(4), 1, 1, b"", b"", b"")}, {"key": (bytes(5), 1, 1, b"1", b"", b"")},
    ],
    ids=str,
)  # fmt: skip
def test_binding_misuse(wrong):
    with pytest.raises(KernelError):
        _kernel.oda(**{**CALL, **wrong})


def test_binding_takes_bytes_and_nothing_else():
    for wrong in ({"rid": "A000000333"}, {"pan": None}, {"key": 5}, {"response": bytearray(1)},
                  {"key": (bytes(5), 1, 1, b"", None, b"")}):  # fmt: skip
        with pytest.raises(TypeError):
            _kernel.oda(**{**CALL, **wrong})
    with pytest.raises(OverflowError):
        _kernel.oda(**{**CALL, "method": 300})


def test_binding_without_a_key_refuses():
    found = _kernel.oda(
        **CALL, pan=bytes(10), ca_index=b"\x01", issuer_cert=b"\x01", icc_cert=b"\x01"
    )
    assert _kernel.name(9, found[1]) == "CK-008" and found[0] != 2 and found[12] == 0


def test_sm2_of_the_binding():
    point = bytes.fromhex(SM["ca"]["point"])
    message = bytes.fromhex(SM["ca"]["self_signed"])
    signature = bytes.fromhex(SM["ca"]["self_signature"])
    assert _kernel.sm2_on_curve(point) and not _kernel.sm2_on_curve(bytes(64))
    assert _kernel.sm2_verify(point, message, signature)
    assert not _kernel.sm2_verify(point, message + b"\0", signature)
    assert not _kernel.sm2_verify(point, message, bytes(64))
    assert not _kernel.sm2_verify(bytes(64), message, signature)
    for wrong in (b"", bytes(63), bytes(65)):
        for call in (lambda w=wrong: _kernel.sm2_on_curve(w),
                     lambda w=wrong: _kernel.sm2_verify(w, message, signature),
                     lambda w=wrong: _kernel.sm2_verify(point, message, w)):  # fmt: skip
            with pytest.raises(KernelError):
                call()
    assert KeyAlgorithm.SM2 == 4


def test_pan_forms_of_the_binding():
    assert _kernel.pan_of_5a(bytes.fromhex("6200001234567892")).hex() == "6200001234567892ffff"
    assert _kernel.pan_of_5a(b"") is None and _kernel.pan_of_5a(b"\xab") is None
    assert _kernel.pan_of_57(bytes.fromhex("6200001234567892D30122")) is not None
    assert _kernel.pan_of_57(b"\xd0") is None and _kernel.pan_of_57(b"") is None
