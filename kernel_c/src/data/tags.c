/* SPDX-License-Identifier: Apache-2.0 */
#include "data/tags.h"

#define TAPK_TAG(tag, source, format, min, max) \
    {(tag), TAPK_SOURCE_##source, TAPK_FORMAT_##format, (min), (max)},
static const struct tapk_tag_info table[] = {
#include "../../tags.def"
};
#undef TAPK_TAG

const struct tapk_tag_info *tapk_tag_find(uint32_t tag)
{
    size_t low = 0;
    size_t high = sizeof table / sizeof table[0];
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (table[middle].tag == tag)
            return &table[middle];
        if (table[middle].tag < tag)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
