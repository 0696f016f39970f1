/* SPDX-License-Identifier: Apache-2.0
 *
 * The public operations of a chain by OpenSSL's libcrypto (3.0 and newer), with BENCH_OPENSSL: with
 * keys made beforehand, and with those of the card made from bytes in every pass, as a terminal
 * meets them. RSA is the bare operation; SM2 goes from key, message and signature to the verdict.
 */
#include "bench.h"

#ifdef BENCH_OPENSSL
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>

#define IDENTITY "1234567812345678"
#define DER_MAX 72 /* a sequence of two integers of at most 33 bytes */

/* A key that is ready for its operation. */
struct ready {
    EVP_PKEY *key;
    EVP_PKEY_CTX *recover; /* of RSA */
};

struct job {
    const struct operation *at;
    struct ready ready[OPERATIONS];
    size_t count;
    size_t fresh; /* keys from here on are made in the pass */
};

static EVP_MD *sm3;

static EVP_PKEY *key_of(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
        broken("OpenSSL refuses a key");
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* ---- RSA ---- */

static struct ready rsa_ready(const struct operation *it)
{
    struct ready ready;
    BIGNUM *n = BN_bin2bn(it->key.p, (int)it->key.n, NULL);
    BIGNUM *e = BN_bin2bn(it->more.p, (int)it->more.n, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (n == NULL || e == NULL || builder == NULL ||
        !OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) ||
        !OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e))
        broken("OpenSSL has no memory");
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    ready.key = key_of("RSA", params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    BN_free(e);
    ready.recover = EVP_PKEY_CTX_new_from_pkey(NULL, ready.key, NULL);
    if (ready.recover == NULL || EVP_PKEY_verify_recover_init(ready.recover) <= 0 ||
        EVP_PKEY_CTX_set_rsa_padding(ready.recover, RSA_NO_PADDING) <= 0)
        broken("OpenSSL refuses an operation");
    return ready;
}

static void rsa_operation(const struct operation *it, const struct ready *ready)
{
    uint8_t block[sizeof it->block];
    size_t n = sizeof block;
    if (EVP_PKEY_verify_recover(ready->recover, block, &n, it->signature.p, it->signature.n) <= 0 ||
        n != it->key.n || memcmp(block, it->block, n) != 0)
        broken("OpenSSL gives something else");
    bench_sink = block[1];
}

static void rsa_pass(const void *with)
{
    const struct job *job = with;
    for (size_t i = 0; i < job->count; i++) {
        if (i < job->fresh) {
            rsa_operation(&job->at[i], &job->ready[i]);
            continue;
        }
        const struct ready ready = rsa_ready(&job->at[i]);
        rsa_operation(&job->at[i], &ready);
        EVP_PKEY_CTX_free(ready.recover);
        EVP_PKEY_free(ready.key);
    }
}

/* ---- SM2 ---- */

static struct ready sm2_ready(const struct operation *it)
{
    uint8_t point[65] = {0x04}; /* not compressed */
    char group[] = "SM2";
    memcpy(point + 1, it->key.p, 64);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end(),
    };
    return (struct ready){key_of("SM2", params), NULL};
}

/* An INTEGER of 32 bytes; returns its length. */
static size_t der_integer(uint8_t *out, const uint8_t *number)
{
    size_t zeros = 0;
    while (zeros < 31 && number[zeros] == 0)
        zeros++;
    const size_t sign = number[zeros] >> 7;
    const size_t n = 32 - zeros;
    out[0] = 0x02;
    out[1] = (uint8_t)(n + sign);
    out[2] = 0;
    memcpy(out + 2 + sign, number + zeros, n);
    return 2 + sign + n;
}

/* r || s as OpenSSL wants it. */
static size_t der_signature(uint8_t out[DER_MAX], const uint8_t *signature)
{
    size_t n = der_integer(out + 2, signature);
    n += der_integer(out + 2 + n, signature + 32);
    out[0] = 0x30;
    out[1] = (uint8_t)n;
    return 2 + n;
}

static int sm2_holds(const struct operation *it, const struct ready *ready, size_t message)
{
    uint8_t der[DER_MAX];
    const size_t n = der_signature(der, it->signature.p);
    EVP_PKEY_CTX *options;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL || EVP_DigestVerifyInit(ctx, &options, sm3, NULL, ready->key) <= 0 ||
        EVP_PKEY_CTX_set1_id(options, IDENTITY, (int)strlen(IDENTITY)) <= 0)
        broken("OpenSSL refuses an operation");
    const int holds = EVP_DigestVerify(ctx, der, n, it->more.p, message) == 1;
    EVP_MD_CTX_free(ctx);
    return holds;
}

static void sm2_operation(const struct operation *it, const struct ready *ready)
{
    if (!sm2_holds(it, ready, it->more.n))
        broken("OpenSSL does not verify a signature");
}

static void sm2_pass(const void *with)
{
    const struct job *job = with;
    for (size_t i = 0; i < job->count; i++) {
        if (i < job->fresh) {
            sm2_operation(&job->at[i], &job->ready[i]);
            continue;
        }
        const struct ready ready = sm2_ready(&job->at[i]);
        sm2_operation(&job->at[i], &ready);
        EVP_PKEY_free(ready.key);
    }
}

/* ---- the cases ---- */

/* One job of RSA or SM2. fresh: keys from this one on are made in the pass. */
static struct job job_of(const struct operation *at, size_t count, size_t fresh, int sm2)
{
    struct job job = {.at = at, .count = count, .fresh = fresh};
    for (size_t i = 0; i < fresh; i++)
        job.ready[i] = sm2 ? sm2_ready(&at[i]) : rsa_ready(&at[i]);
    return job;
}

static size_t rsa_cases(const char *folder, struct bench_case *cases)
{
    static struct job e3, e3_fresh, e3_long, f4, f4_fresh, f4_long;
    const struct operation *three = load_operations(folder, "operations-e3");
    const struct operation *fermat = load_operations(folder, "operations-f4");
    e3 = job_of(three, OPERATIONS, OPERATIONS, 0);
    e3_fresh = job_of(three, OPERATIONS, 1, 0);
    e3_long = job_of(three, 1, 1, 0);
    f4 = job_of(fermat, OPERATIONS, OPERATIONS, 0);
    f4_fresh = job_of(fermat, OPERATIONS, 1, 0);
    f4_long = job_of(fermat, 1, 1, 0);
    rsa_pass(&e3_fresh);
    rsa_pass(&f4_fresh);
    const struct bench_case all[] = {
        {"openssl.e3", 1, rsa_pass, &e3},
        {"openssl.e3.fresh", 1, rsa_pass, &e3_fresh},
        {"openssl.1984.e3", 1, rsa_pass, &e3_long},
        {"openssl.f4", 1, rsa_pass, &f4},
        {"openssl.f4.fresh", 1, rsa_pass, &f4_fresh},
        {"openssl.1984.f4", 1, rsa_pass, &f4_long},
    };
    memcpy(cases, all, sizeof all);
    return sizeof all / sizeof all[0];
}

/* None in a build of OpenSSL without SM2. */
static size_t sm2_cases(const char *folder, struct bench_case *cases)
{
    static struct job chain, fresh;
    EVP_PKEY_CTX *probe = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    EVP_PKEY_CTX_free(probe);
    sm3 = EVP_MD_fetch(NULL, "SM3", NULL);
    if (probe == NULL || sm3 == NULL)
        return 0;
    const struct operation *at = load_operations(folder, "operations-sm2");
    chain = job_of(at, OPERATIONS, OPERATIONS, 1);
    fresh = job_of(at, OPERATIONS, 1, 1);
    sm2_pass(&chain);
    sm2_pass(&fresh);
    if (sm2_holds(at, chain.ready, at->more.n - 1))
        broken("OpenSSL verifies an altered message");
    cases[0] = (struct bench_case){"openssl.sm2", 1, sm2_pass, &chain};
    cases[1] = (struct bench_case){"openssl.sm2.fresh", 1, sm2_pass, &fresh};
    cases[2] = (struct bench_case){"openssl.verify", OPERATIONS, sm2_pass, &chain};
    return 3;
}

size_t openssl_cases(const char *folder, struct bench_case *cases)
{
    const size_t count = rsa_cases(folder, cases);
    return count + sm2_cases(folder, cases + count);
}
#else
size_t openssl_cases(const char *folder, struct bench_case *cases)
{
    (void)folder;
    (void)cases;
    return 0;
}
#endif
