/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 (FIPS 180-4) over a list of spans, for digests of configurations and keys of caches.
 * Small rather than fast. Public data only.
 */
#include <string.h>

#include "hash.h"
#include "soft.h"

static const uint32_t round_constant[64] = {
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
};

static uint32_t rotate(uint32_t x, unsigned n) { return x >> n | x << (32 - n); }

static uint32_t load32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void block(uint32_t *state, const uint8_t *in)
{
    uint32_t w[16];
    uint32_t v[8];

    for (unsigned i = 0; i < 16; i++)
        w[i] = load32(in + 4 * i);
    memcpy(v, state, sizeof v);
    for (unsigned i = 0; i < 64; i++) { /* the names of the words move by one at every round */
        if (i >= 16) {
            const uint32_t early = w[(i + 1) & 15];
            const uint32_t late = w[(i + 14) & 15];
            w[i & 15] += (rotate(early, 7) ^ rotate(early, 18) ^ early >> 3) + w[(i + 9) & 15] +
                         (rotate(late, 17) ^ rotate(late, 19) ^ late >> 10);
        }
        const uint32_t a = v[(0 - i) & 7];
        const uint32_t b = v[(1 - i) & 7];
        const uint32_t c = v[(2 - i) & 7];
        const uint32_t e = v[(4 - i) & 7];
        const uint32_t f = v[(5 - i) & 7];
        const uint32_t g = v[(6 - i) & 7];
        const uint32_t h = v[(7 - i) & 7];
        const uint32_t t = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                           (g ^ (e & (f ^ g))) + round_constant[i] + w[i & 15];
        v[(3 - i) & 7] += t;
        v[(7 - i) & 7] =
            t + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) | (c & (a | b)));
    }
    for (unsigned i = 0; i < 8; i++)
        state[i] += v[i];
}

int tapk_soft_sha256(void *user, const struct tapk_span *in, size_t count, uint8_t out[32])
{
    uint32_t state[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                         0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
    (void)user;
    tapk_soft_hash(block, state, in, count, out, 32);
    return 0;
}
