"""The catalogue: every fault by name, and a fault with its values.

    Fault("leave-after", apdu=5)
    Fault.parse("refuse:select,sw=6A82")

A misspelt name, parameter or value is a UsageError that lists what is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any

from tapkern.card.faults import certificates, dynamic, gpo, selection, steps, tlv, transport
from tapkern.card.faults.kinds import Case, Kind, Parameter, Value
from tapkern.card.faults.wire import Misbehaviour
from tapkern.errors import UsageError

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        *transport.KINDS,
        *steps.KINDS,
        *tlv.KINDS,
        *selection.KINDS,
        *gpo.KINDS,
        *certificates.KINDS,
        *dynamic.KINDS,
    )
}


class Fault:
    """A fault of a card: a kind of the catalogue, and a value for each of its parameters."""

    __slots__ = ("kind", "values")

    def __init__(self, name: str, /, **values: object) -> None:
        """`values` as in a card file; what is left out has its default. Raises UsageError."""
        self.kind = find(name)
        known = {parameter.name: parameter for parameter in self.kind.parameters}
        for key in values.keys() - known.keys():
            raise UsageError(
                f"fault {name} has no parameter {key!r}",
                "fault",
                f"known: {', '.join(known)}" if known else "it has none",
            )
        self.values: Mapping[str, Value] = {
            key: _taken(name, parameter, values[key]) if key in values else parameter.default
            for key, parameter in known.items()
        }

    @classmethod
    def parse(cls, text: str) -> Fault:
        """NAME, or NAME:VALUE,... with values as KEY=VALUE.

        A value alone belongs to the first parameter that takes it: `leave-after:5`. Raises
        UsageError.
        """
        name, colon, rest = text.partition(":")
        values: dict[str, object] = {}
        for item in rest.split(",") if colon else ():
            key, value = _read(find(name), item, values)
            values[key] = value
        return cls(name, **values)

    @property
    def name(self) -> str:
        """Name in the catalogue."""
        return self.kind.name

    @property
    def meaning(self) -> str:
        """What the card does, in one line."""
        return self.kind.meaning

    @property
    def case(self) -> Case:
        """What the fault attacks with these values."""
        return self.kind.case(self.values)

    @property
    def rule(self) -> str:
        """The requirement that the fault tries."""
        return self.case.rule

    @property
    def changed(self) -> dict[str, str]:
        """The values that are not the default, as text."""
        return {
            parameter.name: parameter.show(self.values[parameter.name])
            for parameter in self.kind.parameters
            if self.values[parameter.name] != parameter.default
        }

    def __str__(self) -> str:
        values = ",".join(f"{key}={value}" for key, value in self.changed.items())
        return f"{self.name}:{values}" if values else self.name

    def __repr__(self) -> str:
        return f"Fault.parse({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fault) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def find(name: str) -> Kind:
    """An entry of the catalogue by name. Raises UsageError that lists all names."""
    if name not in KINDS:
        raise UsageError(f"there is no fault {name!r}", "fault", f"known: {', '.join(KINDS)}")
    return KINDS[name]


def _taken(name: str, parameter: Parameter, value: object) -> Value:
    try:
        return parameter.take(value)
    except ValueError as error:
        raise UsageError(f"{parameter.name} {error}", f"fault {name}") from None


def _read(kind: Kind, item: str, taken: Mapping[str, object]) -> tuple[str, Value]:
    """Key and value of one item of a fault written as text."""
    key, equals, text = item.partition("=")
    for parameter in kind.parameters:
        if (equals and parameter.name != key) or (not equals and parameter.name in taken):
            continue
        try:
            return parameter.name, parameter.read(text if equals else key)
        except ValueError as error:
            if equals:
                raise UsageError(f"{key} {error}", f"fault {kind.name}") from None
    names = ", ".join(parameter.name for parameter in kind.parameters)
    raise UsageError(
        f"{item!r} is no value of fault {kind.name}",
        "fault",
        f"parameters: {names}" if names else "it has none",
    )


def misbehaviour(faults: Iterable[Fault], sleep: Callable[[float], None]) -> Misbehaviour:
    """The faults at work in one card; `sleep` takes seconds."""
    return Misbehaviour((fault.kind.make(fault.values) for fault in faults), sleep)


def draw(random: Random, names: Iterable[str] | None = None) -> Fault:
    """Any fault with any values; equal generators draw equal faults.

    names: those to choose from, all by default.
    """
    kind = find(random.choice(sorted(KINDS if names is None else names)))
    values: dict[str, Any] = {}
    for parameter in kind.parameters:
        if random.random() < 0.5:
            values[parameter.name] = parameter.draw(random)
    return Fault(kind.name, **values)


def describe() -> list[dict[str, Any]]:
    """The catalogue as plain data."""
    return [
        {
            "name": kind.name,
            "layer": kind.layer.value,
            "meaning": kind.meaning,
            "rule": kind.rule,
            "sm_rule": kind.sm_rule or kind.rule,
            "harmless": kind.harmless,
            "parameters": [parameter.describe() for parameter in kind.parameters],
            "cases": [_case(kind, case) for case in kind.cases],
        }
        for kind in KINDS.values()
    ]


def _case(kind: Kind, case: Case) -> dict[str, str]:
    shown = {parameter.name: parameter.show for parameter in kind.parameters}
    values = ",".join(f"{key}={shown[key](value)}" for key, value in case.values.items())
    return {
        "values": values,
        "rule": case.rule,
        "sm_rule": case.sm_rule or case.rule,
        "harmless": case.harmless,
    }
