/* SPDX-License-Identifier: Apache-2.0
 *
 * The tag dictionary of the kernel, generated into tags.def. A tag that is not in it is unknown
 * (TLV-031).
 */
#ifndef TAPK_TAGS_H
#define TAPK_TAGS_H

#include "tapkern/types.h"

enum tapk_source { TAPK_SOURCE_CARD = 1, TAPK_SOURCE_TERMINAL = 2, TAPK_SOURCE_ISSUER = 3 };

enum tapk_format {
    TAPK_FORMAT_N = 1,
    TAPK_FORMAT_CN = 2,
    TAPK_FORMAT_B = 3,
    TAPK_FORMAT_A = 4,
    TAPK_FORMAT_AN = 5,
    TAPK_FORMAT_ANS = 6,
    TAPK_FORMAT_VAR = 7
};

struct tapk_tag_info {
    uint32_t tag;
    uint8_t source; /* enum tapk_source */
    uint8_t format; /* enum tapk_format */
    uint8_t min;    /* bytes */
    uint8_t max;
};

/* The entry of a tag, or null. */
const struct tapk_tag_info *tapk_tag_find(uint32_t tag);

#endif
