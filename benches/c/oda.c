/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole fDDA chain through tapk_oda, every check: cold, with the issuer certificate in the memo
 * (the next card of that bank), with the card certificate in it too (the same card again).
 */
#include "tapkern/oda.h"

#include <string.h>

#include "bench.h"

/* The file of a chain. */
enum part {
    ALGORITHM,
    CA_MODULUS,
    CA_EXPONENT,
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
    RECORDS,
    RID = RECORDS + 2,
    DATE,
    UN,
    AMOUNT,
    CURRENCY,
    TTQ,
    PARTS
};

struct chain {
    struct items items;
    struct tapk_crypto crypto;
    struct tapk_ca_key key;
    struct tapk_oda_input in;
};

/* A chain with what is kept of it from one pass to the next. */
struct warm {
    const struct chain *chain;
    struct tapk_oda_input in;
    struct tapk_memo memo;
    struct tapk_memo_slot *forgotten; /* emptied before every pass; may be null */
};

static int find(const void *user, const uint8_t rid[5], uint8_t index, struct tapk_ca_key *key)
{
    const struct chain *chain = user;
    if (index != chain->key.index || memcmp(rid, chain->key.rid, 5) != 0)
        return 1;
    *key = chain->key;
    return 0;
}

static int revoked(const void *user, const struct tapk_revoked *certificate)
{
    (void)user;
    (void)certificate;
    return 0;
}

static int verified(const struct chain *chain, const struct tapk_crypto *crypto,
                    const struct tapk_oda_input *in)
{
    const struct tapk_key_store keys = {chain, find, revoked};
    struct tapk_oda_result result = {.size = sizeof result};
    const int done = tapk_oda(crypto, &keys, in, &result, NULL);
    bench_sink = result.version;
    return done == 0 && result.status == TAPK_ODA_SUCCESSFUL;
}

static void cold_pass(const void *with)
{
    const struct chain *chain = with;
    if (!verified(chain, &chain->crypto, &chain->in))
        broken("a chain is not verified");
}

static void warm_pass(const void *with)
{
    const struct warm *warm = with;
    if (warm->forgotten != NULL)
        warm->forgotten->n = 0;
    if (!verified(warm->chain, &warm->chain->crypto, &warm->in))
        broken("a chain is not verified with its memo");
}

static void bytes_of(const struct chain *chain, enum part part, uint8_t *out, size_t n)
{
    if (chain->items.at[part].n != n)
        broken("an element of a chain has a wrong length");
    memcpy(out, chain->items.at[part].p, n);
}

static void bind(struct chain *chain)
{
    const struct tapk_span *at = chain->items.at;
    struct tapk_oda_input *in = &chain->in;
    in->size = (uint32_t)sizeof *in;
    in->method = TAPK_ODA_FDDA;
    in->options.v01_needs_0030 = 1;
    in->options.check_ctq = 1;
    in->ca_index = at[CA_INDEX];
    in->issuer_cert = at[ISSUER_CERT];
    in->issuer_rest = at[ISSUER_REST];
    in->issuer_exp = at[ISSUER_EXP];
    in->icc_cert = at[ICC_CERT];
    in->icc_exp = at[ICC_EXP];
    in->icc_rest = at[ICC_REST];
    in->sda_tags = at[SDA_TAGS];
    in->signature = at[SIGNATURE];
    in->card_data = at[CARD_DATA];
    in->card_version = at[CARD_VERSION];
    in->ctq = at[CTQ];
    in->aip = at[AIP];
    in->atc = at[ATC];
    in->pan = at[PAN];
    in->pdol = at[PDOL];
    in->records = at + RECORDS;
    in->record_count = 2;
    bytes_of(chain, RID, in->rid, sizeof in->rid);
    bytes_of(chain, DATE, in->date, sizeof in->date);
    bytes_of(chain, UN, in->un, sizeof in->un);
    bytes_of(chain, AMOUNT, in->amount, sizeof in->amount);
    bytes_of(chain, CURRENCY, in->currency, sizeof in->currency);
    bytes_of(chain, TTQ, in->ttq, sizeof in->ttq);
}

static void prepare(struct chain *chain, const char *folder, const char *name)
{
    chain->items = load(folder, name);
    if (chain->items.count != PARTS)
        broken("a chain has not all its elements");
    bind(chain);
    chain->key.size = (uint32_t)sizeof chain->key;
    bytes_of(chain, ALGORITHM, &chain->key.algorithm, 1);
    chain->key.modulus = chain->items.at[CA_MODULUS];
    chain->key.exponent = chain->items.at[CA_EXPONENT];
    bytes_of(chain, RID, chain->key.rid, sizeof chain->key.rid);
    bytes_of(chain, CA_INDEX, &chain->key.index, 1);
    tapk_soft_crypto(&chain->crypto);
    if (tapk_crypto_check(&chain->crypto) != 0)
        broken("the crypto provider fails its self-test");
    cold_pass(chain);
    struct tapk_oda_input altered = chain->in;
    altered.un[0] ^= 1;
    if (verified(chain, &chain->crypto, &altered))
        broken("an altered chain is verified");
}

/* ---- how many public operations a case does: its name is a promise ---- */

static unsigned operations_done;

static int counted_rsa(void *user, uint8_t *out, const uint8_t *in, const uint8_t *modulus,
                       size_t n, const uint8_t *exponent, size_t exponent_len)
{
    const struct tapk_crypto *soft = user;
    operations_done++;
    return soft->rsa(soft->user, out, in, modulus, n, exponent, exponent_len);
}

static int counted_sm2(void *user, const uint8_t e[32], const uint8_t signature[64],
                       const uint8_t point[64])
{
    const struct tapk_crypto *soft = user;
    operations_done++;
    return soft->sm2(soft->user, e, signature, point);
}

static void check_operations(const struct chain *chain, const struct tapk_oda_input *in,
                             unsigned wanted)
{
    struct tapk_crypto soft;
    struct tapk_crypto counted;
    tapk_soft_crypto(&soft);
    tapk_soft_crypto(&counted);
    counted.user = &soft;
    counted.rsa = counted_rsa;
    counted.sm2 = counted_sm2;
    if (tapk_crypto_check(&counted) != 0)
        broken("the crypto provider fails its self-test");
    operations_done = 0;
    if (!verified(chain, &counted, in) || operations_done != wanted)
        broken("a chain takes another number of public operations than it should");
}

/* ---- the cases ---- */

/* Fills the memo by a pass. Gives the slot of the card certificate: the one that is not under the
 * CA key. */
static struct tapk_memo_slot *fill(struct warm *warm)
{
    const struct tapk_span ca = warm->chain->key.modulus;
    struct tapk_memo_slot *card = NULL;
    unsigned filled = 0;
    warm_pass(warm);
    for (size_t i = 0; i < TAPK_MEMO_SLOTS; i++) {
        struct tapk_memo_slot *slot = &warm->memo.slot[i];
        if (slot->n == 0)
            continue;
        filled++;
        if (memcmp(slot->modulus, ca.p, ca.n) != 0)
            card = slot;
    }
    if (filled != 2 || card == NULL)
        broken("the memo does not hold both certificates");
    return card;
}

static void prepare_warm(struct warm *warm, const struct chain *chain, int issuer_only)
{
    warm->chain = chain;
    warm->in = chain->in;
    warm->in.memo = &warm->memo;
    struct tapk_memo_slot *card = fill(warm);
    if (issuer_only) {
        warm->forgotten = card;
        card->n = 0;
    }
    check_operations(chain, &warm->in, issuer_only ? 2 : 1);
    warm_pass(warm);
}

/* Cold, cached and known. */
struct family {
    struct chain chain;
    struct warm cached;
    struct warm known;
};

static void prepare_family(struct family *family, const char *folder, const char *name)
{
    prepare(&family->chain, folder, name);
    check_operations(&family->chain, &family->chain.in, OPERATIONS);
    prepare_warm(&family->cached, &family->chain, 1);
    prepare_warm(&family->known, &family->chain, 0);
}

size_t oda_cases(const char *folder, struct bench_case *cases)
{
    static struct family e3;
    static struct family f4;
    static struct family sm2;
    prepare_family(&e3, folder, "chain-e3");
    prepare_family(&f4, folder, "chain-f4");
    prepare_family(&sm2, folder, "chain-sm2");
    const struct bench_case all[] = {
        {"oda.e3.cold", 1, cold_pass, &e3.chain},    {"oda.e3.cached", 1, warm_pass, &e3.cached},
        {"oda.e3.known", 1, warm_pass, &e3.known},   {"oda.f4.cold", 1, cold_pass, &f4.chain},
        {"oda.f4.cached", 1, warm_pass, &f4.cached}, {"oda.f4.known", 1, warm_pass, &f4.known},
        {"oda.sm2.cold", 1, cold_pass, &sm2.chain},  {"oda.sm2.cached", 1, warm_pass, &sm2.cached},
        {"oda.sm2.known", 1, warm_pass, &sm2.known},
    };
    memcpy(cases, all, sizeof all);
    return sizeof all / sizeof all[0];
}
