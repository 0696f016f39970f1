/* SPDX-License-Identifier: Apache-2.0
 *
 * A data set for tapk_oda that can be altered, and how a run of it may end.
 */
#ifndef ODA_SET_H
#define ODA_SET_H

#include <stdlib.h>

#include "check.h"
#include "mark.h"
#include "tapkern/oda.h"
#include "vectors_oda.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define PLACE 300u
#define RING 256u

/* ---- a data set that can be altered ---- */

enum element {
    CA_INDEX,
    ISSUER_CERT,
    ISSUER_REST,
    ISSUER_EXP,
    ICC_CERT,
    ICC_EXP,
    ICC_REST,
    SDA_TAGS,
    SIGNATURE,
    CARD_DATA,
    CARD_VERSION,
    CTQ,
    AIP,
    ATC,
    PAN,
    PDOL,
    RECORD_1,
    RECORD_2,
    ELEMENTS
};

/* Tags, for put_tag; records have none. */
static const unsigned element_tag[ELEMENTS] = {
    0x8F,   0x90,   0x92,   0x9F32, 0x9F46, 0x9F47, 0x9F48, 0x9F4A,
    0x9F4B, 0x9F69, 0x9F08, 0x9F6C, 0x82,   0x9F36, 0x5A,   0x9F38,
};

struct store {
    struct tapk_ca_key key;
    uint8_t revoked_serial[3];
    int missing; /* 1: there is no key at all */
};

struct set {
    uint8_t bytes[ELEMENTS][PLACE];
    size_t n[ELEMENTS];
    struct tapk_span records[2];
    struct tapk_oda_input in;
    struct tapk_crypto crypto;
    struct store store;
    uint8_t ca_modulus[PLACE];
    uint8_t ca_exponent[8];
    struct tapk_trace_event ring[RING];
    struct tapk_trace trace;
    struct tapk_oda_result result;
};

/* Has the key F1 and nothing else. */
static inline int find(const void *user, const uint8_t rid[5], uint8_t index,
                       struct tapk_ca_key *key)
{
    const struct store *store = user;
    if (store->missing || index != 0xF1 || memcmp(rid, "\xA0\x00\x00\x03\x33", 5) != 0)
        return 1;
    *key = store->key;
    return 0;
}

static inline int revoked(const void *user, const struct tapk_revoked *certificate)
{
    const struct store *store = user;
    return memcmp(certificate->rid, "\xA0\x00\x00\x03\x33", 5) == 0 && certificate->index == 0xF1 &&
           memcmp(certificate->serial, store->revoked_serial, 3) == 0;
}

static inline void put(struct set *set, enum element element, const char *hex)
{
    memset(set->bytes[element], 0, PLACE);
    set->n[element] = check_hex(hex, set->bytes[element], PLACE);
}

/* Tag 0: nothing to put. */
static inline void put_tag(struct set *set, unsigned tag, const char *hex)
{
    int found = tag == 0;
    for (int i = 0; i < RECORD_1 && tag != 0; i++) {
        if (element_tag[i] == tag) {
            put(set, (enum element)i, hex);
            found = 1;
        }
    }
    CHECK(found);
}

/* A chain of the vectors as version 0 or 1, TTQ B4b8 = 1 for version 1, date 2024-06-07. */
static inline void build(struct set *set, size_t chain, int version)
{
    const struct chain_vector *v = &chain_vectors[chain];
    memset(set, 0, sizeof *set);
    put(set, CA_INDEX, "F1");
    put(set, ISSUER_CERT, v->issuer_cert);
    put(set, ISSUER_REST, v->issuer_rest);
    put(set, ISSUER_EXP, v->issuer_exp);
    put(set, ICC_CERT, v->icc_cert);
    put(set, ICC_EXP, v->icc_exp);
    put(set, ICC_REST, v->icc_rest);
    put(set, SDA_TAGS, v->sda_tags);
    put(set, SIGNATURE, version ? v->signature_v01 : v->signature_v00);
    put(set, CARD_DATA, version ? v->card_data : "");
    put(set, CARD_VERSION, "0030");
    put(set, CTQ, "0000");
    put(set, AIP, VECTOR_AIP);
    put(set, ATC, VECTOR_ATC);
    put(set, PAN, VECTOR_PAN);
    put(set, PDOL, "9F66049F02069F03069F1A0295055F2A029A039C019F3704");
    put(set, RECORD_1, v->record[0]);
    put(set, RECORD_2, v->record[1]);

    struct tapk_oda_input *in = &set->in;
    in->size = (uint32_t)sizeof *in;
    in->method = TAPK_ODA_FDDA;
    memcpy(in->rid, "\xA0\x00\x00\x03\x33", 5);
    memcpy(in->date, "\x24\x06\x07", 3);
    in->options.allow_v00 = version == 0;
    in->options.v01_needs_0030 = 1;
    in->options.check_ctq = 1;
    check_hex(VECTOR_UN, in->un, sizeof in->un);
    check_hex(VECTOR_AMOUNT, in->amount, sizeof in->amount);
    check_hex(VECTOR_CURRENCY, in->currency, sizeof in->currency);
    memcpy(in->ttq, version ? "\x36\x00\x00\x80" : "\x36\x00\x00\x00", 4);

    tapk_soft_crypto(&set->crypto);
    CHECK(tapk_crypto_check(&set->crypto) == 0);

    struct tapk_ca_key *key = &set->store.key;
    key->size = (uint32_t)sizeof *key;
    memcpy(key->rid, in->rid, 5);
    key->index = 0xF1;
    key->algorithm = TAPK_KEY_RSA;
    key->modulus.p = set->ca_modulus;
    key->modulus.n = check_hex(v->ca_modulus, set->ca_modulus, PLACE);
    key->exponent.p = set->ca_exponent;
    key->exponent.n = check_hex(v->ca_exponent, set->ca_exponent, sizeof set->ca_exponent);
    memcpy(set->store.revoked_serial, "\x00\x00\xF0", 3);
}

/* The first chain with the values of a vector replaced. */
static inline void build_vector(struct set *set, const struct oda_vector *v)
{
    build(set, 0, 1);
    put_tag(set, v->tag, v->value);
    put_tag(set, v->tag2, v->value2);
    if (v->rule == TAPK_RULE_FD_012)
        put(set, CTQ, "");
}

/* The spans of the input, in the order of enum element. */
static inline void spans_of(struct set *set, struct tapk_span *all[ELEMENTS])
{
    struct tapk_oda_input *in = &set->in;
    struct tapk_span *const order[ELEMENTS] = {
        &in->ca_index,     &in->issuer_cert, &in->issuer_rest, &in->issuer_exp, &in->icc_cert,
        &in->icc_exp,      &in->icc_rest,    &in->sda_tags,    &in->signature,  &in->card_data,
        &in->card_version, &in->ctq,         &in->aip,         &in->atc,        &in->pan,
        &in->pdol,         &set->records[0], &set->records[1],
    };
    memcpy(all, order, sizeof order);
}

/* Points the input at the bytes of the set. A test may have put records of its own. */
static inline void bind(struct set *set)
{
    struct tapk_span *all[ELEMENTS];
    spans_of(set, all);
    for (int i = 0; i < ELEMENTS; i++) {
        all[i]->n = set->n[i];
        all[i]->p = set->n[i] != 0 ? set->bytes[i] : NULL;
    }
    if (set->in.records == NULL || set->in.records == set->records) {
        set->in.records = set->records;
        set->in.record_count = 2;
    }
}

static inline int call(struct set *set)
{
    const struct tapk_key_store keys = {&set->store, find, revoked};
    set->trace.ring = set->ring;
    set->trace.capacity = RING;
    set->trace.count = 0;
    set->trace.lost = 0;
    memset(&set->result, 0xEE, sizeof set->result);
    set->result.size = (uint32_t)sizeof set->result;
    return tapk_oda(&set->crypto, &keys, &set->in, &set->result, &set->trace);
}

/* Runs the set; returns what tapk_oda returned. Every element lies in memory of exactly its size,
 * so that a sanitizer sees a read beyond it. */
static inline int run(struct set *set)
{
    struct tapk_span *all[ELEMENTS];
    uint8_t *copies[ELEMENTS];
    spans_of(set, all);
    bind(set);
    for (int i = 0; i < ELEMENTS; i++) {
        copies[i] = set->n[i] != 0 ? malloc(set->n[i]) : NULL;
        if (copies[i] != NULL)
            memcpy(copies[i], set->bytes[i], set->n[i]);
        all[i]->p = copies[i];
    }
    const int result = call(set);
    for (int i = 0; i < ELEMENTS; i++)
        free(copies[i]);
    bind(set);
    return result;
}

/* ---- expectations ---- */

static uint8_t failed_once[TAPK_RULE_LAST]; /* rules that a run failed by */

/* The checks of tapk_oda. */
static const uint16_t oda_rules[] = {
    TAPK_RULE_FD_001,  TAPK_RULE_FD_002,  TAPK_RULE_FD_004,  TAPK_RULE_FD_005,  TAPK_RULE_FD_006,
    TAPK_RULE_FD_008,  TAPK_RULE_FD_010,  TAPK_RULE_FD_011,  TAPK_RULE_FD_012,  TAPK_RULE_FDA_006,
    TAPK_RULE_FDA_007, TAPK_RULE_TLV_034, TAPK_RULE_CK_001,  TAPK_RULE_CK_003,  TAPK_RULE_CK_004,
    TAPK_RULE_CK_005,  TAPK_RULE_CK_008,  TAPK_RULE_CK_021,  TAPK_RULE_ODA_021, TAPK_RULE_ODA_022,
    TAPK_RULE_ODA_030, TAPK_RULE_ODA_031, TAPK_RULE_ODA_032, TAPK_RULE_ODA_040, TAPK_RULE_ODA_041,
    TAPK_RULE_ODA_042, TAPK_RULE_ODA_043, TAPK_RULE_ODA_044, TAPK_RULE_ODA_045, TAPK_RULE_ODA_046,
    TAPK_RULE_ODA_047, TAPK_RULE_ODA_048, TAPK_RULE_ODA_050, TAPK_RULE_ODA_060, TAPK_RULE_ODA_061,
    TAPK_RULE_ODA_062, TAPK_RULE_ODA_063, TAPK_RULE_ODA_064, TAPK_RULE_ODA_065, TAPK_RULE_ODA_066,
    TAPK_RULE_ODA_067, TAPK_RULE_ODA_071, TAPK_RULE_ODA_080, TAPK_RULE_ODA_082, TAPK_RULE_ODA_084,
    TAPK_RULE_ODA_085, TAPK_RULE_DDA_001, TAPK_RULE_DDA_002, TAPK_RULE_DDA_003, TAPK_RULE_DDA_004,
    TAPK_RULE_DDA_005,
};

#ifdef TAPK_TRACE
/* The last record of a failed run is the failing decision. */
static inline int trace_ends_with(const struct set *set, int rule)
{
    uint32_t i = set->trace.count;
    if (i > 0 && set->ring[i - 1].kind == TAPK_TRACE_BOUND)
        i--;
    return set->trace.lost == 0 && i > 0 && set->ring[i - 1].rule == rule &&
           set->ring[i - 1].truth == 0;
}
#endif

/* The set fails, or is not performed, by this rule; 0: it is successful. */
static inline int ends(struct set *set, int rule)
{
    if (run(set) != TAPK_OK || set->result.size != sizeof set->result || set->result.rule != rule)
        return 0;
    if (rule == 0)
        return set->result.status == TAPK_ODA_SUCCESSFUL;
    failed_once[rule] = 1;
#ifdef TAPK_TRACE
    if (!trace_ends_with(set, rule))
        return 0;
#endif
    if (set->result.dynamic_number_len != 0)
        return 0;
    return set->result.status == (rule == TAPK_RULE_ODA_071 || rule == TAPK_RULE_ODA_085
                                      ? TAPK_ODA_NOT_PERFORMED
                                      : TAPK_ODA_FAILED);
}

static inline int never_successful(struct set *set)
{
    return run(set) == TAPK_OK && set->result.status != TAPK_ODA_SUCCESSFUL &&
           set->result.rule != 0 && set->result.dynamic_number_len == 0;
}

static inline int number_is(const struct set *set, const char *hex)
{
    uint8_t wanted[8];
    const size_t n = check_hex(hex, wanted, sizeof wanted);
    return set->result.dynamic_number_len == n &&
           memcmp(set->result.dynamic_number, wanted, n) == 0;
}

#endif
