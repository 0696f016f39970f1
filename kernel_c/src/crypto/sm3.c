/* SPDX-License-Identifier: Apache-2.0
 *
 * SM3 (GB/T 32905) over a list of spans. Whole blocks are hashed where they lie; only the ends of
 * spans are gathered. Public data only.
 */
#include "hash.h"
#include "soft.h"

static uint32_t rotate(uint32_t x, unsigned n) { return x << n | x >> (32 - n); }

static uint32_t load32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t mix0(uint32_t x) { return x ^ rotate(x, 9) ^ rotate(x, 17); }
static uint32_t mix1(uint32_t x) { return x ^ rotate(x, 15) ^ rotate(x, 23); }

/* One round. The words then change places, so four rounds are written out below. t is the
 * constant of the round; it is rotated by one bit at each. */
#define PARITY(x, y, z) ((x) ^ (y) ^ (z))
#define MAJORITY(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))
#define CHOOSE(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define ROUND(f, g, a, b, c, d, e, f_, g_, h, i) \
    do { \
        const uint32_t a12 = rotate(a, 12); \
        const uint32_t ss1 = rotate(a12 + (e) + t, 7); \
        (d) += f(a, b, c) + (ss1 ^ a12) + (w[i] ^ w[(i) + 4]); \
        (h) += g(e, f_, g_) + ss1 + w[i]; \
        (b) = rotate(b, 9); \
        (f_) = rotate(f_, 19); \
        (h) = mix0(h); \
        t = rotate(t, 1); \
    } while (0)
#define ROUNDS(f, g, from, to) \
    for (const uint32_t *w = words + (from); w < words + (to); w += 4) { \
        ROUND(f, g, a, b, c, d, e, f_, g_, h, 0); \
        ROUND(f, g, d, a, b, c, h, e, f_, g_, 1); \
        ROUND(f, g, c, d, a, b, g_, h, e, f_, 2); \
        ROUND(f, g, b, c, d, a, f_, g_, h, e, 3); \
    }

static void block(uint32_t *state, const uint8_t *in)
{
    uint32_t words[68];
    uint32_t t = 0x79CC4519u;
    uint32_t a = state[0];
    uint32_t b = state[1];
    uint32_t c = state[2];
    uint32_t d = state[3];
    uint32_t e = state[4];
    uint32_t f_ = state[5];
    uint32_t g_ = state[6];
    uint32_t h = state[7];

    for (unsigned i = 0; i < 16; i++)
        words[i] = load32(in + 4 * i);
    /* The last three words stay in registers; this also keeps compilers from using vectors of
     * two, which wait for every store. */
    uint32_t w3 = words[13];
    uint32_t w2 = words[14];
    uint32_t w1 = words[15];
    for (unsigned i = 16; i < 68; i++) {
        const uint32_t next = mix1(words[i - 16] ^ words[i - 9] ^ rotate(w3, 15)) ^
                              rotate(words[i - 13], 7) ^ words[i - 6];
        words[i] = next;
        w3 = w2;
        w2 = w1;
        w1 = next;
    }
    ROUNDS(PARITY, PARITY, 0, 16)
    t = rotate(0x7A879D8Au, 16);
    ROUNDS(MAJORITY, CHOOSE, 16, 64)
    state[0] ^= a;
    state[1] ^= b;
    state[2] ^= c;
    state[3] ^= d;
    state[4] ^= e;
    state[5] ^= f_;
    state[6] ^= g_;
    state[7] ^= h;
}

int tapk_soft_sm3(void *user, const struct tapk_span *in, size_t count, uint8_t out[32])
{
    uint32_t state[8] = {0x7380166Fu, 0x4914B2B9u, 0x172442D7u, 0xDA8A0600u,
                         0xA96F30BCu, 0x163138AAu, 0xE38DEE4Du, 0xB0FB0E4Eu};
    (void)user;
    tapk_soft_hash(block, state, in, count, out, 32);
    return 0;
}
