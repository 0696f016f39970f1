"""Transcripts: a tap as a file that explains and repeats it.

Rules of this room: a transcript is JSON Lines, whole by default and readable by its owner only;
the redacted form leaves nothing from which the card number follows. Nothing here decides.
"""

from tapkern.trace.record import Recorder
from tapkern.trace.replay import Replay, replay
from tapkern.trace.story import Story, Verdict, stories
from tapkern.trace.transcript import Transcript, read_transcript, read_transcripts

__all__ = [
    "Recorder",
    "Replay",
    "Story",
    "Transcript",
    "Verdict",
    "read_transcript",
    "read_transcripts",
    "replay",
    "stories",
]
