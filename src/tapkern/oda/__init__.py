"""Offline data authentication of one data set, without a tap: SDA, DDA, fDDA, CDA; RSA or SM2.

    from tapkern.oda import verify

    verdict = verify(json.load(file))
    print(verdict.verified, verdict.failed_rule)

Rules of this room: form.py checks the object and turns it into bytes, the kernel decides, steps.py
and recovered.py word what the kernel did. Nothing here decides, and card numbers are masked.
"""

from tapkern.oda.form import DataSet, parse
from tapkern.oda.recovered import Part
from tapkern.oda.verdict import OdaState, Step, Verdict, judge, verify

__all__ = ["DataSet", "OdaState", "Part", "Step", "Verdict", "judge", "parse", "verify"]
