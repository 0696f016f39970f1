"""Measurements next to peers: `make bench`, or `python -m benches` in the repository root.

Rules of this room: every case of a language runs in one process, interleaved round by round; what
counts is the ratio of a round, not the time; a peer that is missing is named in the table; what a
case computes is checked before it is measured. No figure here is a promise and no test asserts one.
"""


class BenchError(Exception):
    """Something that the bench cannot do without; the text is for people."""
