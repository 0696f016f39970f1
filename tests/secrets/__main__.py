"""`python -m tests.secrets`: no card number in the repository but synthetic and published ones."""

from __future__ import annotations

import sys

from tests.noting import note
from tests.secrets.repository import scan_all


def main() -> int:
    """Scan, print findings and one line; 1 when something was found."""
    count, found = scan_all()
    for finding in found:
        print(finding)
    print(f"secrets: {count} files of the repository, {len(found)} findings")
    note("secrets-repository", f"{count} files", len(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
