/* SPDX-License-Identifier: Apache-2.0
 *
 * When a CA key may be loaded: CK-002, CK-003, CK-004, CK-009 for RSA, SM-021, SM-022 for SM2. A
 * check sum or self-signature proves integrity, not origin (SM-036).
 */
#include <string.h>

#include "config/config_internal.h"
#include "mark.h"

#define POINT_SIZE 64u

static int refuse(struct tapk_fault *fault, uint32_t tag, uint16_t rule, int code)
{
    fault->tag = tag;
    fault->rule = rule;
    return code;
}

static int rsa_fault(struct tapk_span body, const struct tapk_crypto *crypto,
                     struct tapk_fault *fault)
{
    const struct tapk_span rid = tapk_image_value(body, 0x9F06);
    const struct tapk_span index = tapk_image_value(body, 0x9F22);
    const struct tapk_span modulus = tapk_image_value(body, 0xDF02);
    const struct tapk_span exponent = tapk_image_value(body, 0xDF04);
    const struct tapk_span sum = tapk_image_value(body, 0xDF03);
    const struct tapk_span parts[4] = {rid, index, modulus, exponent};
    uint8_t hash[20];
    if (tapk_image_byte(body, 0xDF06, 1) != 1)
        return refuse(fault, 0xDF06, 0, TAPK_FAULT_KEY);
    if (exponent.n == 0)
        return refuse(fault, 0xDF04, TAPK_RULE_CK_009, TAPK_FAULT_MISSING);
    if (!((exponent.n == 1 && exponent.p[0] == 3) ||
          (exponent.n == 3 && memcmp(exponent.p, "\x01\x00\x01", 3) == 0)))
        return refuse(fault, 0xDF04, TAPK_RULE_CK_003, TAPK_FAULT_KEY);
    if (modulus.p[0] == 0 || (modulus.p[modulus.n - 1] & 1u) == 0)
        return refuse(fault, 0xDF02, TAPK_RULE_CK_004, TAPK_FAULT_KEY);
    if (sum.n == 0)
        return tapk_image_byte(body, TAPK_TAG_NO_CHECKSUM, 0)
                   ? 0
                   : refuse(fault, 0xDF03, TAPK_RULE_CK_009, TAPK_FAULT_MISSING);
    if (!tapk_crypto_has(crypto, TAPK_SLOT_SHA1) || crypto->sha1(crypto->user, parts, 4, hash) != 0)
        return refuse(fault, 0xDF03, TAPK_RULE_CK_002, TAPK_FAULT_NO_HASH);
    if (memcmp(hash, sum.p, sizeof hash) != 0)
        return refuse(fault, 0xDF03, TAPK_RULE_CK_002, TAPK_FAULT_CHECK_SUM);
    return 0;
}

/* DF35 || DF36 || 9F06 || 9F22 || DF37 || DF07 || DF38 || 40 || DF02: 80 bytes. */
static int self_signed(struct tapk_span body, const struct tapk_crypto *crypto)
{
    static const uint32_t order[] = {0xDF35, 0xDF36, 0x9F06, 0x9F22, 0xDF37, 0xDF07, 0xDF38};
    const struct tapk_span point = tapk_image_value(body, 0xDF02);
    const struct tapk_span signature = tapk_image_value(body, 0xDF39);
    uint8_t message[1 + 4 + 5 + 1 + 2 + 1 + 1 + 1 + POINT_SIZE];
    size_t n = 0;
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        const struct tapk_span part = tapk_image_value(body, order[i]);
        if (part.n == 0 || part.n > sizeof message - POINT_SIZE - 1 - n)
            return 0;
        memcpy(message + n, part.p, part.n);
        n += part.n;
    }
    message[n++] = POINT_SIZE;
    memcpy(message + n, point.p, POINT_SIZE);
    const struct tapk_span whole = {message, n + POINT_SIZE};
    return tapk_sm2_verify(crypto, point.p, whole, signature.p);
}

static int sm2_fault(struct tapk_span body, const struct tapk_crypto *crypto,
                     struct tapk_fault *fault)
{
    const struct tapk_span point = tapk_image_value(body, 0xDF02);
    if (tapk_image_value(body, 0xDF04).n != 0)
        return refuse(fault, 0xDF04, 0, TAPK_FAULT_KEY);
    if (tapk_image_value(body, 0xDF03).n != 0)
        return refuse(fault, 0xDF03, TAPK_RULE_SM_021, TAPK_FAULT_KEY);
    if (point.n != POINT_SIZE || !tapk_sm2_on_curve(point.p))
        return refuse(fault, 0xDF02, TAPK_RULE_SM_022, TAPK_FAULT_KEY);
    if (tapk_image_byte(body, 0xDF38, 0x11) != 0x11)
        return refuse(fault, 0xDF38, 0, TAPK_FAULT_KEY);
    if (tapk_image_value(body, 0xDF39).n == 0)
        return tapk_image_byte(body, TAPK_TAG_NO_CHECKSUM, 0)
                   ? 0
                   : refuse(fault, 0xDF39, TAPK_RULE_SM_021, TAPK_FAULT_MISSING);
    if (!tapk_crypto_has(crypto, TAPK_SLOT_SM2 | TAPK_SLOT_SM3))
        return refuse(fault, 0xDF39, TAPK_RULE_SM_021, TAPK_FAULT_NO_HASH);
    if (!self_signed(body, crypto))
        return refuse(fault, 0xDF39, TAPK_RULE_SM_021, TAPK_FAULT_CHECK_SUM);
    return 0;
}

int tapk_key_fault(struct tapk_span body, const struct tapk_crypto *crypto,
                   struct tapk_fault *fault)
{
    switch (tapk_image_byte(body, 0xDF07, 0)) {
    case TAPK_KEY_RSA:
        return rsa_fault(body, crypto, fault);
    case TAPK_KEY_SM2:
        return sm2_fault(body, crypto, fault);
    default:
        return refuse(fault, 0xDF07, 0, TAPK_FAULT_KEY);
    }
}
