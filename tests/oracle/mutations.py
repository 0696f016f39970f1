"""The named mutations, and set number n of a run.

`python -m tests.oracle.mutations SEED INDEX` prints one set of a run, its mutation and the verdict.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator

from tests.oracle import chain, sm2
from tests.oracle.builder import build, draw
from tests.oracle.faults import (
    answer_without_cid,
    asks,
    card_data,
    cut_any,
    cut_dynamic,
    damage,
    downgrade,
    drop_any,
    dynamic_cid,
    dynamic_hash,
    extend_any,
    fd004,
    fd005,
    fd006,
    fd010,
    fd011,
    fd011_capp,
    fd012,
    flip_any,
    has_padding,
    has_sent,
    icc_pan,
    icc_pan_longer,
    identifier_edit,
    ldd_too_long,
    no_aip,
    no_dynamic,
    number_length,
    other_date,
    pan_odd,
    tagged,
    terminal_flip,
    too_long,
    zero_any,
)
from tests.oracle.mutator import (
    CDA,
    DDA,
    FDDA,
    ICC,
    OK,
    SDA,
    SIGNED,
    STRICT,
    Case,
    Mutation,
    above_modulus,
    after_signing,
    algorithm_swapped,
    before_signing,
    both,
    by_family,
    element,
    every,
    expired,
    flip_after,
    has_past,
    key_expired,
    key_expiry_ignored,
    longer,
    method,
    needs_9f48,
    needs_92,
    no_pan,
    off_curve,
    other_exponent,
    other_index,
    revoke,
    rsa,
    scalar,
    set_member,
    shorter,
    signed_again,
    sm,
    t_zero,
    unneeded,
    unsigned_answer,
    v00,
    v01,
    whole_icc,
    whole_issuer,
)


def _common() -> Iterator[Mutation]:
    yield Mutation("key: other index", every, other_index)
    yield Mutation("key: index of two bytes", every, longer("8F", "CK-008"))
    yield Mutation("key: expired", every, key_expired)
    yield Mutation("key: expired, ignored", every, key_expiry_ignored)
    yield Mutation("key: other algorithm", every, algorithm_swapped)
    yield Mutation("issuer: revoked", every, revoke)
    for tag in ("8F", "90"):
        yield Mutation(f"{tag} missing", every, element(tag, None, "ODA-030"))
        yield Mutation(f"{tag} empty", every, element(tag, "", "ODA-030"))
    for tag in ("9F32", "9F47"):
        fits = rsa if tag == "9F32" else both(rsa, ICC)
        yield Mutation(f"{tag} missing", fits, element(tag, None, "ODA-030"))
    yield Mutation("9F46 missing", ICC, element("9F46", None, "ODA-030"))
    yield Mutation("93 missing", SDA, element("93", None, "ODA-030"))
    yield Mutation("PAN missing", every, no_pan)
    yield Mutation("9F4A more tags", every, element("9F4A", "8295", "ODA-022"))
    yield Mutation("9F4A other tag", every, element("9F4A", "5A", "ODA-022"))
    yield Mutation("9F4A without 82", both(method("chain", "sda", "dda", "cda"), tagged), no_aip)
    yield Mutation("static data too long", every, too_long)
    yield Mutation("damage: bit", every, damage(flip_any, True))
    yield Mutation("damage: zeros", every, damage(zero_any, True))
    yield Mutation("damage: shorter", every, damage(cut_any, False))
    yield Mutation("damage: longer", every, damage(extend_any, False))
    yield Mutation("damage: dropped", every, drop_any)
    yield Mutation("other date", every, other_date)


def _certificates() -> Iterator[Mutation]:
    """One check of a certificate each, hash and signature made after the edit."""
    for name, rsa_at, sm_at, value, rsa_rule, sm_rule in (
        ("other issuer identifier", 1, 1, None, "ODA-047", "SM-042"),
        ("identifier of 2 digits", 1, 1, "pan2", "ODA-047", "SM-042"),
        ("identifier without digits", 1, 1, b"\xff\xff\xff\xff", "ODA-047", "SM-042"),
        ("F inside the identifier", 1, 1, "panF", "ODA-047", "SM-042"),
        ("month 13", 5, 5, b"\x13\x49", "ODA-048", "SM-043"),
        ("month 00", 5, 5, b"\x00\x49", "ODA-048", "SM-043"),
        ("year not BCD", 5, 5, b"\x12\x4a", "ODA-048", "SM-043"),
    ):
        action = identifier_edit(rsa_at, sm_at, value, rsa_rule, sm_rule)
        yield Mutation(f"issuer: {name}", every, action)
    yield Mutation("issuer: expired", has_past, expired("90", 5, 5, "ODA-048", "SM-043"))
    yield Mutation(
        "icc: expired", both(ICC, has_past), expired("9F46", 11, 11, "ODA-066", "SM-053")
    )
    for name, value in (("month 13", b"\x13\x49"), ("month 00", b"\x00\x49")):
        action = by_family("ODA-066", "SM-053", before_signing("9F46", 11, value, ""))
        yield Mutation(f"icc: {name}", ICC, action)
    yield Mutation("icc: other PAN", ICC, icc_pan)
    yield Mutation("icc: PAN longer by a digit", both(ICC, pan_odd), icc_pan_longer)


def _rsa_blocks() -> Iterator[Mutation]:
    at_end = -1
    for name, tag, fits, header, form, trailer in (
        ("issuer", "90", rsa, "ODA-042", "ODA-043", "ODA-041"),
        ("icc", "9F46", both(rsa, ICC), "ODA-061", "ODA-061", "ODA-061"),
        ("93", "93", both(rsa, SDA), "SDA-001", "SDA-001", "SDA-001"),
        ("9F4B", "9F4B", both(rsa, SIGNED), "DDA-002", "DDA-002", "DDA-002"),
    ):
        yield Mutation(f"{name}: header", fits, after_signing(tag, 0, b"\x4a", header))
        yield Mutation(f"{name}: format", fits, before_signing(tag, 0, b"\x07", form))
        yield Mutation(f"{name}: trailer", fits, after_signing(tag, at_end, b"\xcc", trailer))
    yield Mutation("issuer: hash algorithm", rsa, before_signing("90", 10, b"\x02", "ODA-045"))
    yield Mutation(
        "icc: hash algorithm", both(rsa, ICC), before_signing("9F46", 16, b"\x00", "ODA-063")
    )
    yield Mutation(
        "93: hash algorithm", both(rsa, SDA), before_signing("93", 1, b"\x02", "SDA-001")
    )
    yield Mutation(
        "9F4B: hash algorithm", both(rsa, SIGNED), before_signing("9F4B", 1, b"\x02", "DDA-002")
    )
    yield Mutation("issuer: key algorithm", rsa, before_signing("90", 11, b"\x04", "ODA-050"))
    yield Mutation(
        "icc: key algorithm", both(rsa, ICC), before_signing("9F46", 17, b"\x00", "ODA-067")
    )
    for tag, fits, rule in (
        ("90", rsa, "ODA-046"),
        ("9F46", both(rsa, ICC), "ODA-064"),
        ("93", both(rsa, SDA), "SDA-002"),
        ("9F4B", both(rsa, SIGNED), "DDA-003"),
    ):
        yield Mutation(f"{tag}: hash", fits, flip_after(tag, -21, 20, rule))
    for size in (0, 63, 249, 255):
        value = bytes([size])
        yield Mutation(f"issuer: NI {size}", rsa, before_signing("90", 12, value, "ODA-084"))
        yield Mutation(
            f"icc: NIC {size}", both(rsa, ICC), before_signing("9F46", 18, value, "ODA-084")
        )
    for text, what in (("05", "5"), ("000003", "3 in three bytes"), ("010002", "even")):
        yield Mutation(f"issuer: exponent {what}", rsa, other_exponent("9F32", text, "ODA-045"))
        yield Mutation(
            f"icc: exponent {what}", both(rsa, ICC), other_exponent("9F47", text, "ODA-063")
        )
    yield Mutation(
        "9F4B: format 95", both(rsa, FDDA), before_signing("9F4B", 0, b"\x95", "FDA-007")
    )
    yield Mutation(
        "9F4B: format 95", both(rsa, STRICT), before_signing("9F4B", 0, b"\x95", "DDA-002")
    )
    yield Mutation("9F4B: LDD too long", both(rsa, SIGNED), ldd_too_long)
    # Nobody checks these: covered by the hash, or not used.
    yield Mutation("issuer: exponent length byte", rsa, before_signing("90", 13, b"\x05", OK))
    yield Mutation(
        "icc: exponent length byte", both(rsa, ICC), before_signing("9F46", 19, b"\x00", OK)
    )
    yield Mutation("93: padding", both(rsa, SDA), before_signing("93", -1, b"\xaa", OK))
    yield Mutation(
        "9F4B: padding", both(rsa, SIGNED, has_padding), before_signing("9F4B", -1, b"\x00", OK)
    )


def _rsa_values() -> Iterator[Mutation]:
    yield Mutation("90: above the modulus", rsa, above_modulus("90", "ca"))
    yield Mutation("9F46: above the modulus", both(rsa, ICC), above_modulus("9F46", "issuer"))
    yield Mutation("93: above the modulus", both(rsa, SDA), above_modulus("93", "issuer"))
    yield Mutation("9F4B: above the modulus", both(rsa, SIGNED), above_modulus("9F4B", "icc"))
    for tag, fits, rule in (
        ("90", rsa, "ODA-040"),
        ("9F46", both(rsa, ICC), "ODA-060"),
        ("93", both(rsa, SDA), "SDA-001"),
        ("9F4B", both(rsa, SIGNED), "DDA-001"),
    ):
        yield Mutation(f"{tag}: longer", fits, longer(tag, rule))
        yield Mutation(f"{tag}: shorter", fits, shorter(tag, rule))
    yield Mutation("92 missing", needs_92, element("92", None, "ODA-044"))
    yield Mutation("9F48 missing", needs_9f48, element("9F48", None, "ODA-062"))
    yield Mutation("92 longer", needs_92, longer("92", "ODA-031"))
    yield Mutation("9F48 longer", needs_9f48, longer("9F48", "ODA-031"))
    for fits, tag, rule in ((whole_issuer, "92", "ODA-046"), (whole_icc, "9F48", "ODA-064")):
        yield Mutation(f"{tag} not needed", fits, unneeded(tag, rule, False))
        yield Mutation(f"{tag} not needed, hashed", fits, unneeded(tag, rule, True))
    yield Mutation("key: exponent 5", rsa, set_member("ca_key", "exponent", "05", "CK-003"))
    yield Mutation("key: modulus short", rsa, set_member("ca_key", "modulus", "C1" * 63, "CK-004"))
    yield Mutation("key: modulus long", rsa, set_member("ca_key", "modulus", "C1" * 249, "CK-004"))


def _sm_objects() -> Iterator[Mutation]:
    icc, sda, signed = both(sm, ICC), both(sm, SDA), both(sm, SIGNED)
    for tag, fits, at, rules in (
        ("90", sm, 0, ("SM-041", "SM-040")),
        ("9F46", icc, 0, ("SM-051", "SM-050")),
        ("93", sda, 0, ("SM-060", "SM-060")),
        ("9F4B", signed, 0, ("SM-070", "SM-012")),
    ):
        yield Mutation(f"sm {tag}: format", fits, before_signing(tag, at, b"\x6a", rules[0]))
        yield Mutation(f"sm {tag}: longer", fits, longer(tag, rules[1]))
        yield Mutation(f"sm {tag}: shorter", fits, shorter(tag, rules[1]))
    for name, at, value in (
        ("signature algorithm", 10, b"\x01"),
        ("parameter", 12, b"\x12"),
        ("key length", 13, b"\x41"),
    ):
        yield Mutation(f"sm issuer: {name}", sm, before_signing("90", at, value, "SM-045"))
        yield Mutation(f"sm icc: {name}", icc, before_signing("9F46", at + 6, value, "SM-054"))
    yield Mutation("sm issuer: encryption byte", sm, before_signing("90", 11, b"\x04", OK))
    yield Mutation("sm icc: encryption byte", icc, before_signing("9F46", 17, b"\xff", OK))
    for tag, fits, at, rule in (("90", sm, 14, "SM-046"), ("9F46", icc, 20, "SM-055")):
        yield Mutation(f"sm {tag}: point off the curve", fits, off_curve(tag, at, rule))
        yield Mutation(f"sm {tag}: point 0, 0", fits, before_signing(tag, at, bytes(64), rule))
        yield Mutation(f"sm {tag}: point FF", fits, before_signing(tag, at, b"\xff" * 64, rule))
    for tag, fits, rule in (
        ("90", sm, "SM-047"),
        ("9F46", icc, "SM-056"),
        ("93", sda, "SM-061"),
        ("9F4B", signed, "SM-072"),
    ):
        yield Mutation(f"sm {tag}: bit of r, s", fits, flip_after(tag, -64, 64, rule))
        for half, letter in ((0, "r"), (1, "s")):
            for number, text in ((0, "0"), (sm2.N, "n"), (2**256 - 1, "all ones")):
                action = scalar(tag, half, number, rule)
                yield Mutation(f"sm {tag}: {letter} = {text}", fits, action)
        yield Mutation(f"sm {tag}: t = 0", fits, t_zero(tag, rule))
    for tag, fits, rule in (("90", sm, "SM-047"), ("9F46", icc, "SM-056")):
        yield Mutation(f"sm {tag}: other signer", fits, signed_again(tag, True, rule))
        yield Mutation(f"sm {tag}: empty identity", fits, signed_again(tag, False, rule))
    ldd = both(sm, SIGNED)
    yield Mutation("sm 9F4B: LDD too long", ldd, flip_after("9F4B", 1, 1, "SM-012"))
    for point, text in (("45" * 63, "short"), ("45" * 65, "long"), ("45" * 64, "off the curve")):
        yield Mutation(f"sm key: point {text}", sm, set_member("ca_key", "point", point, "SM-022"))


def _methods() -> Iterator[Mutation]:
    yield Mutation("dda: no DDOL data", DDA, set_member("terminal", "ddol_data", None, "DDA-020"))
    yield Mutation(
        "dda: DDOL data short", DDA, set_member("terminal", "ddol_data", "010203", "DDA-020")
    )
    flip_ddol = terminal_flip("ddol_data", "DDA-003", "SM-072")
    yield Mutation("dda: DDOL data", DDA, flip_ddol)
    yield Mutation("dda: 9F4B missing", DDA, element("9F4B", None, "DDA-023"))
    yield Mutation("cda: 9F4B missing", CDA, unsigned_answer("CDA-002"))
    yield Mutation("fdda: 9F4B missing", FDDA, element("9F4B", None, "FD-008"))
    for number, text in ((1, "1"), (9, "9"), (0, "0"), (255, "255")):
        yield Mutation(f"number: length {text}", SIGNED, number_length(number, "DDA-004", "SM-071"))
    yield Mutation("number: none", SIGNED, no_dynamic)
    yield Mutation("cda: too little data", CDA, cut_dynamic)
    yield Mutation("cda: other CID signed", CDA, dynamic_cid)
    yield Mutation("cda: other hash signed", CDA, dynamic_hash)
    yield Mutation("cda: answer without 9F27", CDA, answer_without_cid)
    for name in ("pdol_data", "cdol1_data", "cdol2_data"):
        fits = both(CDA, has_sent(name))
        yield Mutation(f"cda: {name}", fits, terminal_flip(name, "CDA-005", "SM-073"))
    signed = both(SIGNED, lambda plan: plan.method != "dda")
    yield Mutation("9F37", signed, terminal_flip("9F37", "DDA-003", "SM-072"))
    for name in ("9F02", "5F2A"):
        yield Mutation(f"{name}, version 01", v01, terminal_flip(name, "DDA-003", "SM-072"))
        yield Mutation(f"{name}, version 00", v00, terminal_flip(name, OK, OK))


def _versions() -> Iterator[Mutation]:
    yield Mutation("fdda: AIP without DDA", FDDA, element("82", "5C00", "FD-001"))
    yield Mutation("fdda: no AIP", FDDA, element("82", None, "FD-001"))
    yield Mutation("fdda: version 02", v01, card_data(lambda value: b"\x02" + value[1:]))
    yield Mutation("fdda: 9F69 of 7", v01, card_data(lambda value: value[:7]))
    yield Mutation("fdda: 9F69 of 17", v01, card_data(lambda value: value.ljust(17, b"\x00")))
    yield Mutation("fdda: 9F69 removed", v01, downgrade)
    yield Mutation("fdda: version 00 to 0030", v00, fd004)
    yield Mutation("fdda: version 01, 9F08 002F", v01, fd005)
    yield Mutation("fdda: version 00 not allowed", v00, fd006)
    yield Mutation("fdda: other ATC", FDDA, fd010)
    yield Mutation("fdda: other CTQ", v01, fd011)
    yield Mutation("fdda: other DF61", v01, fd011_capp)
    yield Mutation("fdda: no CTQ", v01, fd012)
    yield Mutation("fdda: PDOL 9F37 of 3", FDDA, asks("9F66049F02065F2A029F3703", "FDA-006"))
    yield Mutation("fdda: PDOL without 9F37", FDDA, asks("9F66049F02065F2A02", "FDA-006"))
    yield Mutation("fdda: PDOL cut", FDDA, asks("9F66049F02065F2A029F37049F", "FDA-006"))
    for text, name in (("9F66045F2A029F3704", "9F02"), ("9F66049F02069F3704", "5F2A")):
        yield Mutation(f"fdda: PDOL without {name}", v01, asks(text, "FDA-006"))
        yield Mutation(f"fdda: PDOL without {name}, 00", v00, asks(text, OK))


MUTATIONS: tuple[Mutation, ...] = (
    *_common(),
    *_certificates(),
    *_rsa_blocks(),
    *_rsa_values(),
    *_sm_objects(),
    *_methods(),
    *_versions(),
)


def case(seed: int, index: int) -> Case:
    """Set number index of a run: even numbers are valid, odd numbers carry one mutation.

    Two mutated sets of five are damaged somewhere, the others have one of the named faults.
    """
    plan = draw(random.Random(f"{seed}/{index}"))
    if index % 2 == 0:
        return Case(build(plan), "", OK)
    damaged = plan.rng.random() < 0.4
    fitting = (entry for entry in MUTATIONS if entry.fits(plan))
    mutation = plan.rng.choice([e for e in fitting if e.name.startswith("damage") == damaged])
    expected = mutation.apply(plan)
    return Case(build(plan), mutation.name, expected)


if __name__ == "__main__":
    one = case(int(sys.argv[1]), int(sys.argv[2]))
    print(json.dumps(one.data, indent=1))
    verdict = chain.verify(one.data)
    print(f"{one.mutation or 'valid'}: expected {one.expected}, found {verdict}", file=sys.stderr)
