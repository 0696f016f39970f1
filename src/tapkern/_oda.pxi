# SPDX-License-Identifier: Apache-2.0
# Offline data authentication without the step machine (tapkern/oda.h), and the keys it needs.
# Part of _kernel.pyx: bytes in, plain tuples out. The key store lives for one call.

cdef enum:
    ODA_TRACE = 256  # rule events of one data set; it makes fewer than 100
    REVOKED = 9      # bytes of a revocation: RID, CA key index, serial number
    POINT = 64       # bytes of an SM2 key X || Y and of a signature r || s


# One CA key, or none, and the revoked certificates; all bytes belong to the caller.
cdef struct oda_store:
    const tapk_ca_key *key
    const uint8_t *revoked
    size_t count


cdef int oda_find(const void *user, const uint8_t *rid, uint8_t index,
                  tapk_ca_key *key) noexcept:
    cdef const oda_store *store = <const oda_store *>user
    if store.key == NULL or store.key.index != index or memcmp(store.key.rid, rid, 5) != 0:
        return 1
    memcpy(key, store.key, sizeof(tapk_ca_key))
    return 0


cdef int oda_revoked(const void *user, const tapk_revoked *certificate) noexcept:
    cdef const oda_store *store = <const oda_store *>user
    cdef const uint8_t *entry = store.revoked
    cdef size_t i
    for i in range(store.count):
        if (memcmp(entry, certificate.rid, 5) == 0 and entry[5] == certificate.index
                and memcmp(entry + 6, certificate.serial, 3) == 0):
            return 1
        entry += REVOKED
    return 0


cdef tapk_span span(bytes data):
    """The bytes as a span; data stays owned by the caller."""
    cdef tapk_span result
    result.p = NULL
    result.n = len(data)
    if result.n > 0:
        result.p = data
    return result


cdef list oda_trace(const tapk_trace *trace):
    cdef uint32_t i
    cdef list result = []
    for i in range(trace.count):
        result.append((trace.ring[i].rule, trace.ring[i].kind, trace.ring[i].truth,
                       trace.ring[i].value))
    return result


def oda(*, uint8_t method, bytes rid not None, bytes date not None, tuple key=None,
        bytes revoked not None=b"", bint allow_v00=False, bint v01_needs_0030=False,
        bint check_ctq=False, bint check_atc=False, bint idn_strict=False,
        bint ignore_expiry=False, bytes ca_index not None=b"", bytes issuer_cert not None=b"",
        bytes issuer_rest not None=b"", bytes issuer_exp not None=b"",
        bytes icc_cert not None=b"", bytes icc_exp not None=b"", bytes icc_rest not None=b"",
        bytes sda_tags not None=b"", bytes signature not None=b"", bytes card_data not None=b"",
        bytes card_version not None=b"", bytes ctq not None=b"", bytes aip not None=b"",
        bytes atc not None=b"", bytes pan not None=b"", bytes pdol not None=b"",
        bytes ssad not None=b"", bytes ddol_data not None=b"", bytes pdol_data not None=b"",
        bytes cdol1_data not None=b"", bytes cdol2_data not None=b"",
        bytes response not None=b"", bytes static_data not None=b"", bint records_bad=False,
        bytes un not None=bytes(4), bytes amount not None=bytes(6),
        bytes currency not None=bytes(2), bytes ttq not None=bytes(4), bint capp=False,
        uint8_t df61=0, uint16_t force_rule=0, uint16_t force=0):
    """Verifies one data set (struct tapk_oda_input); static_data is one record.

    key: (rid, index, algorithm, expiry, modulus or point, exponent), expiry 4 bytes of BCD or
    b"". revoked: 9-byte entries. Returns (status, rule, version, dynamic number, dac, cid,
    cryptogram, algorithm, issuer, icc, signed data, trace, lost); the last three blocks are what
    was recovered, empty when a step was not reached. force_rule, force: as Kernel.force.
    """
    cdef tapk_oda_input i
    cdef tapk_oda_result r
    cdef tapk_oda_report report
    cdef tapk_ca_key ca
    cdef oda_store store
    cdef tapk_key_store keys
    cdef tapk_trace trace
    cdef tapk_trace_event ring[ODA_TRACE]
    cdef tapk_span record
    cdef bytes part
    cdef int result

    memset(&i, 0, sizeof(i))
    memset(&r, 0, sizeof(r))
    memset(&report, 0, sizeof(report))
    memset(&ca, 0, sizeof(ca))
    memset(&store, 0, sizeof(store))
    memset(&keys, 0, sizeof(keys))
    memset(&trace, 0, sizeof(trace))
    if key is not None:
        ca.size = sizeof(ca)
        part = key[0]
        fixed(part, len(part), ca.rid, 5, "RID of the key")
        ca.index = key[1]
        ca.algorithm = key[2]
        part = key[3]
        if part:
            fixed(part, len(part), ca.expiry, 4, "expiry of the key")
        ca.modulus = span(<bytes?>key[4])
        ca.exponent = span(<bytes?>key[5])
        store.key = &ca
    if len(revoked) % REVOKED != 0:
        raise misuse(TAPK_E_SIZE, "revoked")
    store.revoked = revoked
    store.count = len(revoked) // REVOKED
    keys.user = &store
    keys.find = oda_find
    keys.revoked = oda_revoked
    trace.ring = ring
    trace.capacity = ODA_TRACE
    if force_rule != 0 and not forcible():
        raise misuse(TAPK_E_STATE, "force")
    trace.force_rule = force_rule
    trace.force = force
    report.size = sizeof(report)
    r.size = sizeof(r)

    i.size = sizeof(i)
    i.method = method
    fixed(rid, len(rid), i.rid, 5, "RID")
    fixed(date, len(date), i.date, 3, "date")
    i.options.allow_v00 = allow_v00
    i.options.v01_needs_0030 = v01_needs_0030
    i.options.check_ctq = check_ctq
    i.options.check_atc = check_atc
    i.options.idn_strict = idn_strict
    i.options.ignore_expiry = ignore_expiry
    i.ca_index = span(ca_index)
    i.issuer_cert = span(issuer_cert)
    i.issuer_rest = span(issuer_rest)
    i.issuer_exp = span(issuer_exp)
    i.icc_cert = span(icc_cert)
    i.icc_exp = span(icc_exp)
    i.icc_rest = span(icc_rest)
    i.sda_tags = span(sda_tags)
    i.signature = span(signature)
    i.card_data = span(card_data)
    i.card_version = span(card_version)
    i.ctq = span(ctq)
    i.aip = span(aip)
    i.atc = span(atc)
    i.pan = span(pan)
    i.pdol = span(pdol)
    i.ssad = span(ssad)
    i.ddol_data = span(ddol_data)
    i.pdol_data = span(pdol_data)
    i.cdol1_data = span(cdol1_data)
    i.cdol2_data = span(cdol2_data)
    i.response = span(response)
    record = span(static_data)
    i.records = &record
    i.record_count = 1
    i.records_bad = records_bad
    fixed(un, len(un), i.un, 4, "9F37")
    fixed(amount, len(amount), i.amount, 6, "9F02")
    fixed(currency, len(currency), i.currency, 2, "5F2A")
    fixed(ttq, len(ttq), i.ttq, 4, "9F66")
    i.capp = capp
    i.df61 = df61
    i.report = &report

    result = tapk_oda(&SOFT, &keys, &i, &r, &trace)
    if result < 0:
        raise misuse(result, "authentication")
    return (r.status, r.rule, r.version, r.dynamic_number[:r.dynamic_number_len],
            r.dac[:2] if r.has_code else None, r.cid if r.has_cryptogram else None,
            r.cryptogram[:8] if r.has_cryptogram else None, report.algorithm,
            report.issuer[:report.issuer_len], report.icc[:report.icc_len],
            report.signed_data[:report.signed_len], oda_trace(&trace), trace.lost)


def pan_of_5a(bytes value not None):
    """The PAN of a value of 5A as 10 bytes cn, F padded; None when it is none (TLV-030)."""
    cdef uint8_t pan[10]
    cdef const uint8_t *start = value
    return None if tapk_pan_of_5a(start, len(value), pan) != 0 else pan[:10]


def pan_of_57(bytes value not None):
    """The PAN of track 2 (57) as 10 bytes cn, F padded; None when it is none (TLV-030)."""
    cdef uint8_t pan[10]
    cdef const uint8_t *start = value
    return None if tapk_pan_of_57(start, len(value), pan) != 0 else pan[:10]


def sm2_on_curve(bytes point not None):
    """Whether X || Y (64 bytes) is a point of the SM2 curve (SM-022)."""
    cdef uint8_t xy[POINT]
    fixed(point, len(point), xy, POINT, "the point")
    return tapk_sm2_on_curve(xy) == 1


def rsa_recover(bytes modulus not None, bytes exponent not None, bytes signature not None):
    """signature ** exponent mod modulus, as long as the modulus (ODA-081); None when the kernel
    does not recover it: another length than the modulus (ODA-080), a value that is not below it,
    a modulus that is not 64 to 256 bytes, an exponent that is not 1 to 3 bytes, or no RSA."""
    cdef uint8_t out[256]
    cdef size_t n = len(modulus)
    if not 64 <= n <= 256 or len(signature) != <Py_ssize_t>n or not 1 <= len(exponent) <= 3:
        return None
    if not tapk_crypto_has(&SOFT, TAPK_SLOT_RSA):
        return None
    cdef const uint8_t *data = signature
    cdef const uint8_t *key = modulus
    cdef const uint8_t *power = exponent
    if SOFT.rsa(SOFT.user, out, data, key, n, power, len(exponent)) != 0:
        return None
    return out[:n]


def sm3(bytes message not None):
    """SM3 of the message, 32 bytes; None when this build has no SM3."""
    cdef uint8_t out[32]
    cdef tapk_span whole = span(message)
    if not tapk_crypto_has(&SOFT, TAPK_SLOT_SM3) or SOFT.sm3(SOFT.user, &whole, 1, out) != 0:
        return None
    return out[:32]


def sm2_verify(bytes point not None, bytes message not None, bytes signature not None):
    """Whether r || s signs the message under the point, with ZA over the default id.

    False also when this build has no SM2 or no SM3: see crypto_slots.
    """
    cdef uint8_t xy[POINT]
    cdef uint8_t rs[POINT]
    fixed(point, len(point), xy, POINT, "the point")
    fixed(signature, len(signature), rs, POINT, "the signature")
    return tapk_sm2_verify(&SOFT, xy, span(message), rs) == 1
