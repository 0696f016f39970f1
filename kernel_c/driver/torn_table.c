/* SPDX-License-Identifier: Apache-2.0 */
#include "tapkern/torn.h"

#include <string.h>

static int usable(const struct tapk_torn_table *table)
{
    return table != NULL && table->size == sizeof *table && table->records != NULL &&
           table->used <= table->slots;
}

static int durable(const struct tapk_torn_table *table)
{
    return table->written == NULL || table->written(table->user, table) == 0;
}

int tapk_torn_store(struct tapk_torn_table *table, const uint8_t *record, size_t len)
{
    if (!usable(table) || (len != 0 && (len != TAPK_RECORD_SIZE || record == NULL)))
        return TAPK_EVENT_FAILED;
    const uint16_t before = table->used;
    if (len == 0) {
        if (before == 0)
            return TAPK_EVENT_DONE;
        table->used--;
    } else {
        if (before == table->slots)
            return TAPK_EVENT_FAILED;
        memcpy(table->records[table->used++], record, len);
    }
    if (durable(table))
        return TAPK_EVENT_DONE;
    table->used = before;
    return TAPK_EVENT_FAILED;
}

const uint8_t *tapk_torn_newest(const struct tapk_torn_table *table)
{
    return usable(table) && table->used > 0 ? table->records[table->used - 1] : NULL;
}

int tapk_torn_remove(struct tapk_torn_table *table, uint16_t i)
{
    uint8_t gone[TAPK_RECORD_SIZE];
    if (!usable(table) || i >= table->used)
        return TAPK_E_ARGUMENT;
    const size_t behind = (size_t)(table->used - 1 - i) * TAPK_RECORD_SIZE;
    memcpy(gone, table->records[i], sizeof gone);
    memmove(table->records[i], table->records[i] + TAPK_RECORD_SIZE, behind);
    table->used--;
    if (durable(table))
        return TAPK_OK;
    memmove(table->records[i] + TAPK_RECORD_SIZE, table->records[i], behind);
    memcpy(table->records[i], gone, sizeof gone);
    table->used++;
    return TAPK_E_STATE;
}
