"""Bit tables: names to bytes and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapkern.data import bits, tags

TTQ = (
    "mag_stripe contactless_dc emv_mode contact_chip offline_only online_pin signature "
    "oda_for_online online_cryptogram_required cvm_required contact_offline_pin issuer_update "
    "cdcvm fdda_01"
)
CTQ = (
    "online_pin_required signature_required online_if_oda_fails switch_interface_if_oda_fails "
    "online_if_expired switch_interface_for_cash switch_interface_for_cashback not_for_atm "
    "cdcvm_performed issuer_update_supported"
)


@pytest.mark.parametrize(
    ("table", "value", "names"),
    [
        ("ttq", "36000080", "emv_mode contact_chip online_pin signature fdda_01"),
        ("ttq", "36C04080", "emv_mode contact_chip online_pin signature online_cryptogram_required "
         "cvm_required cdcvm fdda_01"),
        ("ctq", "2880", "online_if_oda_fails online_if_expired cdcvm_performed"),
        ("aip", "7C00", "sda dda cardholder_verification terminal_risk_management "
         "issuer_authentication"),
        ("tvr", "8000008000", "oda_not_performed floor_limit_exceeded"),
        ("tsi", "E800", "oda_performed cardholder_verification_performed "
         "card_risk_management_performed terminal_risk_management_performed"),
        ("cvr", "03900000", "second_not_requested first_tc"),
        ("cvr", "03A00000", "second_not_requested first_arqc"),
        ("cid", "80", "arqc no_information"),
        ("cid", "49", "tc advice_required service_not_allowed"),
        ("terminal_type", "22", "merchant_attended_offline_with_online"),
        ("terminal_capabilities", "E0E1C8", "manual_key_entry magnetic_stripe contact_chip "
         "plaintext_offline_pin enciphered_online_pin signature id_document sda dda cda"),
        ("auc", "FF00", "domestic_cash international_cash domestic_goods international_goods "
         "domestic_services international_services atm other_than_atm"),
        ("card_indicator", "42", "oda_for_online pre_authorisation"),
    ],
)  # fmt: skip
def test_known_values(table: str, value: str, names: str) -> None:
    data = bytes.fromhex(value)
    assert bits.encode_bits(table, names.split()) == data
    assert set(bits.names_of(table, data)) >= set(names.split()) - {"no_information"}
    assert bits.encode_bits(table, bits.names_of(table, data)) == data


def test_names_that_configurations_use() -> None:
    assert " ".join(bits.tables()["ttq"].names) == TTQ
    assert " ".join(bits.tables()["ctq"].names) == CTQ


def test_tables_have_both_languages_and_unique_places() -> None:
    for table in bits.tables().values():
        assert len(set(table.names)) == len(table.names)
        taken = [0] * table.length
        parts: tuple[bits.Bit | bits.Field, ...] = (*table.bits, *table.fields)
        for part in parts:
            assert part.en and part.zh and part.name, part
            assert not taken[part.byte - 1] & part.mask, f"{table.key} {part.at} stands twice"
            taken[part.byte - 1] |= part.mask


def test_table_length_is_that_of_the_tag() -> None:
    for table in bits.tables().values():
        if table.tag is not None:
            row = tags.find(table.tag)
            assert row is not None
            assert row.fits(table.length)
            assert bits.table_for(table.tag) is table


@pytest.mark.parametrize("key", sorted(bits.tables()))
@settings(max_examples=30)
@given(data=st.data())
def test_round_trip(key: str, data: st.DataObject) -> None:
    table = bits.tables()[key]
    names = (
        data.draw(st.sets(st.sampled_from([bit.name for bit in table.bits])))
        if table.bits
        else set()
    )
    for field in table.fields:
        if field.choices:
            names.add(data.draw(st.sampled_from(field.choices)).name)
    value = bits.encode_bits(key, names)
    assert set(bits.names_of(key, value)) == names
    assert bits.reserved_bits(key, value) == []


def test_reserved_bits_are_named_and_not_encodable() -> None:
    assert bits.reserved_bits("ttq", bytes.fromhex("36010080")) == ["B2b1"]
    with pytest.raises(ValueError, match="without a name"):
        bits.names_of("ttq", bytes.fromhex("36010080"))


@pytest.mark.parametrize(
    ("table", "names", "what"),
    [
        ("ttq", ["emv-mode"], "no 'emv-mode'"),
        ("nope", [], "no bit table"),
        ("cid", ["tc", "arqc"], "exclude each other"),
    ],
)
def test_wrong_names_are_refused(table: str, names: list[str], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        bits.encode_bits(table, names)


@pytest.mark.parametrize("data", [b"", b"\x36", bytes(5)])
def test_wrong_lengths_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="4 bytes"):
        bits.decode_bits("ttq", data)
