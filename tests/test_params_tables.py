"""A sealed image back into tables, and tables into an image."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tapkern import UsageError, _kernel
from tapkern._numbers import Entry
from tapkern.data import tlv
from tapkern.params import ConfigError, load, load_tables
from tapkern.params.names import SWITCH_VALUES, switches
from tapkern.params.tables import tables_of

FILES = [*Path("src/tapkern/params/configs").glob("*.toml"), *Path("examples").glob("[gt]*.toml")]
BASE = {
    "terminal": {"country": 156, "currency": "CNY", "capabilities": "E0F8C8"},
    "combination": [{"aid": "A000000333010101", "ttq": ["emv_mode"]}],
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_comes_back(path):
    image = load(path).image
    tables = json.loads(json.dumps(tables_of(image)))  # JSON takes it
    assert load_tables(tables).image == image
    assert len(tables["combination"]) >= 1


def changed(terminal: dict | None = None, combination: dict | None = None, **more: object) -> dict:
    return {
        "terminal": {**BASE["terminal"], **(terminal or {})},
        "combination": [{**BASE["combination"][0], **(combination or {})}],
        **more,
    }


@pytest.mark.parametrize(
    "tables",
    [
        changed({"serial": "A", "merchant_name": "商户", "type": 22, "acquirer": "1"}),
        changed({"additional_capabilities": ["goods"], "capabilities": ["no_cvm", "dda"]}),
        changed({"capabilities": "FFFFFF"}),  # bits without a name
        changed({"online_tags": ["9F6C", "9F24", "57"], "record_tags": ["5F20"]}),
        changed({"currency": "JPY", "exponent": 0, "passes": 0, "retap_time": 12, "torn_time": 99}),
        changed({"exception_lookup": True}, exception=[{"pan": "62000000000001013", "psn": 7}]),
        changed(exception=[{"pan": "6200000000000001"}, {"pan": "6200000000000002"}]),
        changed(revoked=[{"rid": "A000000333", "index": "04", "serial": "000001"}]),
        changed(None, {"types": ["00", "01"], "partial_match": False, "receipt": True}),
        changed(None, {"floor_limit": 0, "cvm_limit": 1, "terminal_floor_limit": 4294967295}),
        changed(None, {"ttq": "21800080", "switches": {"ep.start_b_fixed": True}}),
        changed(None, {"ttq_old": "20800000", "ttq_oda": ["emv_mode", "oda_for_online"]}),
        changed(None, {"profile": "jrt0025-2013", "switches": {"qp.cid_source": "cid"}}),
        changed(None, {"profile": "c7", "switches": {"tt.recovery": True}}),
        changed(None, {"kernel": "C1", "aid": "A0000003330101010203040506070809"}),
    ],
)
def test_every_kind_of_value_comes_back(tables):
    image = load_tables(tables).image
    back = tables_of(image)
    assert load_tables(back).image == image


def test_every_switch_comes_back():
    for name in switches():
        values = SWITCH_VALUES.get(name, (False, True))
        for value in values:
            try:
                image = load_tables(changed(None, {"switches": {name: value}})).image
            except ConfigError:
                continue  # contradicts the rest of this configuration
            back = tables_of(image)["combination"][0].get("switches", {})
            assert load_tables(changed(None, {"switches": back})).image == image
            assert set(back) <= {name}


def test_what_no_file_can_say_is_refused():
    """A device may keep SM2 away from one application (DF8F08); no table has a key for it."""
    builder = _kernel.ConfigBuilder()
    terminal = tlv.write(0x9F1A, b"\x01\x56") + tlv.write(0x5F2A, b"\x01\x56")
    builder.add(Entry.TERMINAL, terminal + tlv.write(0x9F33, bytes(3)))
    body = tlv.write(0x9F06, bytes.fromhex("A000000333010101")) + tlv.write(0x96, b"\x07")
    body += tlv.write(0xDF8F01, b"\x02") + tlv.write(0x9F66, bytes.fromhex("20000000"))
    builder.add(Entry.COMBINATION, body + tlv.write(0xDF8F08, b"\x00"))
    with pytest.raises(UsageError, match="no configuration file can say"):
        tables_of(builder.seal())


def test_a_fault_in_tables_names_its_path():
    with pytest.raises(ConfigError) as error:
        load_tables(changed(None, {"flor_limit": 1}), label="suite.json cn")
    assert str(error.value.problems[0]).startswith(
        "suite.json cn: combination/0/flor_limit: unknown key 'flor_limit'; did you mean floor_lim"
    )
    with pytest.raises(ConfigError, match=r"^x: the table \[terminal\] is missing"):
        load_tables({}, label="x")
