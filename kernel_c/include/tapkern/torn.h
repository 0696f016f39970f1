/* SPDX-License-Identifier: Apache-2.0
 *
 * A bounded table of the records that STORE keeps (TT-010, TT-017), in memory of the caller: the
 * newest is the last. It stands outside the approved part. A device that loses its memory with its
 * power writes the bytes of the table to flash in `written` before it answers.
 */
#ifndef TAPKERN_TORN_H
#define TAPKERN_TORN_H

#include "tapkern/tapkern.h"

struct tapk_torn_table {
    uint32_t size; /* sizeof(struct tapk_torn_table) */
    uint16_t slots;
    uint16_t used;
    uint8_t (*records)[TAPK_RECORD_SIZE]; /* slots of them */
    void *user;
    /* 0 when the table is durable; anything else undoes the change. May be null. */
    int (*written)(void *user, const struct tapk_torn_table *table);
};

/* What STORE asks for, and what the store slot of struct tapk_hal calls: keeps record[len], or
 * drops the newest one with len 0. TAPK_EVENT_DONE, or TAPK_EVENT_FAILED when the table is full, is
 * none, or could not be written: then nothing has changed. */
int tapk_torn_store(struct tapk_torn_table *table, const uint8_t *record, size_t len);

/* The newest record, to give to tapk_begin as `torn`; null when there is none. */
const uint8_t *tapk_torn_newest(const struct tapk_torn_table *table);

/* Forgets record number i, once it was uploaded: 0, ARGUMENT, or STATE when it was not written. */
int tapk_torn_remove(struct tapk_torn_table *table, uint16_t i);

#endif
