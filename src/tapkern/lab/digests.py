"""Digests of documents, the same on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def document_digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of a document, its keys sorted: a configuration that another kernel seals its way."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
