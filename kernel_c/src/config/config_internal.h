/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a sealed configuration image in place.
 *
 * Image, big endian: "TAPK", format version (2), entries (2), length (4), then the entries:
 * kind (1), 00, length of the body (2), body. A body is a list of BER-TLV in canonical order.
 */
#ifndef TAPK_CONFIG_INTERNAL_H
#define TAPK_CONFIG_INTERNAL_H

#include "data/tlv.h"
#include "tapkern/config.h"
#include "tapkern/oda.h"

#define TAPK_IMAGE_HEADER 12u
#define TAPK_IMAGE_VERSION 1u
#define TAPK_SWITCH_COUNT ((size_t)TAPK_SW_LAST)

struct tapk_image {
    const uint8_t *p;
    size_t n;
};

struct tapk_entry_view {
    uint8_t kind;
    struct tapk_span body;
};

/* The entry at *offset, which is advanced: OK, END, BAD. Start with *offset = 0. */
int tapk_image_next(struct tapk_image image, size_t *offset, struct tapk_entry_view *entry);

/* Value of a tag in an entry body; n = 0 when absent. */
struct tapk_span tapk_image_value(struct tapk_span body, uint32_t tag);

/* A one-byte value, or absent when the tag is not there. */
uint8_t tapk_image_byte(struct tapk_span body, uint32_t tag, uint8_t absent);

/* An amount of an entry in minor units, n12 or 4 bytes binary (FMT-004): 1 and *limit, 0 when the
 * tag is not there (absent is not 0, QP-011). */
int tapk_image_limit(struct tapk_span body, uint32_t tag, uint64_t *limit);

/* Key store over an image; user is a struct tapk_image. */
int tapk_image_find_key(const void *user, const uint8_t rid[5], uint8_t index,
                        struct tapk_ca_key *key);
int tapk_image_revoked(const void *user, const struct tapk_revoked *certificate);

/* 1 when the PAN (10, cn) is in the exception file of the image (QP-095). psn FF: not known, then
 * and for entries without PSN the PAN alone decides. */
int tapk_image_exception(struct tapk_image image, const uint8_t pan[10], uint8_t psn);

/* Checks one entry (schema.c): writes its canonical body to out. 0 or a fault code. */
int tapk_schema_entry(uint8_t kind, struct tapk_span tlv, const struct tapk_crypto *crypto,
                      uint8_t *out, size_t capacity, size_t *used, struct tapk_fault *fault);

/* Why a CA key entry cannot be used as a whole (keys.c): 0 or a fault code. */
int tapk_key_fault(struct tapk_span body, const struct tapk_crypto *crypto,
                   struct tapk_fault *fault);

/* 1 when the image has an SM2 key of this RID (SM-001) that can be used on a day (tapk_date_key);
 * an expired key counts as absent (CK-005). Day 0: expiry is ignored. */
int tapk_image_has_sm2(struct tapk_image image, const uint8_t rid[5], uint32_t day);

/* Default of a switch in a profile (enum tapk_profile). */
uint8_t tapk_switch_default(uint16_t number, uint8_t profile);

#endif
