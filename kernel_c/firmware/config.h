/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration of the example terminal: one combination (UnionPay debit, kernel 7) and the CA
 * key of the vector card. A product makes its image once and keeps it in flash.
 */
#ifndef EXAMPLE_CONFIG_H
#define EXAMPLE_CONFIG_H

#include <string.h>

#include "../tests/vector_card.h"
#include "tapkern/tapkern.h"

static const uint8_t example_terminal[] = {0x9F, 0x1A, 0x02, 0x01, 0x56, /* country China */
                                           0x5F, 0x2A, 0x02, 0x01, 0x56, /* currency CNY */
                                           0x9F, 0x33, 0x03, 0xE0, 0xF8,
                                           0xC8,                    /* terminal capabilities */
                                           0x9F, 0x35, 0x01, 0x22}; /* terminal type */

static const uint8_t example_combination[] = {
    0x9F, 0x06, 0x07, 0xA0, 0x00, 0x00, 0x03, 0x33, 0x01, 0x01, /* AID, partial match */
    0x96, 0x01, 0x07,                                           /* kernel 7 */
    0xDF, 0x8F, 0x01, 0x01, 0x02,                               /* profile uics-2018 */
    0x9F, 0x66, 0x04, 0x36, 0x00, 0x00, 0x80,                   /* TTQ */
    0xDF, 0x19, 0x06, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,       /* floor limit 100.00 */
    0xDF, 0x20, 0x06, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00,       /* transaction limit 1000.00 */
    0xDF, 0x21, 0x06, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00};      /* CVM limit 300.00 */

/* The CA key entry: 9F06 9F22 DF07 DF02 DF04 DF03. */
static inline size_t example_key(uint8_t out[200])
{
    static const uint8_t head[] = {0x9F, 0x06, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x33, 0x9F, 0x22,
                                   0x01, 0xF1, 0xDF, 0x07, 0x01, 0x01, 0xDF, 0x04, 0x01, 0x03};
    static const uint8_t modulus[] = {0xDF, 0x02, 0x81, 0x80};
    static const uint8_t sum[] = {0xDF, 0x03, 0x14};
    uint8_t *at = out;
    memcpy(at, head, sizeof head);
    at += sizeof head;
    memcpy(at, modulus, sizeof modulus);
    at += sizeof modulus;
    memcpy(at, ca_modulus, sizeof ca_modulus);
    at += sizeof ca_modulus;
    memcpy(at, sum, sizeof sum);
    at += sizeof sum;
    memcpy(at, ca_checksum, sizeof ca_checksum);
    return (size_t)(at - out) + sizeof ca_checksum;
}

/* Builds the image in image[capacity]: its length, 0 when something is wrong. */
static inline size_t example_image(uint8_t *image, size_t capacity,
                                   const struct tapk_crypto *crypto)
{
    struct tapk_config_builder builder;
    struct tapk_fault fault;
    uint8_t key[200];
    size_t len = 0;
    if (tapk_config_begin(&builder, image, capacity, crypto) != 0 ||
        tapk_config_add(&builder, TAPK_ENTRY_TERMINAL, example_terminal, sizeof example_terminal,
                        &fault) != 0 ||
        tapk_config_add(&builder, TAPK_ENTRY_COMBINATION, example_combination,
                        sizeof example_combination, &fault) != 0 ||
        tapk_config_add(&builder, TAPK_ENTRY_CA_KEY, key, example_key(key), &fault) != 0 ||
        tapk_config_seal(&builder, &len, &fault) != 0)
        return 0;
    return len;
}

#endif
