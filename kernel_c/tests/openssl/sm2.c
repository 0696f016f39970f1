/* SPDX-License-Identifier: Apache-2.0
 *
 * SM2 verification side by side with OpenSSL 3 (libcrypto), in one process.
 *
 *   sm2_openssl compare [N]   N keys and messages signed by OpenSSL (default 2000), each as it is
 *                             and in five altered forms: both must give the same verdict
 *   sm2_openssl time [N]      N rounds (default 200) of a chain of three verifications, taken in
 *                             turns; prints one JSON object a line, medians
 *
 *   cc -O2 -Iinclude sm2_openssl.c libtapkern.a -lcrypto
 *
 * A verification is everything a certificate needs: ZA, the digest of a message of 150 bytes, the
 * signature, from raw bytes and with a key not seen before.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tapkern/crypto.h"

#define MESSAGE 150
#define LINKS 3 /* verifications of a chain */

static const uint8_t za_head[] = {
    0x00, 0x80, '1',  '2',  '3',  '4',  '5',  '6',  '7',  '8',  '1',  '2',  '3',  '4',  '5',
    '6',  '7',  '8',  0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFC, 0x28, 0xE9, 0xFA, 0x9E, 0x9D, 0x9F, 0x5E, 0x34, 0x4D, 0x5A,
    0x9E, 0x4B, 0xCF, 0x65, 0x09, 0xA7, 0xF3, 0x97, 0x89, 0xF5, 0x15, 0xAB, 0x8F, 0x92, 0xDD,
    0xBC, 0xBD, 0x41, 0x4D, 0x94, 0x0E, 0x93, 0x32, 0xC4, 0xAE, 0x2C, 0x1F, 0x19, 0x81, 0x19,
    0x5F, 0x99, 0x04, 0x46, 0x6A, 0x39, 0xC9, 0x94, 0x8F, 0xE3, 0x0B, 0xBF, 0xF2, 0x66, 0x0B,
    0xE1, 0x71, 0x5A, 0x45, 0x89, 0x33, 0x4C, 0x74, 0xC7, 0xBC, 0x37, 0x36, 0xA2, 0xF4, 0xF6,
    0x77, 0x9C, 0x59, 0xBD, 0xCE, 0xE3, 0x6B, 0x69, 0x21, 0x53, 0xD0, 0xA9, 0x87, 0x7C, 0xC6,
    0x2A, 0x47, 0x40, 0x02, 0xDF, 0x32, 0xE5, 0x21, 0x39, 0xF0, 0xA0};

struct signed_message {
    uint8_t message[MESSAGE];
    uint8_t point[64];
    uint8_t signature[64];
};

static void must(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "sm2_openssl: %s failed\n", what);
    exit(3);
}

/* ---- DER of a signature: SEQUENCE of two INTEGERs ---- */

static size_t put_integer(uint8_t *out, const uint8_t value[32])
{
    size_t zeros = 0;
    while (zeros < 31 && value[zeros] == 0)
        zeros++;
    const size_t pad = value[zeros] >> 7;
    out[0] = 0x02;
    out[1] = (uint8_t)(32 - zeros + pad);
    out[2] = 0;
    memcpy(out + 2 + pad, value + zeros, 32 - zeros);
    return 2 + pad + 32 - zeros;
}

static size_t to_der(uint8_t out[80], const uint8_t signature[64])
{
    size_t n = 2;
    n += put_integer(out + n, signature);
    n += put_integer(out + n, signature + 32);
    out[0] = 0x30;
    out[1] = (uint8_t)(n - 2);
    return n;
}

static const uint8_t *get_integer(uint8_t out[32], const uint8_t *der)
{
    size_t n = der[1];
    const uint8_t *value = der + 2;
    while (n > 32) {
        value++;
        n--;
    }
    memset(out, 0, 32);
    memcpy(out + 32 - n, value, n);
    return value + n;
}

/* ---- OpenSSL ---- */

/* The public key, or NULL when OpenSSL refuses the point. */
static EVP_PKEY *key_of(const uint8_t point[64])
{
    uint8_t encoded[65];
    char group[] = "SM2";
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);

    encoded[0] = 0x04;
    memcpy(encoded + 1, point, 64);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded, sizeof encoded),
        OSSL_PARAM_construct_end()};
    must(context != NULL && EVP_PKEY_fromdata_init(context) == 1, "EVP_PKEY_fromdata_init");
    if (EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_MD_CTX *digest_of(EVP_PKEY *key, int sign)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();

    must(context != NULL && digest != NULL, "EVP_PKEY_CTX_new_from_pkey");
    must(EVP_PKEY_CTX_set1_id(context, "1234567812345678", 16) == 1, "EVP_PKEY_CTX_set1_id");
    EVP_MD_CTX_set_pkey_ctx(digest, context);
    if (sign)
        must(EVP_DigestSignInit(digest, NULL, EVP_sm3(), NULL, key) == 1, "EVP_DigestSignInit");
    else
        must(EVP_DigestVerifyInit(digest, NULL, EVP_sm3(), NULL, key) == 1, "EVP_DigestVerifyInit");
    return digest;
}

static void free_digest(EVP_MD_CTX *digest)
{
    EVP_PKEY_CTX *context = EVP_MD_CTX_get_pkey_ctx(digest);
    EVP_MD_CTX_free(digest);
    EVP_PKEY_CTX_free(context);
}

static void sign(struct signed_message *m)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
    uint8_t encoded[65];
    uint8_t der[80];
    size_t n = sizeof encoded;

    must(key != NULL, "EVP_PKEY_Q_keygen");
    must(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, encoded, n, &n) == 1 &&
             n == sizeof encoded && encoded[0] == 0x04,
         "reading the point");
    memcpy(m->point, encoded + 1, 64);
    must(RAND_bytes(m->message, MESSAGE) == 1, "RAND_bytes");
    EVP_MD_CTX *digest = digest_of(key, 1);
    n = sizeof der;
    must(EVP_DigestSign(digest, der, &n, m->message, MESSAGE) == 1, "EVP_DigestSign");
    free_digest(digest);
    EVP_PKEY_free(key);
    (void)get_integer(m->signature + 32, get_integer(m->signature, der + 2));
}

static int openssl_valid(const struct signed_message *m)
{
    uint8_t der[80];
    EVP_PKEY *key = key_of(m->point);

    if (key == NULL)
        return 0;
    EVP_MD_CTX *digest = digest_of(key, 0);
    const int result =
        EVP_DigestVerify(digest, der, to_der(der, m->signature), m->message, MESSAGE);
    free_digest(digest);
    EVP_PKEY_free(key);
    return result == 1;
}

/* ---- tapkern ---- */

static int tapkern_valid(const struct tapk_crypto *crypto, const struct signed_message *m)
{
    uint8_t za[32];
    uint8_t e[32];
    const struct tapk_span key[2] = {{za_head, sizeof za_head}, {m->point, 64}};
    const struct tapk_span data[2] = {{za, 32}, {m->message, MESSAGE}};

    return crypto->sm3(crypto->user, key, 2, za) == 0 &&
           crypto->sm3(crypto->user, data, 2, e) == 0 &&
           crypto->sm2(crypto->user, e, m->signature, m->point) == 0;
}

/* ---- the two uses ---- */

static void alter(struct signed_message *m, unsigned how)
{
    uint8_t place = 0;
    must(RAND_bytes(&place, 1) == 1, "RAND_bytes");
    const uint8_t bit = (uint8_t)(1u << place % 8);
    switch (how) {
    case 1:
        m->signature[place % 32] ^= bit;
        break;
    case 2:
        m->signature[32 + place % 32] ^= bit;
        break;
    case 3:
        m->point[place % 64] ^= bit;
        break;
    case 4:
        m->message[place % MESSAGE] ^= bit;
        break;
    default: /* r out of range */
        memset(m->signature, place % 2 ? 0xFF : 0x00, 32);
        break;
    }
}

static int compare(const struct tapk_crypto *crypto, unsigned long count)
{
    struct signed_message m;
    unsigned long valid = 0;
    unsigned long refused = 0;

    for (unsigned long i = 0; i < count; i++) {
        sign(&m);
        for (unsigned how = 0; how <= 5; how++) {
            struct signed_message other = m;
            if (how > 0)
                alter(&other, how);
            const int ours = tapkern_valid(crypto, &other);
            const int theirs = openssl_valid(&other);
            if (ours != theirs || ours != (how == 0)) {
                fprintf(stderr, "round %lu, form %u: tapkern %d, OpenSSL %d\n", i, how, ours,
                        theirs);
                return 1;
            }
            if (ours)
                valid++;
            else
                refused++;
        }
    }
    printf("%lu valid and %lu refused alike\n", valid, refused);
    return valid == 0 || refused == 0;
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, by_value);
    return values[n / 2];
}

static int measure(const struct tapk_crypto *crypto, size_t rounds)
{
    struct signed_message chain[LINKS];
    double *ours = malloc(rounds * sizeof *ours);
    double *theirs = malloc(rounds * sizeof *theirs);
    int good = 1;

    must(ours != NULL && theirs != NULL, "malloc");
    for (size_t i = 0; i < rounds; i++) {
        for (unsigned k = 0; k < LINKS; k++)
            sign(&chain[k]);
        double start = now_us();
        for (unsigned k = 0; k < LINKS; k++)
            good &= tapkern_valid(crypto, &chain[k]);
        ours[i] = now_us() - start;
        start = now_us();
        for (unsigned k = 0; k < LINKS; k++)
            good &= openssl_valid(&chain[k]);
        theirs[i] = now_us() - start;
    }
    must(good, "a verification");
    const double a = median(ours, rounds);
    const double b = median(theirs, rounds);
    printf("{\"name\": \"sm2.verify.chain\", \"figure\": %.1f, \"unit\": \"us\", "
           "\"against\": \"OpenSSL\", \"against_figure\": %.1f, \"ratio\": %.3f}\n",
           a, b, a / b);
    free(ours);
    free(theirs);
    return 0;
}

int main(int argc, char **argv)
{
    struct tapk_crypto crypto;
    const unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;

    tapk_soft_crypto(&crypto);
    must(tapk_crypto_check(&crypto) == 0, "tapk_crypto_check");
    if (argc > 1 && strcmp(argv[1], "compare") == 0)
        return compare(&crypto, count > 0 ? count : 2000);
    if (argc > 1 && strcmp(argv[1], "time") == 0)
        return measure(&crypto, count > 0 ? count : 200);
    fprintf(stderr, "usage: sm2_openssl compare|time [N]\n");
    return 2;
}
