"""RSA private operation on a whole block, as EMV signatures need it.

No general library offers it without padding, so it is `pow` with the Chinese remainder theorem.
Not constant time: for test keys only.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RsaKey:
    """A private key with its precomputed remainder parameters; `size` is in bytes.

    The private parts stay out of `repr`.
    """

    name: str
    n: int = field(repr=False)
    e: int
    size: int
    p: int = field(repr=False)
    q: int = field(repr=False)
    dp: int = field(repr=False)
    dq: int = field(repr=False)
    qinv: int = field(repr=False)

    @classmethod
    def from_primes(cls, name: str, p: int, q: int, e: int) -> RsaKey:
        """Build the key from its two primes. Raises ValueError if `e` has no inverse."""
        n = p * q
        return cls(
            name=name,
            n=n,
            e=e,
            size=(n.bit_length() + 7) // 8,
            p=p,
            q=q,
            dp=pow(e, -1, p - 1),
            dq=pow(e, -1, q - 1),
            qinv=pow(q, -1, p),
        )

    @property
    def modulus(self) -> bytes:
        """The modulus, big endian, `size` bytes."""
        return self.n.to_bytes(self.size, "big")

    @property
    def exponent(self) -> bytes:
        """The public exponent, 1 byte (03) or 3 bytes (010001)."""
        return self.e.to_bytes((self.e.bit_length() + 7) // 8, "big")

    def sign(self, block: bytes) -> bytes:
        """Raise a block of `size` bytes to the private exponent; `size` bytes.

        Raises ValueError if the block has another length or is not below the modulus.
        """
        m = int.from_bytes(block, "big")
        if len(block) != self.size or m >= self.n:
            raise ValueError(f"a block for key {self.name} is {self.size} bytes, below the modulus")
        m1 = pow(m % self.p, self.dp, self.p)
        m2 = pow(m % self.q, self.dq, self.q)
        h = (m1 - m2) * self.qinv % self.p
        return (m2 + h * self.q).to_bytes(self.size, "big")
