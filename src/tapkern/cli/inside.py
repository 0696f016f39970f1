"""What `tapkern card show` prints for people: the description of a card as text and tables."""

from __future__ import annotations

import sys
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tapkern.data.money import format_amount
from tapkern.params.fields import usual_exponent

WIDTH = 120
"""Columns when the output is no screen."""

LOG_COLUMNS = ("date", "time", "type", "amount", "currency", "country", "merchant", "atc")
LOAD_COLUMNS = ("date", "time", "tag", "before", "after", "atc")
AMOUNTS = {"amount", "other_amount", "before", "after"}


def show(card: dict[str, Any]) -> None:
    """Print a card as `card.describe` tells of it."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    _line(console, Text(f"{card['name']}: {card['title']}", style="bold"))
    _line(console, Text(f"ATR {card['atr']}  UID {card['uid']}", style="dim"))
    if card["blocked"]:
        _line(console, Text("the card is blocked: SELECT 6A81", style="red"))
    if phone := card["phone"]:
        state = "confirmed" if phone["confirmed"] else f"{phone['confirm_after']} refused taps"
        _line(console, Text(f"phone: CDCVM {phone['cdcvm']}, {state}"))
    for fault in card["faults"]:
        values = "".join(f" {key}={value}" for key, value in fault["values"].items())
        text = f"fault {fault['name']}{values}: {fault['meaning']} (tries {fault['rule']})"
        _line(console, Text(text, style="yellow"))
    for application in card["applications"]:
        console.print()
        _application(console, application)


def _line(console: Console, text: Text) -> None:
    console.print(text, soft_wrap=True)


def _application(console: Console, found: dict[str, Any]) -> None:
    priority = "" if found["priority"] is None else f", priority {found['priority']}"
    _line(console, Text(f"{found['aid']} {found['label']}{priority}", style="bold"))
    if found["foreign"]:
        _line(console, Text("listed only: an application of another scheme"))
        return
    if found["refuses"]:
        _line(console, Text(found["refuses"], style="red"))
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    for name, words in _facts(found):
        facts.add_row(name, Text(words))
    console.print(facts)
    _files(console, found["records"])
    if found["extended"]:
        for line in _extended_lines(found["extended"]):
            _line(console, Text(line))
    if found["log"]:
        _entries(console, "transactions", found["log"], LOG_COLUMNS, found)
    if found["load_log"]:
        _entries(console, "loads", found["load_log"], LOAD_COLUMNS, found)


def _facts(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Names and values of what is no table of its own."""
    facts = [
        ("PAN", f"{found['pan']}  PSN {found['psn']}  expires {found['expiry']}"),
        ("version", f"{found['version']}  AIP {found['aip']}  CAP {found['cap']}  "
         f"CTQ {found['ctq'] or '-'}  DF61 {found['df61'] or '-'}"),
        ("PDOL", found["pdol"]),
        ("counters", _pairs(found["counters"])),
    ]  # fmt: skip
    if purse := found["purse"]:
        facts.append(("purse", _purse(purse, found["currency"], found["cvm_limit"])))
    if second := found["second"]:
        facts.append(("second purse", _purse(second, second["currency"], second["cvm_limit"])))
    for name in ("risk", "token"):
        if found[name]:
            facts.append((name, _pairs(found[name])))
    facts += [("keys", _pairs(found["keys"])), ("AFL", found["afl"])]
    if found["sm_afl"]:
        facts.append(("AFL with SM", found["sm_afl"]))
    return facts + _debit_credit(found["debit_credit"])


def _debit_credit(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The debit/credit path, and what scripts have done on it."""
    codes = {name: found[f"iac_{name}"] for name in ("default", "denial", "online")}
    limits = {name: found[name] for name in ("pin_limit", "mac_tries")}
    facts = [
        ("debit/credit", _pairs({"AFL": found["afl"], "AFL with SM": found["sm_afl"]})),
        ("CDOL1", found["cdol1"]),
        ("CDOL2", found["cdol2"]),
        ("CVM list", f"{found['cvm_list'] or '-'}  DDOL {found['ddol'] or '-'}"),
        ("IAC", _pairs(codes)),
        ("PIN", f"{found['pin']}  {_pairs(limits)}"),
    ]
    if found["changed"] or found["updated"]:
        records = [f"SFI {sfi} record {number}" for sfi, number in found["updated"]]
        facts.append(("by script", "  ".join([*found["changed"], *records])))
    return facts


def _pairs(values: dict[str, Any]) -> str:
    return "  ".join(
        f"{name.replace('_', ' ')} {value}" for name, value in values.items() if value is not None
    )


def _purse(purse: dict[str, Any], currency: str, cvm_limit: int) -> str:
    amounts = {name: purse[name] for name in ("balance", "limit", "single", "reset")}
    amounts["cvm limit"] = cvm_limit
    money = {name: _money(amount, currency) for name, amount in amounts.items()}
    return f"{_pairs(money)}  currency {currency}"


def _money(amount: Any, currency: str) -> str:
    """An amount in major units; what is no amount stays as it is."""
    if not isinstance(amount, int):
        return str(amount)
    return format_amount(amount, usual_exponent(int(currency)) if currency.isdecimal() else 2)


def _extended_lines(found: dict[str, Any]) -> list[str]:
    """Offset, holds and files of the extended application."""
    lines = [
        f"extended application, DF61 {found['df61']}: "
        f"offset limit {found['offset_limit']}  offset used {found['offset_used']}"
    ]
    for hold in found["holds"]:
        lines.append(f"  SFI {hold['sfi']} id {hold['id']}: {hold['amount']} on hold")
    for file in found["files"]:
        room = f" of {file['room']}" if file["room"] else ""
        unit = "slots" if file["type"] == "cyclic" else "bytes"
        lines.append(f"  SFI {file['sfi']} {file['type']}: {file['used']}{room} {unit}")
        for content in file["contents"]:
            lines.append(f"    {content['head']} … ({content['length']} bytes)")
            if content.get("bytes"):
                lines.append(f"    {content['bytes']}")
    return lines


def _files(console: Console, records: list[dict[str, Any]]) -> None:
    table = _table("SFI", "record", "tags", "")
    for record in records:
        note = "makes a purchase final" if record.get("last") else ""
        tags = " ".join(record["tags"]) or "-"
        table.add_row(str(record["sfi"]), str(record["record"]), tags, Text(note, style="dim"))
        if record.get("bytes"):
            table.add_row("", "", Text(record["bytes"], style="dim"), "")
    console.print(table)


def _entries(
    console: Console,
    title: str,
    log: dict[str, Any],
    columns: tuple[str, ...],
    found: dict[str, Any],
) -> None:
    """A log: number 1 is the newest."""
    entries = log["entries"]
    kept = f"{len(entries)} of {log['size']}"
    _line(console, Text(f"{title} (SFI {log['sfi']}, {kept})", style="dim"))
    if not entries:
        return
    shown = [name for name in columns if any(name in entry for entry in entries)]
    table = _table("", *shown)
    for number, entry in enumerate(entries, 1):
        if "raw" in entry:
            table.add_row(str(number), entry["raw"])
            continue
        currency = _currency(entry, found)
        cells = [
            _money(entry[name], currency) if name in AMOUNTS else str(entry.get(name, ""))
            for name in shown
        ]
        table.add_row(str(number), *cells)
    console.print(table)


def _currency(entry: dict[str, Any], found: dict[str, Any]) -> str:
    """The currency of a log entry: its own, else that of the purse which was loaded."""
    if "currency" in entry:
        return str(entry["currency"])
    second = found["second"]
    return str(second["currency"] if second and entry.get("tag") == "DF79" else found["currency"])


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="dim", padding=(0, 1), pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")
    return table
