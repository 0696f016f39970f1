/* SPDX-License-Identifier: Apache-2.0 */
#include "data/dol.h"

#include <string.h>

#include "data/tags.h"

int tapk_tag_next(struct tapk_cursor *cursor, uint32_t *tag)
{
    if (cursor->left == 0)
        return TAPK_TLV_END;
    size_t n = 1;
    uint32_t found = cursor->at[0];
    if ((found & 0x1Fu) == 0x1Fu) {
        uint8_t next;
        do {
            if (n >= cursor->left || n == 4)
                return TAPK_TLV_BAD;
            next = cursor->at[n++];
            found = (found << 8) | next;
        } while (next & 0x80u);
    }
    *tag = found;
    cursor->at += n;
    cursor->left -= n;
    return TAPK_TLV_OK;
}

/* DOL-001, DOL-012, DOL-013: tag and one plain length byte; zero lengths and repeats are legal. */
int tapk_dol_next(struct tapk_cursor *cursor, struct tapk_dol_entry *entry)
{
    struct tapk_cursor ahead = *cursor;
    const int result = tapk_tag_next(&ahead, &entry->tag);
    if (result != TAPK_TLV_OK)
        return result;
    if (ahead.left == 0)
        return TAPK_TLV_BAD;
    entry->length = *ahead.at++;
    ahead.left--;
    *cursor = ahead;
    return TAPK_TLV_OK;
}

int tapk_dol_check(struct tapk_cursor cursor, size_t *total)
{
    struct tapk_dol_entry entry;
    int result;
    *total = 0;
    while ((result = tapk_dol_next(&cursor, &entry)) == TAPK_TLV_OK)
        *total += entry.length;
    return result == TAPK_TLV_END ? TAPK_TLV_OK : TAPK_TLV_BAD;
}

int tapk_dol_asks(struct tapk_cursor cursor, uint32_t tag, uint8_t *length)
{
    struct tapk_dol_entry entry;
    while (tapk_dol_next(&cursor, &entry) == TAPK_TLV_OK) {
        if (entry.tag == tag) {
            *length = entry.length;
            return 1;
        }
    }
    return 0;
}

/* DOL-006...DOL-011 */
void tapk_dol_fit(uint8_t *out, size_t wanted, const uint8_t *value, size_t n, uint8_t format)
{
    if (wanted <= n) {
        if (wanted > 0)
            memcpy(out, format == TAPK_FORMAT_N ? value + (n - wanted) : value, wanted);
    } else if (format == TAPK_FORMAT_N) {
        memset(out, 0, wanted - n);
        if (n > 0)
            memcpy(out + (wanted - n), value, n);
    } else {
        if (n > 0)
            memcpy(out, value, n);
        memset(out + n, format == TAPK_FORMAT_CN ? 0xFF : 0x00, wanted - n);
    }
}
