"""Facts and small pure functions: tags, bit tables, texts, money, dates, masking, decoding.

Rules of this room: it imports no other room of tapkern; facts are data files (CSV, TOML) read at
first use; results are frozen; a wrong value is a ValueError that says what and where.
"""
