/* SPDX-License-Identifier: Apache-2.0 */
#include "oda_input.h"

#include <stdlib.h>
#include <string.h>

#include "config/config_internal.h"
#include "earned.h"
#include "input.h"
#include "terminal.h"

#define ELEMENTS 22
#define RECORD 40
#define PARAMETERS 50
#define RECORDS_MAX 40u

struct set {
    struct tapk_oda_input in;
    struct tapk_span records[RECORDS_MAX];
    uint8_t *held[128];
    size_t holds;
    struct tapk_span key; /* body of the entry */
    uint8_t algorithm;
    uint8_t revoked[3];
};

static struct set set;

/* A span of memory of exactly its size. */
static struct tapk_span hold(const struct chunk *chunk)
{
    struct tapk_span span = {NULL, 0};
    if (chunk->len == 0 || set.holds == sizeof set.held / sizeof set.held[0])
        return span;
    span.n = chunk->len;
    span.p = set.held[set.holds++] = exactly(chunk->data, chunk->len);
    return span;
}

static struct tapk_span *element(unsigned i)
{
    struct tapk_oda_input *in = &set.in;
    struct tapk_span *const all[ELEMENTS] = {
        &in->ca_index,     &in->issuer_cert, &in->issuer_rest, &in->issuer_exp, &in->icc_cert,
        &in->icc_exp,      &in->icc_rest,    &in->sda_tags,    &in->signature,  &in->card_data,
        &in->card_version, &in->ctq,         &in->aip,         &in->atc,        &in->pan,
        &in->pdol,         &in->ssad,        &in->ddol_data,   &in->pdol_data,  &in->cdol1_data,
        &in->cdol2_data,   &in->response};
    return all[i];
}

/* method (1), options (1 bit each), rid (5), date (3), un (4), amount (6), currency (2), ttq (4),
 * capp (1), df61 (1), records_bad (1), serial of a revoked certificate (3). */
static void take_parameters(const struct chunk *chunk)
{
    struct tapk_oda_input *in = &set.in;
    uint8_t p[32] = {0};
    memcpy(p, chunk->data, chunk->len < sizeof p ? chunk->len : sizeof p);
    in->method = p[0];
    in->options.allow_v00 = p[1] & 1;
    in->options.v01_needs_0030 = p[1] >> 1 & 1;
    in->options.check_ctq = p[1] >> 2 & 1;
    in->options.check_atc = p[1] >> 3 & 1;
    in->options.idn_strict = p[1] >> 4 & 1;
    in->options.ignore_expiry = p[1] >> 5 & 1;
    memcpy(in->rid, p + 2, 5);
    memcpy(in->date, p + 7, 3);
    memcpy(in->un, p + 10, 4);
    memcpy(in->amount, p + 14, 6);
    memcpy(in->currency, p + 20, 2);
    memcpy(in->ttq, p + 22, 4);
    in->capp = p[26] & 1;
    in->df61 = p[27];
    in->records_bad = p[28] & 1;
    memcpy(set.revoked, p + 29, 3);
}

static void take(const struct chunk *chunk)
{
    struct terminal_entry entry;
    size_t at = 0;
    if (chunk->kind >= 1 && chunk->kind <= ELEMENTS)
        *element(chunk->kind - 1u) = hold(chunk);
    else if (chunk->kind == RECORD && set.in.record_count < RECORDS_MAX)
        set.records[set.in.record_count++] = hold(chunk);
    else if (chunk->kind == PARAMETERS)
        take_parameters(chunk);
    else if (chunk->kind == CHUNK_TERMINAL &&
             terminal_entry(chunk->data, chunk->len, &at, &entry) &&
             tapk_tlv_check(tapk_cursor(entry.body.p, entry.body.n, 0)) == TAPK_TLV_OK)
        set.key = entry.body;
}

static int find(const void *user, const uint8_t rid[5], uint8_t index, struct tapk_ca_key *key)
{
    const struct tapk_span owner = tapk_image_value(set.key, 0x9F06);
    (void)user;
    if (owner.n != 5 || memcmp(owner.p, rid, 5) != 0 ||
        tapk_image_byte(set.key, 0x9F22, 0) != index)
        return 1;
    memset(key, 0, sizeof *key);
    key->size = (uint32_t)sizeof *key;
    memcpy(key->rid, rid, 5);
    key->index = index;
    key->algorithm = set.algorithm;
    key->modulus = tapk_image_value(set.key, 0xDF02);
    key->exponent = tapk_image_value(set.key, 0xDF04);
    return 0;
}

static int revoked(const void *user, const struct tapk_revoked *certificate)
{
    (void)user;
    return memcmp(certificate->serial, set.revoked, 3) == 0;
}

static int run(struct tapk_memo *memo, struct tapk_oda_report *report,
               struct tapk_oda_result *result)
{
    const struct tapk_key_store keys = {NULL, find, revoked};
    memset(result, 0xEE, sizeof *result);
    result->size = (uint32_t)sizeof *result;
    set.in.memo = memo;
    set.in.report = report;
    return tapk_oda(fuzz_crypto(), &keys, &set.in, result, NULL);
}

static void result_rules(const struct tapk_oda_result *r)
{
    const int good = r->status == TAPK_ODA_SUCCESSFUL;
    MUST(r->size == sizeof *r && r->status <= TAPK_ODA_SUCCESSFUL, "one of three results");
    MUST((r->rule == 0) == good, "a rule says why it failed");
    MUST(r->dynamic_number_len <= 8 && (good || r->dynamic_number_len == 0), "9F4C fits");
    MUST(good || (r->has_code == 0 && r->has_cryptogram == 0), "a failure tells nothing");
    if ((good || earned_printing()) && set.in.method != TAPK_ODA_CHAIN)
        earned_must(&set.in);
}

void oda_run(const uint8_t *data, size_t size, uint8_t algorithm)
{
    static struct tapk_memo memo;
    struct tapk_oda_report report = {.size = sizeof report};
    struct tapk_oda_result first, again;
    struct chunk chunk;
    size_t at = 0;
    memset(&set, 0, sizeof set);
    memset(&memo, 0, sizeof memo);
    set.in.size = (uint32_t)sizeof set.in;
    set.in.records = set.records;
    set.algorithm = algorithm;
    while (chunk_next(data, size, &at, &chunk))
        take(&chunk);
    const int result = run(NULL, &report, &first);
    MUST(result == TAPK_OK || result == TAPK_E_ARGUMENT, "a result, or an impossible input");
    if (result == TAPK_OK) {
        result_rules(&first);
        MUST(report.issuer_len <= sizeof report.issuer && report.icc_len <= sizeof report.icc &&
                 report.signed_len <= sizeof report.signed_data,
             "the report keeps to its buffers");
        for (int i = 0; i < 2; i++)
            MUST(run(&memo, NULL, &again) == TAPK_OK && memcmp(&first, &again, sizeof first) == 0,
                 "a memo changes nothing (ODA-083)");
    }
    while (set.holds > 0)
        free(set.held[--set.holds]);
}
