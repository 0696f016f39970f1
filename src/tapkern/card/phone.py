"""The device around a card that is a phone: whether its holder has confirmed.

A phone verifies its holder itself (consumer device CVM). One that needs the holder first refuses
GPO with 6986; the terminal says "see phone" and polls again, and the next presentment works. A
confirmation serves one payment.
"""

from __future__ import annotations

from tapkern.card.profile import PhoneProfile


class Phone:
    """Whether the holder of the device has confirmed. Volatile, but outlives the field."""

    def __init__(self, profile: PhoneProfile) -> None:
        self._profile = profile
        self._confirmed = False
        self._asked = False
        self._refused = 0
        self._used = False

    @property
    def confirmed(self) -> bool:
        """Whether the next payment works."""
        return self._profile.cdcvm_done or self._confirmed

    def confirm(self) -> None:
        """The holder confirms on the device."""
        self._confirmed = True

    def verify(self) -> bool:
        """Whether the holder is verified for this payment; if not, the device has asked for it."""
        self._asked = not self.confirmed
        self._used = self.confirmed
        return self.confirmed

    def leave(self) -> None:
        """The field is off: a confirmation that was used is gone, a holder who was asked acts."""
        if self._used:
            self._confirmed, self._refused = False, 0
        elif self._asked:
            self._refused += 1
            after = self._profile.confirm_after
            self._confirmed = self._confirmed or (after > 0 and self._refused >= after)
        self._asked = self._used = False
