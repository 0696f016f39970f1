/* SPDX-License-Identifier: Apache-2.0
 *
 * A configuration being built, for the tests of builder and image.
 */
#ifndef TAPK_TEST_BUILDER_H
#define TAPK_TEST_BUILDER_H

#include "check.h"
#include "../firmware/config.h"
#include "config/config_internal.h"

struct builder {
    uint8_t memory[4096];
    struct tapk_config_builder builder;
    struct tapk_fault fault;
    struct tapk_crypto crypto;
    size_t len;
};

static void start(struct builder *b)
{
    memset(b, 0, sizeof *b);
    tapk_soft_crypto(&b->crypto);
    CHECK(tapk_crypto_check(&b->crypto) == 0);
    CHECK(tapk_config_begin(&b->builder, b->memory, sizeof b->memory, &b->crypto) == 0);
}

static int add(struct builder *b, uint8_t kind, const char *hex)
{
    uint8_t tlv[600];
    return tapk_config_add(&b->builder, kind, tlv, check_hex(hex, tlv, sizeof tlv), &b->fault);
}

#define TERMINAL "9F1A0201565F2A0201569F3303E0F8C8"
#define COMBINATION "9F0607A0000003330101960107DF8F0101029F660436000080"

/* The point of an SM2 key. */
#define POINT \
    "37710FEB7CC3617767874E85509C268E8F931D68773E93A89F39A4247DFE2D28" \
    "0FC5BC838353885B6DAD447C8F90116BD9D314047591989F67F319544D42A48B"

#endif
