/* SPDX-License-Identifier: Apache-2.0
 *
 * Single public operations of the software provider, bytes in, bytes out: RSA of 1984 bits, and
 * SM2 from key, message and signature (ZA and SM3 included), in both sizes of the code.
 */
#include "tapkern/crypto.h"

#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "sm2_small.h"

static struct tapk_crypto fast;
static struct tapk_crypto small;

/* What RSA gives, by the provider: peers have to give the same. */
static void recover(struct operation *it)
{
    struct tapk_crypto soft;
    tapk_soft_crypto(&soft);
    if (soft.rsa(soft.user, it->block, it->signature.p, it->key.p, it->key.n, it->more.p,
                 it->more.n) != 0 ||
        it->block[0] != 0x6A || it->block[it->key.n - 1] != 0xBC)
        broken("an RSA operation gives no signed block");
}

const struct operation *load_operations(const char *folder, const char *name)
{
    const struct items items = load(folder, name);
    struct operation *all = calloc(OPERATIONS, sizeof *all);
    if (all == NULL || items.count != (size_t)3 * OPERATIONS)
        broken("a file of operations has a wrong length");
    for (size_t i = 0; i < OPERATIONS; i++) {
        struct operation *it = &all[i];
        it->signature = items.at[3 * i];
        it->key = items.at[3 * i + 1];
        it->more = items.at[3 * i + 2];
        if (it->signature.n != it->key.n || it->key.n > sizeof it->block)
            broken("an operation has a wrong length");
        if (it->more.n <= 3) /* an exponent; messages are longer */
            recover(it);
    }
    return all;
}

static void rsa_pass(const void *with)
{
    const struct work *work = with;
    for (size_t i = 0; i < work->count; i++) {
        const struct operation *it = &work->at[i];
        uint8_t block[sizeof it->block];
        if (fast.rsa(fast.user, block, it->signature.p, it->key.p, it->key.n, it->more.p,
                     it->more.n) != 0 ||
            memcmp(block, it->block, it->key.n) != 0)
            broken("an RSA operation gives something else");
        bench_sink = block[1];
    }
}

static void verify(const struct tapk_crypto *crypto, const struct work *work)
{
    for (size_t i = 0; i < work->count; i++) {
        const struct operation *it = &work->at[i];
        if (!tapk_sm2_verify(crypto, it->key.p, it->more, it->signature.p))
            broken("an SM2 signature is not verified");
    }
}

static void sm2_pass(const void *with) { verify(&fast, with); }

static void small_pass(const void *with) { verify(&small, with); }

static void prepare(struct tapk_crypto *crypto)
{
    if (tapk_crypto_check(crypto) != 0)
        broken("the crypto provider fails its self-test");
}

static void refuse_altered(const struct tapk_crypto *crypto, const struct operation *it)
{
    const struct tapk_span shorter = {it->more.p, it->more.n - 1};
    if (tapk_sm2_verify(crypto, it->key.p, shorter, it->signature.p))
        broken("an altered message is verified");
}

size_t slot_cases(const char *folder, struct bench_case *cases)
{
    static struct work e3 = {NULL, 1};
    static struct work f4 = {NULL, 1};
    static struct work sm2 = {NULL, OPERATIONS};
    tapk_soft_crypto(&fast);
    prepare(&fast);
    small = fast;
    small.sm2 = small_soft_sm2;
    prepare(&small);
    e3.at = load_operations(folder, "operations-e3");
    f4.at = load_operations(folder, "operations-f4");
    sm2.at = load_operations(folder, "operations-sm2");
    rsa_pass(&e3);
    rsa_pass(&f4);
    sm2_pass(&sm2);
    small_pass(&sm2);
    refuse_altered(&fast, sm2.at);
    refuse_altered(&small, sm2.at);
    const struct bench_case all[] = {
        {"rsa.1984.e3", 1, rsa_pass, &e3},
        {"rsa.1984.f4", 1, rsa_pass, &f4},
        {"sm2.verify", OPERATIONS, sm2_pass, &sm2},
        {"sm2.verify.small", OPERATIONS, small_pass, &sm2},
    };
    memcpy(cases, all, sizeof all);
    return sizeof all / sizeof all[0];
}
