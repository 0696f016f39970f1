/* SPDX-License-Identifier: Apache-2.0
 *
 * The public operations of a chain by libgmp, bytes in, bytes out, nothing else: with BENCH_GMP.
 */
#include "bench.h"

#ifdef BENCH_GMP
#include <gmp.h>
#include <string.h>

static mpz_t base, modulus, power;

static void import(mpz_t number, struct tapk_span bytes)
{
    mpz_import(number, bytes.n, 1, 1, 1, 0, bytes.p);
}

static void public_operation(const struct operation *it)
{
    uint8_t block[sizeof it->block];
    unsigned long e = 0;
    size_t n;
    for (size_t i = 0; i < it->more.n; i++)
        e = e << 8 | it->more.p[i];
    import(base, it->signature);
    import(modulus, it->key);
    mpz_powm_ui(power, base, e, modulus);
    if (mpz_sizeinbase(power, 256) > sizeof block)
        broken("libgmp gives too much");
    mpz_export(block, &n, 1, 1, 1, 0, power);
    if (n != it->key.n || memcmp(block, it->block, n) != 0)
        broken("libgmp gives something else");
    bench_sink = block[1];
}

static void gmp_pass(const void *with)
{
    const struct work *work = with;
    for (size_t i = 0; i < work->count; i++)
        public_operation(&work->at[i]);
}

size_t gmp_cases(const char *folder, struct bench_case *cases)
{
    static struct work e3, e3_cached, e3_known, e3_long;
    static struct work f4, f4_cached, f4_known, f4_long;
    const struct operation *three = load_operations(folder, "operations-e3");
    const struct operation *fermat = load_operations(folder, "operations-f4");
    mpz_inits(base, modulus, power, NULL);
    e3 = (struct work){three, OPERATIONS};
    e3_cached = (struct work){three + 1, 2};
    e3_known = (struct work){three + 2, 1};
    e3_long = (struct work){three, 1};
    f4 = (struct work){fermat, OPERATIONS};
    f4_cached = (struct work){fermat + 1, 2};
    f4_known = (struct work){fermat + 2, 1};
    f4_long = (struct work){fermat, 1};
    gmp_pass(&e3);
    gmp_pass(&f4);
    const struct bench_case all[] = {
        {"gmp.e3.cold", 1, gmp_pass, &e3},        {"gmp.e3.cached", 1, gmp_pass, &e3_cached},
        {"gmp.e3.known", 1, gmp_pass, &e3_known}, {"gmp.1984.e3", 1, gmp_pass, &e3_long},
        {"gmp.f4.cold", 1, gmp_pass, &f4},        {"gmp.f4.cached", 1, gmp_pass, &f4_cached},
        {"gmp.f4.known", 1, gmp_pass, &f4_known}, {"gmp.1984.f4", 1, gmp_pass, &f4_long},
    };
    memcpy(cases, all, sizeof all);
    return sizeof all / sizeof all[0];
}
#else
size_t gmp_cases(const char *folder, struct bench_case *cases)
{
    (void)folder;
    (void)cases;
    return 0;
}
#endif
