/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-1 (FIPS 180-4) over a list of spans. Whole blocks are hashed where they lie; only the ends
 * of spans are gathered. Public data only.
 */
#include "hash.h"
#include "soft.h"

static uint32_t rotate(uint32_t x, unsigned n) { return x << n | x >> (32 - n); }

static uint32_t load32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* One round; the five words then change places, so five rounds are written out below. */
#define ROUND(f, k, a, b, c, d, e, w) \
    do { \
        (e) += rotate((a), 5) + (f) + (k) + (w); \
        (b) = rotate((b), 30); \
    } while (0)
#define CHOOSE(b, c, d) ((d) ^ ((b) & ((c) ^ (d))))
#define PARITY(b, c, d) ((b) ^ (c) ^ (d))
#define MAJORITY(b, c, d) (((b) & (c)) + ((d) & ((b) ^ (c))))
#ifdef TAPK_SHA1_SMALL

#define TWENTY_ROUNDS(f, k) \
    for (const uint32_t *end = w + 20; w < end; w += 5) { \
        ROUND(f(b, c, d), (k), a, b, c, d, e, w[0]); \
        ROUND(f(a, b, c), (k), e, a, b, c, d, w[1]); \
        ROUND(f(e, a, b), (k), d, e, a, b, c, w[2]); \
        ROUND(f(d, e, a), (k), c, d, e, a, b, w[3]); \
        ROUND(f(c, d, e), (k), b, c, d, e, a, w[4]); \
    }

static void block(uint32_t *state, const uint8_t *in)
{
    uint32_t schedule[80];
    const uint32_t *w = schedule;
    uint32_t a = state[0];
    uint32_t b = state[1];
    uint32_t c = state[2];
    uint32_t d = state[3];
    uint32_t e = state[4];

    for (unsigned i = 0; i < 16; i++)
        schedule[i] = load32(in + 4 * i);
    /* The last three words stay in registers; this also keeps compilers from using vectors of
     * two, which wait for every store. */
    uint32_t w3 = schedule[13];
    uint32_t w2 = schedule[14];
    uint32_t w1 = schedule[15];
    for (unsigned i = 16; i < 80; i++) {
        const uint32_t next = rotate(w3 ^ schedule[i - 8] ^ schedule[i - 14] ^ schedule[i - 16], 1);
        schedule[i] = next;
        w3 = w2;
        w2 = w1;
        w1 = next;
    }
    TWENTY_ROUNDS(CHOOSE, 0x5A827999u)
    TWENTY_ROUNDS(PARITY, 0x6ED9EBA1u)
    TWENTY_ROUNDS(MAJORITY, 0x8F1BBCDCu)
    TWENTY_ROUNDS(PARITY, 0xCA62C1D6u)
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

#else

/* Word t of the schedule, of which only the last 16 are kept. t is a constant everywhere. */
#define WORD(t) \
    ((t) < 16 \
         ? w[(t)&15u] \
         : (w[(t)&15u] = rotate( \
                w[((t) + 13) & 15u] ^ w[((t) + 8) & 15u] ^ w[((t) + 2) & 15u] ^ w[(t)&15u], 1)))
#define FIVE_ROUNDS(f, k, t) \
    ROUND(f(b, c, d), (k), a, b, c, d, e, WORD(t)); \
    ROUND(f(a, b, c), (k), e, a, b, c, d, WORD((t) + 1)); \
    ROUND(f(e, a, b), (k), d, e, a, b, c, WORD((t) + 2)); \
    ROUND(f(d, e, a), (k), c, d, e, a, b, WORD((t) + 3)); \
    ROUND(f(c, d, e), (k), b, c, d, e, a, WORD((t) + 4));
#define TWENTY_ROUNDS(f, k, t) \
    FIVE_ROUNDS(f, k, t) \
    FIVE_ROUNDS(f, k, (t) + 5) \
    FIVE_ROUNDS(f, k, (t) + 10) \
    FIVE_ROUNDS(f, k, (t) + 15)

/* Written out: two thirds of the time of the loop, for some kilobytes of code. */
static void block(uint32_t *state, const uint8_t *in)
{
    uint32_t w[16];
    uint32_t a = state[0];
    uint32_t b = state[1];
    uint32_t c = state[2];
    uint32_t d = state[3];
    uint32_t e = state[4];

    for (unsigned i = 0; i < 16; i++)
        w[i] = load32(in + 4 * i);
    TWENTY_ROUNDS(CHOOSE, 0x5A827999u, 0u)
    TWENTY_ROUNDS(PARITY, 0x6ED9EBA1u, 20u)
    TWENTY_ROUNDS(MAJORITY, 0x8F1BBCDCu, 40u)
    TWENTY_ROUNDS(PARITY, 0xCA62C1D6u, 60u)
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

#endif

int tapk_soft_sha1(void *user, const struct tapk_span *in, size_t count, uint8_t out[20])
{
    uint32_t state[5] = {0x67452301u, 0xEFCDAB89u, 0x98BADCFEu, 0x10325476u, 0xC3D2E1F0u};
    (void)user;
    tapk_soft_hash(block, state, in, count, out, 20);
    return 0;
}
