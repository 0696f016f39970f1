/* SPDX-License-Identifier: Apache-2.0
 *
 * The software provider against vectors, and tapk_crypto_check against providers that are wrong in
 * the ways a device engine can be wrong.
 */
#include "check.h"
#include "crypto/soft.h"
#include "vectors_hash.h"
#include "vectors_rsa.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define SOFT (TAPK_SLOT_RSA | TAPK_SLOT_SHA1 | TAPK_SLOT_SHA256)
#define SM (TAPK_SLOT_SM3 | TAPK_SLOT_SM2)

/* ---- vectors ---- */

static void test_hashes(void)
{
    uint8_t message[200];
    uint8_t wanted[32];
    uint8_t out[32];

    for (unsigned i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)i;
    CHECK(COUNT(sha1_digests) == 201 && COUNT(sha256_digests) == 201);
    for (size_t n = 0; n <= sizeof message; n++) {
        /* The same bytes whole, cut in two anywhere, and byte by byte. */
        const struct tapk_span whole = {message, n};
        struct tapk_span single[200];
        for (size_t i = 0; i < n; i++) {
            single[i].p = message + i;
            single[i].n = 1;
        }
        check_hex(sha1_digests[n], wanted, 20);
        CHECK(tapk_soft_sha1(NULL, &whole, 1, out) == 0 && memcmp(out, wanted, 20) == 0);
        CHECK(tapk_soft_sha1(NULL, single, n, out) == 0 && memcmp(out, wanted, 20) == 0);
        for (size_t cut = 0; cut <= n; cut += 7) {
            const struct tapk_span parts[3] = {{message, cut}, {NULL, 0}, {message + cut, n - cut}};
            CHECK(tapk_soft_sha1(NULL, parts, 3, out) == 0 && memcmp(out, wanted, 20) == 0);
        }
        check_hex(sha256_digests[n], wanted, 32);
        CHECK(tapk_soft_sha256(NULL, &whole, 1, out) == 0 && memcmp(out, wanted, 32) == 0);
        CHECK(tapk_soft_sha256(NULL, single, n, out) == 0 && memcmp(out, wanted, 32) == 0);
    }
    CHECK(tapk_soft_sha1(NULL, NULL, 0, out) == 0);
    check_hex(sha1_digests[0], wanted, 20);
    CHECK(memcmp(out, wanted, 20) == 0);
}

/* A message of more than 2^32 bits would take long; one million "a" shows the length field. */
static void test_long_hash(void)
{
    static const uint8_t letters[100] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    static struct tapk_span million[10000];
    uint8_t full[100];
    uint8_t wanted[32];
    uint8_t out[32];

    memcpy(full, letters, sizeof full);
    full[99] = 'a';
    for (size_t i = 0; i < COUNT(million); i++) {
        million[i].p = full;
        million[i].n = sizeof full;
    }
    CHECK(tapk_soft_sha1(NULL, million, COUNT(million), out) == 0);
    check_hex("34AA973CD4C4DAA4F61EEB2BDBAD27316534016F", wanted, 20);
    CHECK(memcmp(out, wanted, 20) == 0);
    CHECK(tapk_soft_sha256(NULL, million, COUNT(million), out) == 0);
    check_hex("CDC76E5C9914FB9281A1C7E284D73E67F1809A48A497200E046D39CCC7112CD0", wanted, 32);
    CHECK(memcmp(out, wanted, 32) == 0);
}

static void test_rsa(void)
{
    uint8_t modulus[260];
    uint8_t in[260];
    uint8_t wanted[260];
    uint8_t out[260];
    uint8_t exponent[8];
    unsigned refused = 0;

    for (size_t i = 0; i < COUNT(rsa_vectors); i++) {
        const struct rsa_vector *v = &rsa_vectors[i];
        const size_t n = check_hex(v->modulus, modulus, sizeof modulus);
        const size_t exponent_len = check_hex(v->exponent, exponent, sizeof exponent);
        CHECK(check_hex(v->in, in, sizeof in) == n);
        memset(out, 0xA5, sizeof out);
        const int result = tapk_soft_rsa(NULL, out, in, modulus, n, exponent, exponent_len);
        if (v->out == NULL) {
            refused++;
            if (result == 0)
                fprintf(stderr, "rsa: %s\n", v->name);
            CHECK(result != 0);
            continue;
        }
        CHECK(check_hex(v->out, wanted, sizeof wanted) == n);
        if (result != 0 || memcmp(out, wanted, n) != 0)
            fprintf(stderr, "rsa: %s\n", v->name);
        CHECK(result == 0 && memcmp(out, wanted, n) == 0);
        CHECK(out[n] == 0xA5);
        /* in place */
        CHECK(tapk_soft_rsa(NULL, in, in, modulus, n, exponent, exponent_len) == 0);
        CHECK(memcmp(in, wanted, n) == 0);
    }
    CHECK(refused == 14);
}

/* ---- the check of a provider ---- */

static void test_soft_table(void)
{
    struct tapk_crypto table;

    memset(&table, 0xFF, sizeof table);
    tapk_soft_crypto(&table);
    tapk_soft_crypto(NULL);
    CHECK(table.size == sizeof table && table.checked == 0);
    CHECK(!tapk_crypto_has(&table, TAPK_SLOT_RSA)); /* not checked yet */
    CHECK(tapk_crypto_check(&table) == 0);
    CHECK(tapk_crypto_has(&table, SOFT));
    CHECK(tapk_crypto_has(&table, TAPK_SLOT_SHA1));
    CHECK(tapk_crypto_has(&table, SOFT | TAPK_SLOT_SM3 | TAPK_SLOT_SM2));
    CHECK(!tapk_crypto_has(&table, 0));
    CHECK(!tapk_crypto_has(&table, 0x20));
    CHECK(!tapk_crypto_has(&table, 0x100 | TAPK_SLOT_RSA));
    CHECK(!tapk_crypto_has(NULL, TAPK_SLOT_RSA));

    /* A copy is the same table; a changed one is not. */
    struct tapk_crypto copy = table;
    CHECK(tapk_crypto_has(&copy, SOFT));
    copy.user = &copy;
    CHECK(!tapk_crypto_has(&copy, SOFT));
    copy = table;
    copy.sha256 = copy.sha1;
    CHECK(!tapk_crypto_has(&copy, TAPK_SLOT_RSA));
    copy = table;
    copy.rsa = NULL;
    CHECK(!tapk_crypto_has(&copy, TAPK_SLOT_SHA1) && !tapk_crypto_has(&copy, TAPK_SLOT_RSA));
    copy = table;
    copy.sm3 = copy.sha256;
    CHECK(!tapk_crypto_has(&copy, SOFT));
    copy = table;
    copy.size = 0;
    CHECK(!tapk_crypto_has(&copy, SOFT));
    for (unsigned bit = 0; bit < 32; bit++) {
        copy = table;
        copy.checked ^= (uint32_t)1 << bit;
        CHECK(!tapk_crypto_has(&copy, SOFT));
    }
}

static void test_misuse(void)
{
    struct tapk_crypto table;
    tapk_soft_crypto(&table);
    CHECK(tapk_crypto_check(NULL) == TAPK_E_ARGUMENT);
    table.size--;
    CHECK(tapk_crypto_check(&table) == TAPK_E_SIZE);
    memset(&table, 0, sizeof table);
    table.size = (uint32_t)sizeof table;
    table.checked = SOFT; /* nobody's mark */
    CHECK(!tapk_crypto_has(&table, TAPK_SLOT_RSA));
    CHECK(tapk_crypto_check(&table) == 0); /* no filled slot failed; none is marked */
    CHECK(table.checked == 0 && !tapk_crypto_has(&table, TAPK_SLOT_RSA));
}

/* ---- providers that are wrong ---- */

struct wrong {
    int result;         /* returned in place of the work */
    int work;           /* 1: the software slot does the work first */
    unsigned flip;      /* then the last byte of the result is changed by this */
    unsigned calls;     /* made so far */
    unsigned fail_at;   /* this call fails; 0: none */
    unsigned accept_at; /* this call is "done" whatever happens */
    unsigned repeat_at; /* this call gives the result of the call before */
    uint8_t kept[256];  /* that result */
};

/* n: bytes of the result at out. */
static int turn(struct wrong *wrong, int done, uint8_t *out, size_t n)
{
    wrong->calls++;
    if (wrong->calls == wrong->repeat_at) {
        memcpy(out, wrong->kept, n);
        return 0;
    }
    out[n - 1] ^= (uint8_t)wrong->flip;
    memcpy(wrong->kept, out, n);
    if (wrong->calls == wrong->fail_at)
        return 1;
    if (wrong->calls == wrong->accept_at)
        return 0;
    return wrong->work ? done : wrong->result;
}

static int wrong_rsa(void *user, uint8_t *out, const uint8_t *in, const uint8_t *modulus, size_t n,
                     const uint8_t *exponent, size_t exponent_len)
{
    struct wrong *wrong = user;
    int done = 0;
    if (wrong->work)
        done = tapk_soft_rsa(NULL, out, in, modulus, n, exponent, exponent_len);
    else
        memset(out, 0, n);
    return turn(wrong, done, out, n);
}

static int wrong_sha1(void *user, const struct tapk_span *in, size_t count, uint8_t out[20])
{
    struct wrong *wrong = user;
    if (wrong->work)
        tapk_soft_sha1(NULL, in, count, out);
    else
        memset(out, 0, 20);
    return turn(wrong, 0, out, 20);
}

static int wrong_hash(void *user, const struct tapk_span *in, size_t count, uint8_t out[32])
{
    struct wrong *wrong = user;
    if (wrong->work)
        tapk_soft_sha256(NULL, in, count, out);
    else
        memset(out, 0, 32);
    return turn(wrong, 0, out, 32);
}

static int wrong_sm2(void *user, const uint8_t e[32], const uint8_t signature[64],
                     const uint8_t point[64])
{
    const struct wrong *wrong = user;
    (void)e;
    (void)signature;
    (void)point;
    return wrong->result;
}

static struct tapk_crypto wrong_table(struct wrong *wrong)
{
    struct tapk_crypto table;
    tapk_soft_crypto(&table);
    table.user = wrong;
    table.rsa = wrong_rsa;
    table.sha1 = wrong_sha1;
    table.sha256 = wrong_hash;
    table.sm3 = wrong_hash;
    table.sm2 = wrong_sm2;
    return table;
}

static void test_wrong_providers(void)
{
    const uint32_t all = SOFT | SM;
    struct wrong wrong;
    struct tapk_crypto table;

    /* Zeros and "done" or "valid" for everything; zeros and "failed". */
    for (int result = -1; result <= 1; result++) {
        memset(&wrong, 0, sizeof wrong);
        wrong.result = result;
        table = wrong_table(&wrong);
        CHECK(tapk_crypto_check(&table) == (int)all);
        CHECK(table.checked == 0);
        for (uint32_t slot = 1; slot <= TAPK_SLOT_SM2; slot <<= 1)
            CHECK(!tapk_crypto_has(&table, slot));
    }

    /* The right work: RSA and SHA pass, SHA-256 is no SM3, "always valid" is no SM2. */
    memset(&wrong, 0, sizeof wrong);
    wrong.work = 1;
    table = wrong_table(&wrong);
    CHECK(tapk_crypto_check(&table) == SM);
    CHECK(tapk_crypto_has(&table, SOFT));
    const unsigned calls = wrong.calls;
    CHECK(calls == 10 + 3 + 3 + 1);

    /* One wrong bit in every result. */
    memset(&wrong, 0, sizeof wrong);
    wrong.work = 1;
    wrong.flip = 1;
    table = wrong_table(&wrong);
    CHECK(tapk_crypto_check(&table) == (int)all);

    /* Any one call that should be done and is not; that should be refused and is done; that
     * gives the result of the call before. Of five RSA calls the first two have a result. */
    for (unsigned at = 1; at <= calls - 1; at++) {
        const int has_result = at > 10 || at % 5 == 1 || at % 5 == 2;
        memset(&wrong, 0, sizeof wrong);
        wrong.work = 1;
        wrong.fail_at = at;
        table = wrong_table(&wrong);
        CHECK((tapk_crypto_check(&table) != SM) == has_result);
        memset(&wrong, 0, sizeof wrong);
        wrong.work = 1;
        wrong.accept_at = at;
        table = wrong_table(&wrong);
        CHECK((tapk_crypto_check(&table) != SM) == !has_result);
        memset(&wrong, 0, sizeof wrong);
        wrong.work = 1;
        wrong.repeat_at = at;
        table = wrong_table(&wrong);
        CHECK(tapk_crypto_check(&table) != SM);
    }
}

/* An engine that takes every input below 2^(8n): value mod modulus first. */
static int careless_rsa(void *user, uint8_t *out, const uint8_t *in, const uint8_t *modulus,
                        size_t n, const uint8_t *exponent, size_t exponent_len)
{
    (void)user;
    if (tapk_soft_rsa(NULL, out, in, modulus, n, exponent, exponent_len) != 0)
        memset(out, 0, n);
    return 0;
}

/* An engine that answers every question with the right answer of the first. */
static int stuck_sha1(void *user, const struct tapk_span *in, size_t count, uint8_t out[20])
{
    (void)user;
    if (count == 1) {
        const struct tapk_span abc = {(const uint8_t *)"abc", 3};
        return tapk_soft_sha1(NULL, &abc, 1, out);
    }
    return tapk_soft_sha1(NULL, in, count, out);
}

/* An engine that only looks at the first span. */
static int short_sha1(void *user, const struct tapk_span *in, size_t count, uint8_t out[20])
{
    return tapk_soft_sha1(user, in, count > 1 ? 1 : count, out);
}

/* An engine that shifts leading zeros away (ODA-081). */
static int shifting_rsa(void *user, uint8_t *out, const uint8_t *in, const uint8_t *modulus,
                        size_t n, const uint8_t *exponent, size_t exponent_len)
{
    const int result = tapk_soft_rsa(user, out, in, modulus, n, exponent, exponent_len);
    if (result == 0 && out[0] == 0) {
        memmove(out, out + 1, n - 1);
        out[n - 1] = 0;
    }
    return result;
}

static void test_subtle_providers(void)
{
    struct tapk_crypto table;
    tapk_soft_crypto(&table);
    table.rsa = careless_rsa;
    CHECK(tapk_crypto_check(&table) == TAPK_SLOT_RSA);
    CHECK(!tapk_crypto_has(&table, TAPK_SLOT_RSA) && tapk_crypto_has(&table, TAPK_SLOT_SHA1));
    table.rsa = shifting_rsa;
    CHECK(tapk_crypto_check(&table) == TAPK_SLOT_RSA);
    tapk_soft_crypto(&table);
    table.sha1 = stuck_sha1;
    CHECK(tapk_crypto_check(&table) == TAPK_SLOT_SHA1);
    table.sha1 = short_sha1;
    CHECK(tapk_crypto_check(&table) == TAPK_SLOT_SHA1);
    tapk_soft_crypto(&table);
    table.sm3 = tapk_soft_sha256;
    CHECK(tapk_crypto_check(&table) == TAPK_SLOT_SM3);
}

/* A device's SM engine that knows exactly the published answers passes. */
static int sm3_by_table(void *user, const struct tapk_span *in, size_t count, uint8_t out[32])
{
    (void)user;
    if (count == 1 && in[0].n == 3 && memcmp(in[0].p, "abc", 3) == 0)
        check_hex("66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0", out, 32);
    else if (count == 1)
        memset(out, 1, 32);
    else
        check_hex("639B6CC5E64D9E37A390B192DF4FA1EA0720AB747FF692B9F38C4E66AD7B8C05", out, 32);
    return 0;
}

/* user: null, or a counter of calls that ends at 0 with a wrong "valid". */
static int sm2_by_table(void *user, const uint8_t e[32], const uint8_t signature[64],
                        const uint8_t point[64])
{
    uint8_t known[160];
    unsigned *calls = user;
    if (calls != NULL && --*calls == 0)
        return 0;
    check_hex("F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640"
              "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
              "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
              "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
              "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13",
              known, sizeof known);
    return memcmp(e, known, 32) != 0 || memcmp(signature, known + 32, 64) != 0 ||
           memcmp(point, known + 96, 64) != 0;
}

static void test_sm_slots(void)
{
    struct tapk_crypto table;
    tapk_soft_crypto(&table);
    table.sm3 = sm3_by_table;
    table.sm2 = sm2_by_table;
    CHECK(tapk_crypto_check(&table) == 0);
    CHECK(tapk_crypto_has(&table, SOFT | SM));
    for (unsigned at = 1; at <= 9; at++) { /* eight calls; only the first is valid */
        unsigned calls = at;
        table.user = &calls;
        CHECK((tapk_crypto_check(&table) == TAPK_SLOT_SM2) == (at >= 2 && at <= 8));
    }
}

int main(void)
{
    test_hashes();
    test_long_hash();
    test_rsa();
    test_soft_table();
    test_misuse();
    test_wrong_providers();
    test_subtle_providers();
    test_sm_slots();
    return check_done("test_crypto");
}
