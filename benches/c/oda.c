/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole fDDA chain through tapk_oda, every check, nothing kept from one to the next; next to it
 * the three public operations of that chain alone, by libgmp with BENCH_GMP.
 */
#include "tapkern/oda.h"

#include <string.h>

#include "bench.h"

/* The file of a chain. */
enum part {
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
    ISSUER_MODULUS,
    ICC_MODULUS,
    PARTS
};

struct chain {
    struct items items;
    struct tapk_crypto crypto;
    struct tapk_ca_key key;
    struct tapk_oda_input in;
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

static void oda_pass(const void *with)
{
    const struct chain *chain = with;
    const struct tapk_key_store keys = {chain, find, revoked};
    struct tapk_oda_result result = {.size = sizeof result};
    if (tapk_oda(&chain->crypto, &keys, &chain->in, &result, NULL) != 0 ||
        result.status != TAPK_ODA_SUCCESSFUL)
        broken("a chain is not verified");
    bench_sink = result.version;
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
    chain->key.algorithm = TAPK_KEY_RSA;
    chain->key.modulus = chain->items.at[CA_MODULUS];
    chain->key.exponent = chain->items.at[CA_EXPONENT];
    bytes_of(chain, RID, chain->key.rid, sizeof chain->key.rid);
    bytes_of(chain, CA_INDEX, &chain->key.index, 1);
    tapk_soft_crypto(&chain->crypto);
    if (tapk_crypto_check(&chain->crypto) != 0)
        broken("the crypto provider fails its self-test");
    oda_pass(chain);
}

#ifdef BENCH_GMP
#include <gmp.h>

static mpz_t base, modulus, power;

static void import(mpz_t number, struct tapk_span bytes)
{
    mpz_import(number, bytes.n, 1, 1, 1, 0, bytes.p);
}

/* What is left of a signature must look like a signed block. */
static void export(struct tapk_span key)
{
    uint8_t block[256] = {0};
    size_t n;
    mpz_export(block, &n, 1, 1, 1, 0, power);
    if (n != key.n || block[0] != 0x6A || block[n - 1] != 0xBC)
        broken("libgmp recovers something else");
    bench_sink = block[1];
}

static void public_operation(struct tapk_span signature, struct tapk_span key,
                             struct tapk_span exponent)
{
    unsigned long e = 0;
    for (size_t i = 0; i < exponent.n; i++)
        e = e << 8 | exponent.p[i];
    import(base, signature);
    import(modulus, key);
    mpz_powm_ui(power, base, e, modulus);
    export(key);
}

static void gmp_pass(const void *with)
{
    const struct chain *chain = with;
    const struct tapk_span *at = chain->items.at;
    public_operation(at[ISSUER_CERT], at[CA_MODULUS], at[CA_EXPONENT]);
    public_operation(at[ICC_CERT], at[ISSUER_MODULUS], at[ISSUER_EXP]);
    public_operation(at[SIGNATURE], at[ICC_MODULUS], at[ICC_EXP]);
}

static size_t gmp_cases(const struct chain *e3, const struct chain *f4, struct bench_case *cases)
{
    mpz_inits(base, modulus, power, NULL);
    gmp_pass(e3);
    gmp_pass(f4);
    cases[0] = (struct bench_case){"gmp.e3", 1, gmp_pass, e3};
    cases[1] = (struct bench_case){"gmp.f4", 1, gmp_pass, f4};
    return 2;
}
#else
static size_t gmp_cases(const struct chain *e3, const struct chain *f4, struct bench_case *cases)
{
    (void)e3;
    (void)f4;
    (void)cases;
    return 0;
}
#endif

size_t oda_cases(const char *folder, struct bench_case *cases)
{
    static struct chain e3;
    static struct chain f4;
    prepare(&e3, folder, "chain-e3");
    prepare(&f4, folder, "chain-f4");
    cases[0] = (struct bench_case){"oda.e3", 1, oda_pass, &e3};
    cases[1] = (struct bench_case){"oda.f4", 1, oda_pass, &f4};
    return 2 + gmp_cases(&e3, &f4, cases + 2);
}
