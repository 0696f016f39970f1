"""The oracle judged by itself: vectors, one fault per rule, every byte, the same by a seed."""

from __future__ import annotations

import ast
import copy
import hashlib
import itertools
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.oracle import builder, chain, keys, mutations, sm2, sm_chain, vectors
from tests.oracle.dataset import BadSet, Fail, read
from tests.oracle.mutator import ANY, OK, Mutation
from tests.oracle.sm3 import sm3

Data = dict[str, Any]
Edit = Callable[[Data], None]
SETS = [("chain", 1), ("sda", 1), ("dda", 1), ("fdda", 0), ("fdda", 1), ("cda", 1)]
FAMILIES = {"rsa": vectors.rsa_set, "sm2": vectors.sm_set}


def rule(data: Data) -> str | None:
    """The failed rule; OK when verified."""
    verdict = chain.verify(data)
    assert verdict.verified == (verdict.failed_rule is None)
    return verdict.failed_rule or OK


# ---------------------------------------------------------------- primitives


def test_sm3_known_answers() -> None:
    assert len(vectors.sm()["sm3"]) == 2
    for message, digest in vectors.sm()["sm3"].items():
        assert sm3(bytes.fromhex(message)).hex().upper() == digest


def test_sm3_equals_another_library() -> None:
    hashes = pytest.importorskip("cryptography.hazmat.primitives.hashes")
    rng = random.Random(3)
    for length in (*range(130), 1000):
        message = rng.randbytes(length)
        other = hashes.Hash(hashes.SM3())
        other.update(message)
        assert other.finalize() == sm3(message)


def test_sm2_known_answer() -> None:
    known = vectors.sm()["sm2"]
    point = sm2.point_of(bytes.fromhex(known["point"]))
    message, d, k = bytes.fromhex(known["message"]), int(known["d"], 16), int(known["k"], 16)
    assert sm2.multiply(d, sm2.G) == point and sm2.on_curve(point)
    assert sm2.za(point).hex().upper() == known["za"]
    signature = sm2.sign(d, message, k)
    assert signature is not None and signature.hex().upper() == known["signature"]
    assert sm2.verify(point, message, signature)
    assert not sm2.verify(point, message + b" ", signature)
    plain = sm2.sign(d, message, k, identity=b"")
    assert plain is not None and not sm2.verify(point, message, plain)


def test_sm2_equals_another_library() -> None:
    other = pytest.importorskip("gmssl.sm2", reason="the Python package gmssl is not installed")
    rng = random.Random(2)
    for number in range(24):
        key = rng.choice(keys.sm2_keys())
        message = rng.randbytes(rng.randrange(1, 200))
        signature = bytearray(sm2.sign(key.d, message, rng.randrange(1, sm2.N)) or b"")
        if number % 3 == 0:
            signature[rng.randrange(64)] ^= 1 << rng.randrange(8)
        elif number % 3 == 1:
            message += b"\x00"
        mine = sm2.verify(sm2.point_of(key.point), message, bytes(signature))
        theirs = other.CryptSM2(private_key="", public_key=key.point.hex())
        assert mine == bool(theirs.verify_with_sm3(bytes(signature).hex(), message))
        assert mine == (number % 3 == 2)


def test_sm2_refuses_numbers_out_of_range() -> None:
    key = keys.sm2_keys()[0]
    point = sm2.point_of(key.point)
    signature = sm2.sign(key.d, b"m", 12345)
    assert signature is not None and sm2.verify(point, b"m", signature)
    r, s = sm2.point_of(signature)
    for bad in ((0, s), (r, 0), (sm2.N, s), (r, sm2.N), (r, sm2.N - r), (2**256 - 1, s)):
        assert not sm2.verify(point, b"m", sm2.bytes_of(bad))
    if r + sm2.N < 2**256:
        assert not sm2.verify(point, b"m", sm2.bytes_of((r + sm2.N, s)))
    assert not sm2.verify(point, b"m", signature[:-1])


def test_sm2_group() -> None:
    assert sm2.multiply(sm2.N, sm2.G) is None
    assert sm2.multiply(sm2.N - 1, sm2.G) == (sm2.G[0], sm2.P - sm2.G[1])
    assert sm2.add(None, sm2.G) == sm2.add(sm2.G, None) == sm2.G
    assert sm2.multiply(5, sm2.G) == sm2.add(sm2.multiply(2, sm2.G), sm2.multiply(3, sm2.G))
    other = sm2.multiply(7, sm2.G)
    assert other is not None and sm2.combine((2, sm2.G), (3, other)) == sm2.multiply(23, sm2.G)
    assert sm2.combine((7, sm2.G), (sm2.N - 1, other)) is None
    assert not sm2.on_curve((0, 0)) and not sm2.on_curve((sm2.G[0] + sm2.P, sm2.G[1]))


def test_keys_are_what_the_seed_makes() -> None:
    for key in keys.rsa_keys():
        assert key.name == f"rsa-{key.n.bit_length()}-{key.e}" and key.modulus[0] > 0x6A
        assert all((prime - 1) % key.e for prime in key.primes)
    assert {(key.n.bit_length(), key.e) for key in keys.rsa_keys()} == set(keys.RSA)
    assert keys.make_rsa(512, 3) == keys.rsa_key("rsa-512-3")
    assert keys.make_rsa(735, 65537) == keys.rsa_key("rsa-735-65537")
    assert tuple(keys.make_sm2(index) for index in range(keys.SM2)) == keys.sm2_keys()
    assert "TEST KEYS" in json.loads(keys.FILE.read_text(encoding="utf-8"))["about"]


WIRE = {"serve.py": {"tapkern.lab.protocol", "tapkern.lab.results", "tapkern.lab.stand"}}
"""What carries lines between the runner and the second terminal, and decides nothing."""


def test_this_side_shares_no_code_with_the_kernel() -> None:
    """The ready cards, which tests of the second terminal tap, are the other side too."""
    folder = Path(__file__).parent
    files = [path for path in folder.rglob("*.py") if not path.name.startswith("test_terminal")]
    assert len(files) > 10 and len([path for path in files if path.parent != folder]) > 10
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found = [name.name for name in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                found = [node.module or ""]
            ours = {name for name in found if name.split(".")[0] == "tapkern"}
            assert ours <= WIRE.get(path.name, set()), path.name


# ---------------------------------------------------------------- vectors


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("method", "version"), SETS)
def test_vectors_verify(family: str, method: str, version: int) -> None:
    """TV-001, TV-010 ... TV-014 and the SM2 chain of file 60 section 10.3."""
    assert rule(FAMILIES[family](method, version)) == OK


@pytest.mark.parametrize("use", [0, 1])
def test_links_of_the_published_test_card(use: int) -> None:
    """File 60 section 10.2: the CA key is not public, the links below the issuer key are."""
    card = vectors.sm()["transport_card"]
    entry = card["uses"][use]
    certificate = bytes.fromhex(card["cert_90"])
    issuer = sm2.point_of(certificate[14:78])
    data = read(
        {
            **{"method": "sda", "rid": "A000000632", "date": "230601"},
            "ca_key": {"index": "01", "algorithm": "sm2", "point": "00" * 64},
            "card": {"5A": card["pan"] + "F", "93": entry["ssad_93"], "9F46": entry["cert_9F46"]},
        }
    )
    static = bytes.fromhex(entry["record"])
    aip = bytes.fromhex(card["aip"])
    assert sm2.on_curve(issuer)
    assert sm_chain.signed_static(data, issuer, static + aip) == bytes.fromhex("3105")
    sm_chain.icc_key(data, issuer, static + aip)
    for wrong in (static, aip, aip + static, static + b"\x7c\x01"):
        with pytest.raises(Fail, match="SM-061"):
            sm_chain.signed_static(data, issuer, wrong)
        with pytest.raises(Fail, match="SM-056"):
            sm_chain.icc_key(data, issuer, wrong)


def test_root_record_signs_itself() -> None:
    root = {name: bytes.fromhex(text) for name, text in vectors.sm()["unionpay_root"].items()}
    head = b"\x31" + root["service_id"] + root["rid"] + root["index"] + root["expiry_mmyy"]
    message = head + b"\x04\x11\x40" + root["point"]
    point = sm2.point_of(root["point"])
    assert sm2.on_curve(point) and sm2.verify(point, message, root["self_signature"])
    assert not sm2.verify(point, message[:-1] + b"\x00", root["self_signature"])


def put(tag: str, value: str | None, part: str = "card") -> Edit:
    def edit(data: Data) -> None:
        if value is None:
            del data[part][tag]
        else:
            data[part][tag] = value

    return edit


def revoke(data: Data) -> None:
    data["revoked"] = ["A000000333F1000001"]


def past_issuer(data: Data) -> None:
    """TV-028: 90 signed again with 1223; the terminal date is June 2024."""
    v = vectors.rsa()
    covered = bytes.fromhex(v["issuer"]["remainder_92"] + "03")
    recovered = v["issuer"]["cert_recovered"]
    data["card"]["90"] = vectors.sign_again("ca", recovered, {6: b"\x12\x23"}, covered)


def past_icc(data: Data) -> None:
    v = vectors.rsa()
    covered = bytes.fromhex(v["icc"]["remainder_9F48"] + "03" + v["static_data"])
    recovered = v["icc"]["cert_recovered"]
    data["card"]["9F46"] = vectors.sign_again("issuer", recovered, {12: b"\x12\x23"}, covered)


def flip_signature(data: Data) -> None:
    value = data["card"]["9F4B"]
    data["card"]["9F4B"] = value[:80] + f"{int(value[80], 16) ^ 1:X}" + value[81:]


@pytest.mark.parametrize(
    ("name", "edit", "wanted"),
    [
        ("TV-020", flip_signature, {"DDA-002", "DDA-003"}),
        ("TV-021", put("9F02", "000000001235", "terminal"), {"DDA-003"}),
        ("TV-022", put("9F69", "0211223344000000"), {"FD-002"}),
        ("TV-023", put("9F69", "01112233440000"), {"FD-002"}),
        ("TV-024", put("92", None), {"ODA-044"}),
        ("TV-025", put("92", vectors.rsa()["issuer"]["remainder_92"] + "00"), {"ODA-031"}),
        ("TV-026", put("9F4A", "8295"), {"ODA-022"}),
        ("TV-028", past_issuer, {"ODA-048"}),
        ("TV-028", past_icc, {"ODA-066"}),
        ("TV-029", put("5A", "6210000000000123455F"), {"ODA-047"}),
        ("TV-029", put("5A", "6200000000000123463F"), {"ODA-065"}),
        ("TV-030", revoke, {"CK-021"}),
        ("TV-031", put("8F", "F2"), {"CK-008"}),
        ("TV-066", put("9F6C", "8000"), {"FD-011"}),
        ("TV-067", put("9F38", "9F66049F02065F2A02"), {"FDA-006"}),
    ],
)
def test_negative_vectors(name: str, edit: Edit, wanted: set[str]) -> None:
    data = copy.deepcopy(vectors.rsa_set("fdda"))
    edit(data)
    assert rule(data) in wanted, name


def test_amount_is_not_in_version_00() -> None:
    """TV-021, second half."""
    data = copy.deepcopy(vectors.rsa_set("fdda", 0))
    data["terminal"]["9F02"] = "000000009999"
    assert rule(data) == OK
    data["terminal"]["9F37"] = "A1B2C3D5"
    assert rule(data) == "DDA-003"


def test_ctq_without_a_copy_in_the_clear() -> None:
    """TV-066: the signature over 9F69 with bytes 6, 7 = 8000 is valid, 9F6C is absent."""
    v = vectors.rsa()
    data = copy.deepcopy(vectors.rsa_set("fdda"))
    data["card"]["9F69"] = "0111223344800000"
    del data["card"]["9F6C"]
    tail = v["dyn"]["un_9F37"] + v["dyn"]["amount_9F02"] + v["dyn"]["currency_5F2A"]
    covered = bytes.fromhex(tail + data["card"]["9F69"])
    recovered = v["fdda_v01"]["recovered"]
    data["card"]["9F4B"] = vectors.sign_again("icc", recovered, {}, covered)
    assert rule(data) == "FD-012"
    data["card"]["9F6C"] = "8000"
    assert rule(data) == OK


# ---------------------------------------------------------------- one fault per rule


RULES = {
    *(
        [
            "CK-003",
            "CK-004",
            "CK-005",
            "CK-008",
            "CK-021",
            "ODA-022",
            "ODA-030",
            "ODA-031",
            "ODA-032",
            "ODA-080",
            "ODA-082",
        ]
    ),
    *(f"ODA-{n:03}" for n in (40, 41, 42, 43, 44, 45, 46, 47, 48, 50, 84)),
    *(f"ODA-{n:03}" for n in (60, 61, 62, 63, 64, 65, 66, 67)),
    *(
        [
            "SDA-001",
            "SDA-002",
            "DDA-001",
            "DDA-002",
            "DDA-003",
            "DDA-004",
            "DDA-005",
            "DDA-020",
            "DDA-023",
        ]
    ),
    *(
        [
            "FD-001",
            "FD-002",
            "FD-004",
            "FD-005",
            "FD-006",
            "FD-008",
            "FD-010",
            "FD-011",
            "FD-012",
            "FDA-006",
            "FDA-007",
        ]
    ),
    *(["CDA-002", "CDA-003", "CDA-004", "CDA-005", "SM-012", "SM-022"]),
    *(f"SM-{n:03}" for n in (*range(40, 48), *range(50, 57), 60, 61, *range(70, 75))),
}


def planned(mutation: Mutation, family: str) -> Iterator[tuple[Data, str]]:
    """Sets with this mutation: of two methods where it fits (SM2: one, it takes long)."""
    wanted = 2 if family == "rsa" else 1
    methods = list(dict.fromkeys(builder.METHODS))
    random.Random(mutation.name).shuffle(methods)
    found = 0
    for method in methods:
        for attempt in range(20):
            rng = random.Random(f"{mutation.name}/{family}/{method}/{attempt}")
            plan = builder.draw(rng, family, method)
            if mutation.fits(plan):
                expected = mutation.apply(plan)
                yield builder.build(plan), expected
                found += 1
                break
        if found == wanted:
            break


@pytest.mark.parametrize("family", FAMILIES)
def test_each_mutation_breaks_its_rule(family: str) -> None:
    met, names = set(), set()
    for mutation in mutations.MUTATIONS:
        for data, expected in planned(mutation, family):
            names.add(mutation.name)
            if expected != ANY:
                assert rule(data) == expected, (mutation.name, data["method"])
                met.add(expected)
    own = {name for name in RULES if name.startswith("SM-")}
    shared = {"CK-005", "CK-008", "ODA-022", "ODA-030", "ODA-065", "ODA-082", "DDA-020", "DDA-023"}
    shared |= {"CDA-002", "CDA-003", "FDA-006"}
    shared |= {name for name in RULES if name.startswith("FD-")}
    assert met - {OK} == (own | shared if family == "sm2" else RULES - own)
    for mutation in mutations.MUTATIONS:  # none of them fits nowhere
        if mutation.name.startswith("sm ") == (family == "sm2"):
            assert mutation.name in names


# ---------------------------------------------------------------- every byte


def plain_plan(family: str, method: str, version: int) -> builder.Plan:
    """A plan in which as much as possible is signed or compared."""
    for attempt in itertools.count():
        plan = builder.draw(random.Random(f"plain/{attempt}"), family, method)
        rsa_ok = family == "sm2" or all(
            isinstance(key, keys.RsaKey) and key.size <= 144
            for key in (plan.ca, plan.issuer, plan.icc)
        )
        full = plan.sda_tags and len(plan.records) == 2 and plan.icc_modulus is None
        if rsa_ok and full and plan.version == version and len(plan.static) < 120:
            break
    plan.options.pop("fd.check_ctq", None)
    if method == "fdda" and version == 1:
        plan.card["9F6C"] = plan.card["9F69"][5:7]
    return plan


def covered_bytes(plan: builder.Plan, data: Data) -> dict[tuple[str, str], int]:
    """(part, name) -> number of leading bytes of it that are signed or compared."""
    card, rsa = data["card"], plan.family == "rsa"
    tags = ["8F", "90", "9F4A", "82"]
    tags += ["92", "9F32"] if rsa else []
    tags += ["93"] if plan.method == "sda" else ["9F46"]
    tags += ["9F47", "9F48"] if rsa and plan.method != "sda" else []
    tags += ["9F4B"] if plan.method in ("dda", "fdda", "cda") else []
    tags += ["9F69", "9F6C"] if plan.method == "fdda" and plan.version == 1 else []
    parts = [("card", tag) for tag in tags if tag in card]
    parts += [
        ("ca_key", name) for name in ("modulus", "exponent", "point") if name in data["ca_key"]
    ]
    sent = {
        "dda": ["ddol_data"],
        "fdda": ["9F37", "9F02", "5F2A"] if plan.version else ["9F37"],
        "cda": ["9F37", "pdol_data", "cdol1_data", "cdol2_data", "response_tlvs"],
    }.get(plan.method, [])
    parts += [("terminal", name) for name in sent if name in data["terminal"]]
    lengths = {(part, name): len(data[part][name]) // 2 for part, name in parts}
    lengths["", "static_data"] = len(data["static_data"]) // 2
    if "5A" in card:  # SDA compares the issuer identifier alone; it is inside the static data
        lengths["card", "5A"] = (plan.issuer_digits if plan.method == "sda" else len(plan.pan)) // 2
    return lengths


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("method", "version"), SETS)
def test_a_change_of_any_signed_or_compared_byte_is_refused(
    family: str, method: str, version: int
) -> None:
    plan = plain_plan(family, method, version)
    data = builder.build(plan)
    while "9F4B" in data["terminal"].get("response_tlvs", ""):  # 9F4B is not covered there
        data = builder.build(plan)
    assert rule(data) == OK
    rng = random.Random(1)
    for (part, name), length in covered_bytes(plan, data).items():
        # An SM2 verification takes long: a sample of the bytes there, but the ends always.
        step = 1 if family == "rsa" or length < 16 else 9
        for at in {*range(0, length, step), length - 1} if length else ():
            changed = copy.deepcopy(data)
            member = changed[part] if part else changed
            content = bytearray.fromhex(member[name])
            content[at] ^= 1 << rng.randrange(8)
            member[name] = content.hex()
            assert rule(changed) != OK, (part, name, at)


# ---------------------------------------------------------------- random sets


def test_random_sets_are_valid_or_fail_as_planned() -> None:
    methods = set()
    for index in range(160):
        case = mutations.case(11, index)
        methods.add((case.data["method"], case.data["ca_key"]["algorithm"]))
        if case.expected != ANY:
            assert rule(case.data) == case.expected, (index, case.mutation)
    assert len(methods) == 10


def test_the_same_seed_makes_the_same_sets() -> None:
    def run(seed: int) -> str:
        sets = [mutations.case(seed, index).data for index in range(24)]
        return hashlib.sha256(json.dumps(sets).encode()).hexdigest()

    assert run(5) == run(5) != run(6)


def test_sets_reach_the_limits_of_remainders() -> None:
    """Whole modulus, exact fit and remainder, in both certificates; values with a leading zero."""
    seen = set()
    for index in range(0, 1600, 2):
        plan = builder.draw(random.Random(f"21/{index}"), "rsa")
        ca, issuer, icc = plan.ca, plan.issuer, plan.icc
        assert isinstance(ca, keys.RsaKey) and isinstance(issuer, keys.RsaKey)
        assert isinstance(icc, keys.RsaKey)
        for name, room, size in (
            ("90", ca.size - 36, issuer.size),
            ("9F46", issuer.size - 42, icc.size),
        ):
            seen.add((name, (size > room) - (size < room)))
        if plan.leading_zero:
            seen.add(("zero", 0))
            assert builder.build(plan)["card"]["90"].startswith("00")
    assert len(seen) == 7


@pytest.mark.parametrize(
    "edit",
    [
        put("rid", "A0000003", "top"),
        put("method", "xda", "top"),
        put("date", "240230", "top"),
        put("date", "2024", "top"),
        put("static_data", "0", "top"),
        put("algorithm", "dsa", "ca_key"),
        put("index", "F1F1", "ca_key"),
        put("expiry", "20241301", "ca_key"),
        put("8F", "XY"),
        put("9F37", "010203", "terminal"),
        put("9F66", "3600", "terminal"),
        put("fd.no_such", "on", "options"),
    ],
)
def test_what_is_no_data_set_is_no_verdict(edit: Edit) -> None:
    data = copy.deepcopy(vectors.rsa_set("fdda"))
    data["top"] = data
    edit(data)
    del data["top"]
    with pytest.raises(BadSet):
        chain.verify(data)
