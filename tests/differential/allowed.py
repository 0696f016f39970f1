"""Pairs of names that both sides may give one decision."""

from __future__ import annotations

# (oracle's rule, kernel's rule) -> why two names for one decision are right. Nothing else differs.
ALLOWED: dict[tuple[str | None, str | None], str] = {
    ("EP-031", None): "no card came: the kernel names no rule for something that nobody decided",
    ("", None): "cancelled: no rule of the digest names it",
    ("QP-070", None): "too many commands: a limit of the build, which no rule names",
    ("TT-002", "QP-046"): "the same event in the sections on GPO and on torn transactions",
    ("TT-004", "QP-073"): "the same event in the sections on records and on torn transactions",
    ("QP-173", "QP-073"): "QP-173 says for which ARQC the event of QP-073 ends the presentment",
    ("QP-060", "TLV-015"): "a template 77 whose objects do not fill it: not one good template",
    ("QP-054", "QP-055"): "p12 has no rule of its own for 6986: the row of 6986 or the last row",
    ("TLV-021", "QP-066"): "QP-066 is TLV-021 in the answer to GPO",
    ("QP-092", "QP-091"): "QP-092 is the switch that QP-091 reads",
    ("DDA-002", "FDA-007"): "fDDA: the kernel names FDA-007 for every signed format but 05",
    ("QP-064", "QP-067"): "an absent 82: QP-064 says so, and so does the table that QP-067 names",
    ("QP-075", "TLV-015"): "a template 70 whose objects do not fill it: not one good template",
    ("QP-085", "TLV-030"): "a 5A of 20 digits is no card number, and another than that of 57",
}
for _key in ("CK-005", "CK-008"):
    for _data in ("ODA-022", "ODA-030", "ODA-032"):
        ALLOWED[_key, _data] = "no key and wrong data: no rule says what is looked at first"
for _later in (*range(45, 51), *range(63, 68)):
    ALLOWED[f"ODA-0{_later}", "ODA-032"] = (
        "an unneeded remainder is refused before the checks that follow in its certificate"
    )
ALLOWED["CK-021", "ODA-032"] = ALLOWED["ODA-049", "ODA-032"]
_ISSUER = [f"ODA-0{number}" for number in (31, 32, *range(40, 51), 80, 84)]
_ISSUER += [f"SM-0{number}" for number in (22, *range(40, 48))]
_ISSUER += ["CK-003", "CK-004", "CK-005", "CK-008", "CK-021"]
for _step in (*_ISSUER, "ODA-022", "ODA-030"):
    ALLOWED[_step, "ODA-065"] = (
        "no PAN, or one of zeros: the kernel asks for it before it looks at the issuer"
    )
for _data in ("ODA-022", "ODA-030"):
    for _step in _ISSUER:
        ALLOWED[_data, _step] = (
            "the kernel works certificate by certificate while records come in, the oracle asks "
            "for every object first: of two faults each names its first"
        )

# The same for data sets of authentication, without a tap. Verdicts never differ.
SETS: dict[tuple[str, str], str] = {
    ("ODA-046", "ODA-032"): "an unneeded remainder is refused before the hash that would fail",
    ("ODA-064", "ODA-032"): "an unneeded remainder is refused before the hash that would fail",
    ("CDA-004", "CDA-005"): "an unreadable answer: the kernel found 9F27 before the damage",
    ("DDA-002", "FDA-007"): "fDDA: the kernel names FDA-007 for every signed format but 05",
    ("ODA-047", "ODA-065"): "a PAN of zeros: the kernel asks for a PAN before the identifier",
    ("FD-003", "TLV-034"): "the kernel names the length rule of 9F08",
}
