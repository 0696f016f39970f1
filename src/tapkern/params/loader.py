"""From TOML to a sealed image: walks the tables, collects every problem, hands entries to C."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tapkern import _kernel
from tapkern._numbers import Entry
from tapkern.data import tlv
from tapkern.errors import ConfigFault, UsageError
from tapkern.params import capk, fields, names
from tapkern.params.fields import Field
from tapkern.params.ics import HINT, Ics, outside
from tapkern.params.source import ConfigError, KeyPath, Problem, Source, parse, read_text

_TABLES = ("terminal", "combination", "ca_key", "revoked", "exception")


@dataclass(frozen=True, slots=True)
class Configuration:
    """A sealed configuration image and its name."""

    image: bytes = dataclasses.field(repr=False)  # its exception file holds card numbers
    name: str

    @property
    def digest(self) -> bytes:
        """SHA-256 of the image (32 bytes)."""
        return _kernel.digest(self.image)


def load(source: str | Path, *, name: str = "", ics: Ics | None = None) -> Configuration:
    """Loads a configuration: a path, or TOML text (a str with a line break).

    ics: a conformance statement; what the configuration uses beyond it is refused. Errors:
    ConfigError with every problem found; UsageError when the file cannot be read.
    """
    if isinstance(source, str) and "\n" in source:
        parsed = parse(source, name or "<text>", Path())
        name = name or "text"
    else:
        path = Path(source)
        parsed = parse(read_text(path), str(path), path.parent)
        name = name or path.stem
    return _Builder(parsed, ics).build(name)


def load_tables(
    tables: Mapping[str, object], *, name: str = "", label: str = "", ics: Ics | None = None
) -> Configuration:
    """Loads a configuration from its tables, as TOML and JSON give them.

    label names them in messages, which give the path of a key in place of a line. References to key
    files are relative to the working directory. Errors: ConfigError.
    """
    whole = Source(label or name or "<tables>", Path(), dict(tables), None)
    return _Builder(whole, ics).build(name)


class _Builder:
    """Builds one image; problems are collected, so that one run tells them all."""

    def __init__(self, source: Source, ics: Ics | None) -> None:
        self._source = source
        self._ics = ics
        self._builder = _kernel.ConfigBuilder()
        self._problems: list[Problem] = []
        self._exponent = 2
        self._wheres: list[str] = []
        self._settings: list[tuple[KeyPath, Mapping[str, Field]]] = []

    def build(self, name: str) -> Configuration:
        tables = self._source.tables
        self._unknown_keys(tables, (*_TABLES, "name"), ())
        if isinstance(tables.get("name"), str):
            name = tables["name"]
        self._terminal(tables.get("terminal"))
        for number, table in self._array("combination"):
            at: KeyPath = ("combination", number)
            table.setdefault("profile", "uics-2018")
            table.setdefault("kernel", 7)
            self._table(Entry.COMBINATION, table, fields.COMBINATION, at)
        for number, table in self._array("ca_key"):
            self._ca_key(table, ("ca_key", number))
        for number, table in self._array("revoked"):
            self._table(Entry.REVOKED, table, fields.REVOKED, ("revoked", number))
        for number, table in self._array("exception"):
            self._table(Entry.EXCEPTION, table, fields.EXCEPTION, ("exception", number))
        image = self._seal()
        if self._ics is not None and not self._problems:
            self._conform(image, self._ics)
        if self._problems:
            raise ConfigError(self._problems)
        return Configuration(image, name)

    def _seal(self) -> bytes:
        if self._problems:
            return b""  # what is missing now may be what was refused before
        try:
            return self._builder.seal()
        except ConfigFault as fault:
            where = self._source.where(())
            if fault.entry < len(self._wheres):
                where = self._wheres[fault.entry]
            self._problem(_fault_text(fault, ""), where)
            return b""

    def _conform(self, image: bytes, ics: Ics) -> None:
        """Refuses settings that use what the conformance statement does not state."""
        told = set()
        for use, what in outside(image, ics):
            at, known = self._settings[use.entry]
            key = next((key for key, field in known.items() if field.tag == use.tag), "")
            path = (*at, key, use.switch) if use.switch else (*at, key) if key else at
            where = self._source.where(path)
            if (use.capability, where) not in told:  # a set of keys stands on one line
                told.add((use.capability, where))
                self._problem(what, where, HINT)

    def _problem(self, what: str, where: str, hint: str = "") -> None:
        self._problems.append(Problem(what, where, hint))

    def _unknown_keys(self, table: Mapping[str, object], known: Iterable[str], at: KeyPath) -> None:
        known = list(known)
        for key in table:
            if key not in known:
                where = self._source.where((*at, key))
                self._problem(f"unknown key {key!r}", where, names.closest(key, known))

    def _array(self, key: str) -> Iterable[tuple[int, dict[str, object]]]:
        tables = self._source.tables.get(key, [])
        if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
            self._problem(f"{key} must be tables", self._source.where((key,)), f"write [[{key}]]")
            return []
        return [(number, dict(one)) for number, one in enumerate(tables)]

    def _terminal(self, table: object) -> None:
        if not isinstance(table, dict):
            self._problem("the table [terminal] is missing", self._source.where(()))
            return
        exponent = table.get("exponent")
        if isinstance(exponent, int) and 0 <= exponent <= 9:
            self._exponent = int(exponent)
        elif exponent is None:
            with suppress(ValueError):  # a wrong currency is told with its own line
                number = int(fields.currency(table.get("currency"), 0).hex())
                self._exponent = fields.usual_exponent(number)
            table = {"exponent": self._exponent, **table}
        self._table(Entry.TERMINAL, table, fields.TERMINAL, ("terminal",))

    def _table(
        self, kind: Entry, table: Mapping[str, object], known: Mapping[str, Field], at: KeyPath,
        where: str = "", extra: bytes = b"",
    ) -> None:  # fmt: skip
        """One table as one entry. where: of a table in another file."""
        before = len(self._problems)
        if where:
            for key in table.keys() - known.keys():
                self._problem(f"unknown key {key!r}", where, names.closest(key, list(known)))
        else:
            self._unknown_keys(table, known, at)
        body = bytearray(extra)
        for key, field in known.items():
            place = where or self._source.where((*at, key))
            if key not in table:
                if field.required:
                    self._problem(f"{key} is missing", place)
                continue
            try:
                body += tlv.write(field.tag, field.encode(table[key], self._exponent))
            except ValueError as error:
                self._problem(f"{key}: {error}", self._deeper(place, key, table, error, at))
        if len(self._problems) == before:
            self._add(kind, bytes(body), known, at, where)

    def _deeper(
        self, place: str, key: str, table: Mapping[str, object], error: ValueError, at: KeyPath
    ) -> str:
        """The line of one switch rather than of the table of switches."""
        inner = table[key]
        if isinstance(inner, dict):
            for name in inner:
                if name in str(error):
                    return self._source.where((*at, key, name))
        return place

    def _add(
        self, kind: Entry, body: bytes, known: Mapping[str, Field], at: KeyPath, where: str
    ) -> None:
        try:
            self._builder.add(kind, body)
        except ConfigFault as fault:
            key = next((key for key, field in known.items() if field.tag == fault.tag), "")
            path = (*at, key) if key else at
            self._problem(_fault_text(fault, key), where or self._source.where(path))
        else:
            self._wheres.append(where or self._source.where(at))
            self._settings.append((at, known))

    def _ca_key(self, table: dict[str, object], at: KeyPath) -> None:
        """An inline key, or a set of keys by file or builtin name."""
        reference = table.get("file")
        if "builtin" in table:
            word = table["builtin"]
            if not isinstance(word, str) or word not in capk.BUILTIN:
                hint = "known: " + ", ".join(capk.BUILTIN)
                self._problem(f"unknown key set {word!r}", self._where(at, "builtin"), hint)
                return
            reference = capk.BUILTIN[word]
        if reference is None:
            known, extra = capk.entry_form(table)
            self._table(Entry.CA_KEY, table, known, at, extra=extra)
            return
        self._unknown_keys(table, ("file", "builtin", "indexes"), at)
        if not isinstance(reference, str):
            self._problem("file must be a path in quotes", self._where(at, "file"))
            return
        try:
            keys = list(capk.read_keys(capk.resolve(reference, self._source.folder)))
        except UsageError as error:
            self._problem(str(error), self._source.where(at))
            return
        self._key_set(keys, table.get("indexes"), at)

    def _key_set(
        self, keys: list[tuple[str, dict[str, object]]], wanted: object, at: KeyPath
    ) -> None:
        """The keys of a set that are named by index; without names those that are in use."""
        have = [str(key.get("index", "")).upper() for _, key in keys]
        if wanted is not None and not isinstance(wanted, list):
            self._problem("indexes must be a list", self._where(at, "indexes"))
            return
        names = None if wanted is None else [str(index).upper() for index in wanted]
        for index in names or ():
            if index not in have:
                hint = "it has " + ", ".join(have)
                what = f"the key set has no index {index!r}"
                self._problem(what, self._where(at, "indexes"), hint)
        for (where, key), index in zip(keys, have, strict=True):
            use = key.pop(capk.USE, "live")
            if use == "live" if names is None else index in names:
                known, extra = capk.entry_form(key)
                self._table(Entry.CA_KEY, key, known, at, where, extra)

    def _where(self, at: KeyPath, key: str) -> str:
        return self._source.where((*at, key))


def _fault_text(fault: ConfigFault, key: str) -> str:
    """A refusal of the kernel in one clause, with the rule behind it."""
    text = f"{key}: {fault.what}" if key else fault.what
    if not key and fault.tag:
        text += f" (tag {fault.tag:X})"
    if fault.name in ("UNKNOWN_SWITCH", "FIXED_SWITCH"):
        text += f" ({_kernel.name(11, fault.detail)})"
    return f"{text} [{fault.rule}]" if fault.rule else text
