"""What the machine plays with: terminals and cards by name.

A terminal is a configuration as text: the kernel gets the sealed image of it, the shadow reads the
text by itself (tests.oracle.terminal.configuration).
"""

from __future__ import annotations

import random
import tomllib
from functools import cache

from tapkern import Terminal
from tapkern.card import Card
from tapkern.card.model import load_profile
from tests.oracle.terminal.configuration import Configuration
from tests.taps import HEAD

TTQ = '["emv_mode", "contact_chip", "online_pin", "signature", "cdcvm", "fdda_01"]'
OFFLINE_ONLY = '["emv_mode", "offline_only", "signature", "fdda_01"]'


def _text(combination: str, terminal: str = "", more: str = "") -> str:
    return HEAD.format(terminal=terminal) + f"[[combination]]\n{combination}\n{more}"


TERMINALS = {
    "counter": _text(
        f'aid = "A000000333"\nttq = {TTQ}\nfloor_limit = "200.00"\n'
        'transaction_limit = "500.00"\ncvm_limit = "150.00"\nec_limit = "1000.00"\nreceipt = true'
    ),
    "offline only": _text(
        f'aid = "A000000333010101"\nttq = {OFFLINE_ONLY}\nfloor_limit = "300.00"\n'
        'cvm_limit = "100.00"\nzero_amount = true\n[[combination]]\n'
        f'aid = "A000000333010106"\nttq = {OFFLINE_ONLY}\nfloor_limit = "100.00"',
        "passes = 1",
    ),
    "gate": _text(
        'aid = "A000000333"\nttq = ["emv_mode", "fdda_01"]\n'
        'ttq_oda = ["emv_mode", "online_cryptogram_required", "oda_for_online", "fdda_01"]\n'
        'ttq_old = ["emv_mode", "fdda_01"]\nfloor_limit = "50.00"\ntransaction_limit = "50.00"\n'
        '[combination.switches]\n"qp.deferred_auth" = true\n"qp.online_oda_fail" = "decline"',
        "passes = 2\nexception_lookup = true",
    ),
    "gate, asks the host": _text(
        'aid = "A000000333"\nttq = ["emv_mode", "online_pin", "oda_for_online", "fdda_01"]\n'
        'floor_limit = "50.00"'
    ),
    "domestic": _text(
        f'aid = "A000000333"\nprofile = "jrt0025-2013"\nttq = {TTQ}\nfloor_limit = "200.00"\n'
        'cvm_limit = "100.00"\n[combination.switches]\n"fd.allow_v00" = true'
    ),
    "lists": _text(
        f'aid = "A000000333"\nprofile = "c7"\nttq = {TTQ}\nfloor_limit = "200.00"\n'
        '[combination.switches]\n"qp.check_effective" = true',
        "exception_lookup = true\nretap_time = 5",
        '[[exception]]\npan = "6200000000000001065"\npsn = 1\n'
        '[[exception]]\npan = "6200000000000001073"\n'
        '[[exception]]\npan = "6200000000000001115"\npsn = 7\n'
        '[[revoked]]\nrid = "A000000333"\nindex = "E2"\nserial = "000001"\n',
    ),
    "lax": _text(
        f'aid = "A000000333"\nttq = {TTQ}\nfloor_limit = "10.00"\nstatus_check = true\n'
        "[combination.switches]\n"
        '"qp.tc_despite_online" = "accept"\n"qp.cid_source" = "cid"\n"fd.check_ctq" = false\n'
        '"qp.gpo_sw_policy" = "k3style"\n"apdu.follow_61_6c" = true\n"qp.check_pan_57" = false\n'
        '"qp.require_5F24" = false\n"fd.allow_v00" = true\n"fd.v01_needs_0030" = false\n'
        '"qp.bad_ctq_absent" = true\n"ck.ignore_expiry" = true',
        "passes = 9",
    ),
    "sends it online": _text(
        f'aid = "A000000333"\nttq = {TTQ}\nfloor_limit = 0\n'
        '[combination.switches]\n"qp.tc_despite_online" = "online"\n"fd.check_atc" = true\n'
        '"fda.idn_strict" = true\n"qp.no_ctq_always_signature" = true'
    ),
    "doubtful": _text(
        f'aid = "A000000333"\nttq = {TTQ}\nfloor_limit = "200.00"\n'
        '[combination.switches]\n"tt.recovery" = false\n"tt.upload_doubtful" = true'
    ),
    "keeps nothing": _text(
        f'aid = "A000000333"\nttq = {TTQ}\nfloor_limit = "200.00"\n'
        '[combination.switches]\n"tt.recovery" = false',
        "passes = 1",
    ),
    "several": _text(
        f'aid = "A000000333010101"\nttq = {TTQ}\nfloor_limit = "200.00"\npartial_match = false\n'
        f'[[combination]]\naid = "A000000333"\nttq = {TTQ}\nterminal_floor_limit = 15000\n'
        'types = ["00", "01"]\nextended_selection = true\nzero_amount = false\n'
        '[[combination]]\naid = "A0000000031010"\nkernel = 3\nttq = "36000000"\n'
        f'[[combination]]\naid = "A000000333010102"\nkernel = 2\nttq = {TTQ}',
        "passes = 1\ntorn_time = 30",
    ),
    "both paths": _text(
        'aid = "A000000333"\nttq = ["contactless_dc", "emv_mode", "contact_chip", "signature", '
        '"fdda_01"]\nfloor_limit = "200.00"\n'
        '[combination.switches]\n"qp.aip_b2b8_means_dc" = true\n"qp.cdcvm" = false\n'
        '"qp.exception_needs_psn" = true'
    ),
    "fixed amount": _text(
        'aid = "A000000333"\nttq = ["emv_mode", "signature", "fdda_01"]\nfloor_limit = "12.50"\n'
        '[combination.switches]\n"ep.start_b_fixed" = true'
    ),
}  # fmt: skip
"""Terminals by name; all of them know the keys of the test authority."""

_DEBIT = 'base = "debit"\n'
CARDS = {
    "debit": _DEBIT,
    "credit": 'base = "credit"\n',
    "another debit": _DEBIT + '[[application]]\npan = "6200000000000009993"\n',
    "debit, online when unproved": _DEBIT + 'faults = ["sdad-bit"]\n[[application]]\nctq = "2000"',
    "debit, contact when unproved": _DEBIT + 'faults = ["icc-hash"]\n[[application]]\nctq = "1000"',
    "expired, asks online": _DEBIT
    + '[[application]]\nexpiry = 2024-11-30\nctq = "0800"\n[application.keys]\nexpiry = "1249"\n',
    "multi": 'base = "multi"\n',
    "old": 'base = "old"\n',
    "dual": 'base = "dual"\n',
    "sm only": 'base = "sm-only"\n',
    "transit": 'base = "transit"\n',
    "phone": "ready phone",
    "phone that asks": "ready phone-confirm",
    "pure cash": 'base = "pure-ec"\n',
    "prepaid": 'base = "prepaid"\n',
    "expired": "ready expired",
    "revoked": "ready revoked",
    "blocked": "ready blocked",
    "signed for another amount": _DEBIT + 'faults = ["signed-amount"]\n',
    "signed for another number": _DEBIT + 'faults = ["signed-number"]\n',
    "signed for another currency": _DEBIT + 'faults = ["signed-currency"]\n',
    "signed other card data": _DEBIT + 'faults = ["signed-card-data"]\n',
    "replays its signature": _DEBIT + 'faults = ["replayed-signature"]\n',
    "replays its tap": _DEBIT + 'faults = ["replayed-tap"]\n',
    "version 00": _DEBIT + 'faults = ["version-00"]\n',
    "counter stands still": _DEBIT + 'faults = ["atc-stuck"]\n',
    "issuer hash": _DEBIT + 'faults = ["issuer-hash"]\n',
    "issuer signed by nobody": _DEBIT + 'faults = ["issuer-signer"]\n',
    "static data": _DEBIT + 'faults = ["icc-static"]\n',
    "number of another card": _DEBIT + 'faults = ["icc-pan"]\n',
    "approves whatever is asked": _DEBIT + 'faults = ["tc-despite-online"]\n',
    "says more terminal data": _DEBIT + 'faults = ["terminal-tag"]\n',
    "many entries": _DEBIT + 'faults = ["ppse-many"]\n',
    "many records": _DEBIT + 'faults = ["afl-many"]\n',
    "answers in steps": _DEBIT + 'faults = ["t0-61"]\n',
    "signs alike": 'base = "sm-only"\nfaults = ["signature-scalar"]\n',
}
"""Cards by name: a ready one, or a card file."""

AMOUNTS = (0, 1, 100, 1250, 1250, 1251, 4999, 10_000, 14_999, 15_000, 20_000, 20_001, 50_000)
MOST = 999_999_999_999


@cache
def image(name: str) -> bytes:
    """The sealed configuration of a terminal."""
    return Terminal.from_toml(TERMINALS[name]).image


@cache
def configuration(name: str) -> Configuration:
    """The same as the shadow reads it."""
    return Configuration.from_document(tomllib.loads(TERMINALS[name]))


@cache
def _profile(name: str):
    text = CARDS[name]
    if text.startswith("ready "):
        return load_profile(text.removeprefix("ready "))
    return Card.from_toml(text).profile


def card(name: str, seed: int) -> Card:
    """A fresh card; its random numbers follow from the seed."""
    return Card(_profile(name), random=random.Random(seed).randbytes, sleep=lambda _: None)
