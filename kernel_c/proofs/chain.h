/* SPDX-License-Identifier: Apache-2.0
 *
 * Any data of a card for the chain of keys. Assumed: every element is a piece of memory of its
 * length, up to 255 bytes (N); PAN, date and what the terminal sent are there. The operations give
 * any result over any bytes: what is proved holds for every key, certificate and signature.
 */
#ifndef TAPK_PROOF_CHAIN_H
#define TAPK_PROOF_CHAIN_H

#include <stdlib.h>

#include "oda/oda_internal.h"
#include "proof.h"

static struct tapk_chain chain;

/* n bytes from p on lie in one member of the chain, when they are of the chain at all. */
static int in_member(const void *p, size_t n)
{
    const size_t at = __CPROVER_POINTER_OFFSET(p);
    const size_t block = offsetof(struct tapk_chain, block);
    const size_t modulus = offsetof(struct tapk_chain, modulus);
    const size_t pan = offsetof(struct tapk_chain, pan);
    return !__CPROVER_same_object(p, &chain) ||
           (at >= block && n <= TAPK_RSA_MAX && at - block <= TAPK_RSA_MAX - n) ||
           (at >= modulus && n <= TAPK_RSA_MAX && at - modulus <= TAPK_RSA_MAX - n) ||
           (at == pan && n <= sizeof chain.pan);
}

#define IN_MEMBER(p, n) in_member(p, n)
#include "memory.h"

static struct tapk_oda_input in;
static struct tapk_oda_report report;
static struct tapk_oda_result result;
static struct tapk_crypto crypto;
static struct tapk_key_store keys;
static struct tapk_span records[RECORDS];
/* Up to N bytes of any value, in memory of their own. */
static struct tapk_span any_span(void)
{
    const size_t n = up_to(N);
    const uint8_t *piece = malloc(N);
    const struct tapk_span span = {piece + (N - n), n};
    return span;
}

static void readable(const struct tapk_span *spans, size_t count)
{
    const size_t i = nondet_size();
    if (i < count)
        prove(READABLE(spans[i].p, spans[i].n), "what is hashed is there");
}

static int any_rsa(void *user, uint8_t *out, const uint8_t *value, const uint8_t *modulus, size_t n,
                   const uint8_t *exponent, size_t exponent_len)
{
    (void)user;
    prove(n >= TAPK_RSA_MIN && n <= TAPK_RSA_MAX, "a modulus of a possible length");
    prove(READABLE(value, n) && READABLE(modulus, n) && WRITABLE(out, n) &&
              __CPROVER_r_ok(exponent, exponent_len),
          "operands are there");
    __CPROVER_havoc_slice(out, n);
    return nondet_int();
}

static int any_hash(void *user, const struct tapk_span *spans, size_t count, uint8_t out[20])
{
    (void)user;
    prove(__CPROVER_r_ok(spans, count * sizeof *spans), "the list of spans is there");
    readable(spans, count);
    __CPROVER_havoc_slice(out, 20);
    return nondet_int();
}

static int any_sm2(void *user, const uint8_t e[32], const uint8_t signature[64],
                   const uint8_t point[64])
{
    (void)user;
    prove(__CPROVER_r_ok(e, 32) && __CPROVER_r_ok(signature, 64) && __CPROVER_r_ok(point, 64),
          "hash, signature and point are there");
    return nondet_int();
}

static int any_find(const void *user, const uint8_t rid[5], uint8_t index, struct tapk_ca_key *key)
{
    (void)user;
    (void)rid;
    (void)index;
    any(*key);
    key->modulus = any_span();
    key->exponent = any_span();
    return nondet_int();
}

static int any_revoked(const void *user, const struct tapk_revoked *certificate)
{
    (void)user;
    prove(__CPROVER_r_ok(certificate, sizeof *certificate), "a certificate");
    return nondet_int();
}

int tapk_crypto_has(const struct tapk_crypto *table, uint32_t slots)
{
    (void)table;
    (void)slots;
    return nondet_int();
}

int tapk_sm2_on_curve(const uint8_t point[64])
{
    prove(__CPROVER_r_ok(point, 64), "a point has 64 bytes");
    return nondet_int();
}

int tapk_sm2_digest(const struct tapk_crypto *table, const uint8_t point[64],
                    struct tapk_span *spans, size_t count, uint8_t e[32])
{
    (void)table;
    prove(__CPROVER_r_ok(point, 64) && __CPROVER_w_ok(spans, count * sizeof *spans),
          "point and spans are there");
    const size_t i = nondet_size();
    if (i > 0 && i < count) /* the first is written by the function */
        readable(spans + i, 1);
    __CPROVER_havoc_slice(e, 32);
    return nondet_int();
}

#ifndef OWN_MEMO
int tapk_memo_find(const struct tapk_chain *of, enum tapk_level level, struct tapk_span input,
                   uint8_t *out)
{
    (void)of;
    (void)level;
    prove(__CPROVER_r_ok(input.p, input.n), "the input is there");
    if (out != NULL)
        __CPROVER_havoc_slice(out, input.n);
    return nondet_int();
}

void tapk_memo_keep(const struct tapk_chain *of, enum tapk_level level, struct tapk_span input,
                    const uint8_t *out)
{
    (void)of;
    (void)level;
    prove(__CPROVER_r_ok(input.p, input.n), "the input is there");
    prove(out == NULL || __CPROVER_r_ok(out, input.n), "the block is there");
}
#endif

unsigned tapk_nibble(const uint8_t *from, size_t i)
{
    return (i & 1u) ? from[i / 2] & 0x0Fu : from[i / 2] >> 4;
}

/* A chain at any point of its way: a key of n bytes, n = 0 or a possible length. */
static void any_chain(void)
{
    any(in);
    any(chain);
    any(report);
    any(result);
    crypto.rsa = any_rsa;
    crypto.sha1 = any_hash;
    crypto.sm2 = any_sm2;
    keys.find = any_find;
    keys.revoked = any_revoked;
    chain.crypto = &crypto;
    chain.keys = &keys;
    chain.in = &in;
    chain.trace = NULL;
    chain.exponent = any_span();
    chain.dynamic = any_span();
    in.ca_index = any_span();
    in.issuer_cert = any_span();
    in.issuer_rest = any_span();
    in.issuer_exp = any_span();
    in.icc_cert = any_span();
    in.icc_rest = any_span();
    in.icc_exp = any_span();
    in.sda_tags = any_span();
    in.signature = any_span();
    in.ssad = any_span();
    in.card_data = any_span();
    in.card_version = any_span();
    in.ctq = any_span();
    in.aip = any_span();
    in.atc = any_span();
    in.pan = any_span();
    in.pdol = any_span();
    in.memo = NULL;
    in.report = nondet_int() ? NULL : &report;
    in.records = records;
    in.record_count = up_to(RECORDS);
    assume(chain.n <= TAPK_RSA_MAX);
    for (unsigned i = 0; i < RECORDS; i++)
        records[i] = any_span();
}

/* What a step leaves behind. */
static void still_sound(void)
{
    prove(chain.n <= TAPK_RSA_MAX, "the key fits its place");
    prove(chain.exponent.n == 0 || __CPROVER_r_ok(chain.exponent.p, chain.exponent.n),
          "its exponent is there");
}

#endif
