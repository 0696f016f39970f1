/* SPDX-License-Identifier: Apache-2.0
 *
 * SM3 and SM2: digests, signatures made by Python, public and synthetic records, everything
 * altered, and the field arithmetic against a slow one.
 *
 *   test_sm          what is in vectors_sm.h
 *   test_sm FILE     and the lines of FILE, as sm_cases.py writes them
 */
#include "check.h"
#include "crypto/sm2_digest.h"
#include "crypto/sm2_field.h"
#include "crypto/soft.h"
#include "vectors_sm.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define WORDS 8u

static struct tapk_crypto soft;

/* ---- SM3 ---- */

static void check_digest(const struct tapk_span *in, size_t count, const char *wanted)
{
    uint8_t expected[32];
    uint8_t out[33];

    memset(out, 0xA5, sizeof out);
    check_hex(wanted, expected, sizeof expected);
    CHECK(tapk_soft_sm3(NULL, in, count, out) == 0 && memcmp(out, expected, 32) == 0);
    CHECK(out[32] == 0xA5);
}

static void test_sm3(void)
{
    static struct tapk_span many[10000];
    uint8_t message[200];
    uint8_t letters[100];
    struct tapk_span single[200];

    for (unsigned i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)i;
    CHECK(COUNT(sm3_digests) == sizeof message + 1);
    for (size_t n = 0; n <= sizeof message; n++) {
        const struct tapk_span whole = {message, n};
        check_digest(&whole, 1, sm3_digests[n]);
        for (size_t i = 0; i < n; i++) {
            single[i].p = message + i;
            single[i].n = 1;
        }
        check_digest(single, n, sm3_digests[n]);
        for (size_t cut = 0; cut <= n; cut += 7) {
            const struct tapk_span parts[3] = {{message, cut}, {NULL, 0}, {message + cut, n - cut}};
            check_digest(parts, 3, sm3_digests[n]);
        }
    }
    check_digest(NULL, 0, sm3_digests[0]);

    const struct tapk_span abc = {(const uint8_t *)"abc", 3};
    check_digest(&abc, 1, "66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0");
    for (size_t i = 0; i < 16; i++) {
        many[i].p = (const uint8_t *)"abcd";
        many[i].n = 4;
    }
    check_digest(many, 16, "DEBE9FF92275B8A138604889C18E5A4D6FDB70E5387E5765293DCBA39C0C5732");
    memset(letters, 'a', sizeof letters); /* a million, by libcrypto */
    for (size_t i = 0; i < COUNT(many); i++) {
        many[i].p = letters;
        many[i].n = sizeof letters;
    }
    check_digest(many, COUNT(many),
                 "C8AAF89429554029E231941A2ACC0AD61FF2A5ACD8FADD25847A3A732B3B02C3");
}

/* ---- the slot ---- */

static void check_case(const char *name, const char *e_text, const char *signature_text,
                       const char *point_text, int valid)
{
    uint8_t e[32];
    uint8_t signature[64];
    uint8_t point[64];

    CHECK(check_hex(e_text, e, sizeof e) == sizeof e);
    CHECK(check_hex(signature_text, signature, sizeof signature) == sizeof signature);
    CHECK(check_hex(point_text, point, sizeof point) == sizeof point);
    const int result = tapk_soft_sm2(NULL, e, signature, point);
    if ((result == 0) != (valid != 0))
        fprintf(stderr, "sm2: %s, wanted %d\n", name, valid);
    CHECK((result == 0) == (valid != 0));
    if (valid)
        CHECK(tapk_sm2_on_curve(point) == 1);
}

static void test_cases(void)
{
    unsigned valid = 0;

    for (size_t i = 0; i < COUNT(sm2_cases); i++) {
        const struct sm2_case *c = &sm2_cases[i];
        check_case(c->name, c->e, c->signature, c->point, c->valid);
        valid += c->valid != 0;
    }
    CHECK(valid >= 60 && COUNT(sm2_cases) - valid >= 60);
}

static void test_file(const char *path)
{
    char line[400];
    unsigned long lines = 0;
    FILE *file = fopen(path, "r");

    CHECK(file != NULL);
    if (file == NULL)
        return;
    while (fgets(line, (int)sizeof line, file) != NULL) {
        CHECK(strlen(line) == 2 + 65 + 129 + 129);
        check_case(path, line + 2, line + 67, line + 196, line[0] == '1');
        lines++;
    }
    fclose(file);
    CHECK(lines > 0);
    printf("%s: %lu lines\n", path, lines);
}

static void test_on_curve(void)
{
    static const uint8_t zero[64];
    uint8_t point[64];

    CHECK(tapk_sm2_on_curve(zero) == 0);
    check_hex(sm2_records[0].point, point, sizeof point);
    CHECK(tapk_sm2_on_curve(point) == 1);
    for (unsigned bit = 0; bit < 512; bit++) {
        point[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(tapk_sm2_on_curve(point) == 0);
        point[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    /* The cases of sm_cases.py for points, by their names. */
    unsigned seen = 0;
    for (size_t i = 0; i < COUNT(sm2_cases); i++) {
        const char *name = sm2_cases[i].name;
        const int off = strcmp(name, "x + p") == 0 || strcmp(name, "y + p") == 0 ||
                        strcmp(name, "other curve") == 0 || strcmp(name, "point 0, 0") == 0 ||
                        strcmp(name, "point x = p") == 0 || strcmp(name, "point y = p") == 0;
        if (!off)
            continue;
        seen++;
        check_hex(sm2_cases[i].point, point, sizeof point);
        CHECK(tapk_sm2_on_curve(point) == 0);
    }
    CHECK(seen >= 10);
}

/* ---- records: digest and signature together ---- */

struct record {
    uint8_t point[64];
    uint8_t message[400];
    size_t length;
    uint8_t signature[64];
};

static void load_record(struct record *out, const struct sm2_record *record)
{
    CHECK(check_hex(record->point, out->point, sizeof out->point) == 64);
    out->length = check_hex(record->message, out->message, sizeof out->message);
    CHECK(out->length > 0 && out->length < sizeof out->message);
    CHECK(check_hex(record->signature, out->signature, sizeof out->signature) == 64);
}

static int record_valid(const struct record *r)
{
    struct tapk_span span[3] = {{NULL, 0}, {r->message, r->length / 2}, {NULL, 0}};
    uint8_t e[32];

    span[2].p = r->message + r->length / 2;
    span[2].n = r->length - r->length / 2;
    if (tapk_sm2_digest(&soft, r->point, span, 3, e) != 0)
        return 0;
    CHECK(span[0].p == NULL && span[0].n == 0);
    return tapk_soft_sm2(NULL, e, r->signature, r->point) == 0;
}

/* n bytes of the record at offset, each with one bit changed. */
static void refuse_changes(const struct record *good, size_t offset, size_t n)
{
    struct record r = *good;
    uint8_t *bytes = (uint8_t *)&r + offset;

    for (size_t i = 0; i < n; i++) {
        const uint8_t bit = (uint8_t)(1u << (i * 5 + n) % 8);
        bytes[i] ^= bit;
        CHECK(!record_valid(&r));
        bytes[i] ^= bit;
    }
    CHECK(record_valid(&r));
}

static void test_records(void)
{
    struct record r;
    uint8_t e[32];
    uint8_t wanted[32];

    for (size_t i = 0; i < COUNT(sm2_records); i++) {
        const struct sm2_record *record = &sm2_records[i];
        load_record(&r, record);
        if (!record_valid(&r))
            fprintf(stderr, "record %s\n", record->name);
        CHECK(record_valid(&r));
        struct tapk_span span[2] = {{NULL, 0}, {r.message, r.length}};
        CHECK(tapk_sm2_digest(&soft, r.point, span, 2, e) == 0);
        check_hex(record->e, wanted, sizeof wanted);
        CHECK(memcmp(e, wanted, 32) == 0);
        /* Without ZA the same signature is not valid. */
        CHECK(tapk_soft_sm3(NULL, span, 2, e) == 0);
        CHECK(tapk_soft_sm2(NULL, e, r.signature, r.point) != 0);
        refuse_changes(&r, offsetof(struct record, signature), 64);
        refuse_changes(&r, offsetof(struct record, message), r.length);
        refuse_changes(&r, offsetof(struct record, point), 64);
        r.length--;
        CHECK(!record_valid(&r));
    }
    CHECK(COUNT(sm2_records) == 13);
    load_record(&r, &sm2_records[0]);
    for (unsigned bit = 0; bit < 512; bit++) {
        r.signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(!record_valid(&r));
        r.signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static int no_sm3(void *user, const struct tapk_span *in, size_t count, uint8_t out[32])
{
    (void)user;
    (void)in;
    (void)count;
    memset(out, 0, 32);
    return 1;
}

/* A failing SM3 slot is passed on, at ZA and at the message. */
static void test_digest_failure(void)
{
    struct tapk_crypto table = soft;
    struct tapk_span span[1] = {{NULL, 0}};
    struct record r;
    uint8_t e[32];

    load_record(&r, &sm2_records[0]);
    CHECK(tapk_sm2_digest(&table, r.point, span, 1, e) == 0);
    table.sm3 = no_sm3;
    CHECK(tapk_sm2_digest(&table, r.point, span, 1, e) != 0);
    CHECK(span[0].p == NULL && span[0].n == 0);
}

/* ---- the field against bits ---- */

static const uint32_t p_words[WORDS] = {0xFFFFFFFF, 0xFFFFFFFF, 0x00000000, 0xFFFFFFFF,
                                        0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE};
/* R * R = 2^520 modulo p */
static const uint32_t r2_words[WORDS] = {0x00000300, 0x00000200, 0xFFFFFF00, 0x000002FF,
                                         0x00000100, 0x00000100, 0x00000200, 0x00000400};

/* a - p when that is not negative (carry: 2^256 more). */
static void slow_reduce(uint32_t a[WORDS], uint32_t carry)
{
    uint32_t difference[WORDS];
    int64_t sum = 0;

    for (unsigned i = 0; i < WORDS; i++) {
        sum += (int64_t)a[i] - p_words[i];
        difference[i] = (uint32_t)((uint64_t)sum & 0xFFFFFFFFu);
        sum = sum < 0 ? -1 : 0;
    }
    if (carry != 0 || sum == 0)
        memcpy(a, difference, sizeof difference);
}

static void slow_add(uint32_t a[WORDS], const uint32_t b[WORDS])
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < WORDS; i++) {
        sum += (uint64_t)a[i] + b[i];
        a[i] = (uint32_t)sum;
        sum >>= 32;
    }
    slow_reduce(a, (uint32_t)sum);
}

/* out = a * b modulo p, a and b below p; doubling and adding. */
static void slow_multiply(uint32_t out[WORDS], const uint32_t a[WORDS], const uint32_t b[WORDS])
{
    uint32_t result[WORDS] = {0};

    for (unsigned i = 32 * WORDS; i-- > 0;) {
        uint32_t copy[WORDS];
        memcpy(copy, result, sizeof copy);
        slow_add(result, copy);
        if (a[i / 32] >> i % 32 & 1u)
            slow_add(result, b);
    }
    memcpy(out, result, sizeof result);
}

static uint32_t state = 1;

static uint32_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

/* A number below p: 0, 1, 2, p - 1, p - 2, then words that are often all ones or zeros. */
static void make_number(uint32_t out[WORDS], unsigned kind)
{
    if (kind < 5) {
        memset(out, 0, 4 * WORDS);
        out[0] = kind;
        if (kind >= 3) {
            memcpy(out, p_words, 4 * WORDS);
            out[0] -= kind - 2;
        }
        return;
    }
    for (unsigned i = 0; i < WORDS; i++) {
        const uint32_t x = next_random();
        const uint32_t choice = next_random() >> 8 & 3;
        out[i] = choice == 0 ? 0 : choice == 1 ? 0xFFFFFFFFu : x;
    }
    slow_reduce(out, 0);
}

/* The number as an element by k times p more: words hang over and are negative for k below 0. */
static void make_element(struct fp *out, const uint32_t words[WORDS], int k)
{
    struct fp p;

    tapk_fp_load(out, words);
    tapk_fp_load(&p, p_words);
    for (; k > 0; k--)
        fp_add(out, out, &p);
    for (; k < 0; k++)
        fp_sub(out, out, &p);
}

/* 1 when x is the number modulo p; x of size 6. */
static int is_number(const struct fp *x, const uint32_t words[WORDS])
{
    struct fp difference;

    tapk_fp_load(&difference, words);
    fp_sub(&difference, x, &difference);
    return tapk_fp_is_zero(&difference);
}

/* x * R is the number. */
static int is_over_r(const struct fp *x, const uint32_t words[WORDS])
{
    struct fp r2;
    struct fp t;

    tapk_fp_load(&r2, r2_words);
    tapk_fp_multiply(&t, x, &r2);
    return is_number(&t, words);
}

/* x * R is a - b. */
static int is_difference_over_r(const struct fp *x, const uint32_t a[WORDS],
                                const uint32_t b[WORDS])
{
    struct fp r2;
    struct fp t;

    tapk_fp_load(&r2, r2_words);
    tapk_fp_multiply(&t, x, &r2);
    tapk_fp_load(&r2, b);
    fp_add(&t, &t, &r2);
    return is_number(&t, a);
}

static void test_products(void)
{
    static const unsigned place[4] = {1, 5, 25, 125}; /* all kinds with all */
    uint32_t number[4][WORDS];
    uint32_t ab[WORDS];
    uint32_t cd[WORDS];
    struct fp x[4];
    struct fp r;

    for (unsigned round = 0; round < 3000; round++) {
        for (unsigned i = 0; i < 4; i++) {
            make_number(number[i], round < 625 ? round / place[i] % 5 : 5);
            make_element(&x[i], number[i], (int)(next_random() % 9) - 4);
        }
        slow_multiply(ab, number[0], number[1]);
        slow_multiply(cd, number[2], number[3]);
        tapk_fp_multiply(&r, &x[0], &x[1]);
        CHECK(is_over_r(&r, ab));
        r = x[0]; /* in place */
        tapk_fp_multiply(&r, &r, &x[1]);
        CHECK(is_over_r(&r, ab));
        tapk_fp_cross(&r, &x[0], &x[1], &x[2], &x[3]);
        CHECK(is_difference_over_r(&r, ab, cd));
        r = x[2];
        tapk_fp_cross(&r, &x[0], &x[1], &r, &x[3]);
        CHECK(is_difference_over_r(&r, ab, cd));
        slow_multiply(ab, number[0], number[0]);
        tapk_fp_square(&r, &x[0]);
        CHECK(is_over_r(&r, ab));
        tapk_fp_square(&x[0], &x[0]);
        CHECK(memcmp(&r, &x[0], sizeof r) == 0);
    }
}

static void test_linear(void)
{
    static const uint32_t two[WORDS] = {2};
    uint32_t a[WORDS];
    uint32_t b[WORDS];
    uint32_t sum[WORDS];
    struct fp x;
    struct fp y;
    struct fp r;
    struct fp t;

    for (unsigned round = 0; round < 2000; round++) {
        make_number(a, round < 25 ? round % 5 : 5);
        make_number(b, round < 25 ? round / 5 : 5);
        make_element(&x, a, (int)(next_random() % 3) - 1);
        make_element(&y, b, (int)(next_random() % 3) - 1);
        memcpy(sum, a, sizeof sum);
        slow_add(sum, b);
        fp_add(&r, &x, &y);
        CHECK(is_number(&r, sum));
        fp_sub(&r, &r, &y);
        CHECK(is_number(&r, a));
        fp_sub_twice(&t, &r, &y);
        fp_add(&t, &t, &y);
        fp_add(&t, &t, &y);
        CHECK(is_number(&t, a));
        fp_negate(&t, &r);
        fp_add(&t, &t, &r);
        CHECK(tapk_fp_is_zero(&t));
        fp_add(&t, &x, &y);
        fp_settle(&t, &t); /* in [0, 2^256) but for what the lower words hang over */
        CHECK(is_number(&t, sum));
        t.v[FP_LIMBS - 1] += FP_BIT(FP_TOP - 12);
        CHECK(t.v[FP_LIMBS - 1] >= 0 && t.v[FP_LIMBS - 1] <= FP_BIT(FP_TOP) + FP_BIT(FP_TOP - 11));
        fp_three_halves(&t, &x); /* 2 t = 3 a */
        slow_multiply(b, a, two);
        slow_add(b, a);
        fp_add(&t, &t, &t);
        CHECK(is_number(&t, b));
    }
}

static void test_zero(void)
{
    static const uint32_t zero[WORDS];
    uint32_t other[WORDS];
    struct fp x;

    for (int k = -8; k <= 8; k++) {
        make_element(&x, zero, k);
        CHECK(tapk_fp_is_zero(&x));
        for (unsigned bit = 0; bit < 256; bit++) { /* also those that end like a multiple of p */
            memset(other, 0, sizeof other);
            other[bit / 32] = 1u << bit % 32;
            make_element(&x, other, k < 0 ? k : k - 1);
            CHECK(!tapk_fp_is_zero(&x));
        }
    }
    for (unsigned i = 0; i + 1 < FP_LIMBS; i++) { /* the same number by other words */
        make_element(&x, zero, 1);
        x.v[i] += FP_BIT(FP_BITS) * 3;
        x.v[i + 1] -= 3;
        CHECK(tapk_fp_is_zero(&x));
        x.v[i + 1] -= 1;
        CHECK(!tapk_fp_is_zero(&x));
    }
}

int main(int argc, char **argv)
{
    tapk_soft_crypto(&soft);
    CHECK(tapk_crypto_check(&soft) == 0);
    CHECK(tapk_crypto_has(&soft, TAPK_SLOT_SM3 | TAPK_SLOT_SM2));
    test_sm3();
    test_cases();
    test_on_curve();
    test_records();
    test_digest_failure();
    test_products();
    test_linear();
    test_zero();
    for (int i = 1; i < argc; i++)
        test_file(argv[i]);
    return check_done("test_sm");
}
