/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "config/config_internal.h"
#include "data/format.h"

int tapk_image_next(struct tapk_image image, size_t *offset, struct tapk_entry_view *entry)
{
    if (*offset == 0)
        *offset = TAPK_IMAGE_HEADER;
    if (*offset > image.n)
        return TAPK_TLV_BAD;
    const size_t left = image.n - *offset;
    if (left == 0)
        return TAPK_TLV_END;
    if (left < 4)
        return TAPK_TLV_BAD;
    const uint8_t *at = image.p + *offset;
    const size_t length = (size_t)at[2] << 8 | at[3];
    if (at[1] != 0 || length > left - 4)
        return TAPK_TLV_BAD;
    entry->kind = at[0];
    entry->body.p = at + 4;
    entry->body.n = length;
    *offset += 4 + length;
    return TAPK_TLV_OK;
}

struct tapk_span tapk_image_value(struct tapk_span body, uint32_t tag)
{
    struct tapk_span value = {NULL, 0};
    (void)tapk_tlv_find(tapk_cursor(body.p, body.n, 0), tag, &value);
    return value;
}

uint8_t tapk_image_byte(struct tapk_span body, uint32_t tag, uint8_t absent)
{
    const struct tapk_span value = tapk_image_value(body, tag);
    return value.n == 1 ? value.p[0] : absent;
}

int tapk_image_limit(struct tapk_span body, uint32_t tag, uint64_t *limit)
{
    const struct tapk_span value = tapk_image_value(body, tag);
    if (value.n == 6)
        return tapk_bcd_get(value.p, 6, limit) == 0;
    if (value.n != 4)
        return 0;
    *limit = tapk_be_get(value.p, 4);
    return 1;
}

/* AID and kernel, which everything else relies on. Sealing has looked, but an image may have lain
 * in a bad memory. */
static int usable(struct tapk_span body)
{
    const struct tapk_span aid = tapk_image_value(body, 0x9F06);
    const struct tapk_span kernel = tapk_image_value(body, 0x96);
    return aid.n >= 5 && aid.n <= 16 && kernel.n >= 1 && kernel.n <= 3;
}

int tapk_config_open(const uint8_t *image, size_t len)
{
    if (image == NULL)
        return TAPK_E_ARGUMENT;
    if (len < TAPK_IMAGE_HEADER || len > TAPK_CONFIG_MAX || memcmp(image, "TAPK", 4) != 0 ||
        tapk_be_get(image + 4, 2) != TAPK_IMAGE_VERSION || tapk_be_get(image + 8, 4) != len)
        return TAPK_E_CONFIG;
    const struct tapk_image view = {image, len};
    struct tapk_entry_view entry;
    size_t offset = 0;
    size_t entries = 0;
    size_t terminals = 0;
    size_t combinations = 0;
    int result;
    while ((result = tapk_image_next(view, &offset, &entry)) == TAPK_TLV_OK) {
        if (tapk_tlv_check(tapk_cursor(entry.body.p, entry.body.n, 0)) != TAPK_TLV_OK)
            return TAPK_E_CONFIG;
        if (entry.kind == TAPK_ENTRY_COMBINATION && !usable(entry.body))
            return TAPK_E_CONFIG;
        entries++;
        terminals += entry.kind == TAPK_ENTRY_TERMINAL;
        combinations += entry.kind == TAPK_ENTRY_COMBINATION;
    }
    if (result != TAPK_TLV_END || entries != tapk_be_get(image + 6, 2) || terminals != 1 ||
        combinations < 1 || combinations > TAPK_MAX_COMBINATIONS)
        return TAPK_E_CONFIG;
    return TAPK_OK;
}

int tapk_config_digest(const struct tapk_crypto *crypto, const uint8_t *image, size_t len,
                       uint8_t out[32])
{
    const struct tapk_span span = {image, len};
    if (crypto == NULL || image == NULL || out == NULL)
        return TAPK_E_ARGUMENT;
    if (!tapk_crypto_has(crypto, TAPK_SLOT_SHA256))
        return TAPK_E_STATE;
    return crypto->sha256(crypto->user, &span, 1, out) == 0 ? TAPK_OK : TAPK_E_STATE;
}

/* DF05, or the last day of the month in DF37 (SM2 records); zeros when there is none. */
static void take_expiry(struct tapk_span body, uint8_t expiry[4])
{
    const struct tapk_span date = tapk_image_value(body, 0xDF05);
    const struct tapk_span month = tapk_image_value(body, 0xDF37); /* MMYY */
    if (date.n == 4) {
        memcpy(expiry, date.p, 4);
    } else if (month.n == 2) {
        expiry[0] = month.p[1] < 0x50 ? 0x20 : 0x19;
        expiry[1] = month.p[1];
        expiry[2] = month.p[0];
        expiry[3] = 0x31;
    }
}

int tapk_image_has_sm2(struct tapk_image image, const uint8_t rid[5], uint32_t day)
{
    struct tapk_entry_view entry;
    size_t offset = 0;
    while (tapk_image_next(image, &offset, &entry) == TAPK_TLV_OK) {
        const struct tapk_span owner = tapk_image_value(entry.body, 0x9F06);
        uint8_t expiry[4] = {0};
        if (entry.kind != TAPK_ENTRY_CA_KEY || owner.n != 5 || memcmp(owner.p, rid, 5) != 0 ||
            tapk_image_byte(entry.body, 0xDF07, 0) != TAPK_KEY_SM2)
            continue;
        take_expiry(entry.body, expiry);
        uint64_t last = 0;
        (void)tapk_bcd_get(expiry, 4, &last);
        if (day == 0 || last == 0 || last >= day)
            return 1;
    }
    return 0;
}

int tapk_image_find_key(const void *user, const uint8_t rid[5], uint8_t index,
                        struct tapk_ca_key *key)
{
    const struct tapk_image *image = user;
    struct tapk_entry_view entry;
    size_t offset = 0;
    while (tapk_image_next(*image, &offset, &entry) == TAPK_TLV_OK) {
        if (entry.kind != TAPK_ENTRY_CA_KEY)
            continue;
        const struct tapk_span owner = tapk_image_value(entry.body, 0x9F06);
        const struct tapk_span number = tapk_image_value(entry.body, 0x9F22);
        if (owner.n != 5 || memcmp(owner.p, rid, 5) != 0 || number.n != 1 || number.p[0] != index)
            continue;
        memset(key, 0, sizeof *key);
        key->size = (uint32_t)sizeof *key;
        memcpy(key->rid, rid, 5);
        key->index = index;
        key->algorithm = tapk_image_byte(entry.body, 0xDF07, 0);
        take_expiry(entry.body, key->expiry);
        key->modulus = tapk_image_value(entry.body, 0xDF02);
        key->exponent = tapk_image_value(entry.body, 0xDF04);
        return 0;
    }
    return 1;
}

int tapk_image_revoked(const void *user, const struct tapk_revoked *certificate)
{
    const struct tapk_image *image = user;
    struct tapk_entry_view entry;
    size_t offset = 0;
    while (tapk_image_next(*image, &offset, &entry) == TAPK_TLV_OK) {
        if (entry.kind != TAPK_ENTRY_REVOKED)
            continue;
        const struct tapk_span owner = tapk_image_value(entry.body, 0x9F06);
        const struct tapk_span number = tapk_image_value(entry.body, 0x9F22);
        const struct tapk_span serial = tapk_image_value(entry.body, TAPK_TAG_SERIAL);
        if (owner.n == 5 && memcmp(owner.p, certificate->rid, 5) == 0 && number.n == 1 &&
            number.p[0] == certificate->index && serial.n == 3 &&
            memcmp(serial.p, certificate->serial, 3) == 0)
            return 1;
    }
    return 0;
}

int tapk_image_exception(struct tapk_image image, const uint8_t pan[10], uint8_t psn)
{
    struct tapk_entry_view entry;
    size_t offset = 0;
    while (tapk_image_next(image, &offset, &entry) == TAPK_TLV_OK) {
        if (entry.kind != TAPK_ENTRY_EXCEPTION)
            continue;
        const struct tapk_span listed = tapk_image_value(entry.body, 0x5A);
        if (listed.n != 10 || memcmp(listed.p, pan, 10) != 0)
            continue;
        const struct tapk_span number = tapk_image_value(entry.body, 0x5F34);
        if (number.n != 1 || psn == 0xFF || number.p[0] == psn)
            return 1;
    }
    return 0;
}
