"""Terminal configuration: TOML for people, a sealed image for the kernel.

Rules of this room: Python checks form (keys, names, units) and says file and line; what a value
may be is decided by the C builder, whose refusals are mapped back to the line. params knows data
and _kernel, and never the card's side: keys of a test authority come as data files.
"""

from tapkern.params.ics import Ics, read_ics
from tapkern.params.loader import Configuration, load, load_tables
from tapkern.params.source import ConfigError, Problem

__all__ = ["ConfigError", "Configuration", "Ics", "Problem", "load", "load_tables", "read_ics"]
