/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of torn records: bounded, the newest last, and unchanged when it cannot be written.
 */
#include <string.h>

#include "check.h"
#include "tapkern/torn.h"

static int written(void *user, const struct tapk_torn_table *table)
{
    (void)table;
    return *(int *)user;
}

static void fill(uint8_t record[TAPK_RECORD_SIZE], uint8_t byte)
{
    memset(record, byte, TAPK_RECORD_SIZE);
}

int main(void)
{
    uint8_t memory[3][TAPK_RECORD_SIZE];
    uint8_t record[TAPK_RECORD_SIZE];
    int fails = 0;
    struct tapk_torn_table table = {sizeof table, 3, 0, memory, &fails, written};

    CHECK(tapk_torn_newest(&table) == NULL);
    CHECK(tapk_torn_store(&table, NULL, 0) == TAPK_EVENT_DONE);
    for (uint8_t i = 1; i <= 3; i++) {
        fill(record, i);
        CHECK(tapk_torn_store(&table, record, sizeof record) == TAPK_EVENT_DONE);
        CHECK(tapk_torn_newest(&table) != NULL && tapk_torn_newest(&table)[0] == i);
    }
    CHECK(tapk_torn_store(&table, record, sizeof record) == TAPK_EVENT_FAILED); /* full */
    CHECK(tapk_torn_store(&table, record, sizeof record - 1) == TAPK_EVENT_FAILED);
    CHECK(tapk_torn_store(&table, NULL, sizeof record) == TAPK_EVENT_FAILED);
    CHECK(table.used == 3);

    fails = 1; /* nothing changes when it cannot be written */
    CHECK(tapk_torn_store(&table, NULL, 0) == TAPK_EVENT_FAILED && table.used == 3);
    CHECK(tapk_torn_remove(&table, 0) == TAPK_E_STATE && table.used == 3);
    CHECK(memory[0][0] == 1 && memory[1][511] == 2 && memory[2][0] == 3);
    fails = 0;
    CHECK(tapk_torn_remove(&table, 3) == TAPK_E_ARGUMENT);
    CHECK(tapk_torn_remove(&table, 0) == TAPK_OK && table.used == 2);
    CHECK(memory[0][0] == 2 && memory[1][511] == 3);
    fails = 1;
    CHECK(tapk_torn_store(&table, record, sizeof record) == TAPK_EVENT_FAILED && table.used == 2);
    fails = 0;
    CHECK(tapk_torn_store(&table, NULL, 0) == TAPK_EVENT_DONE);
    CHECK(tapk_torn_newest(&table)[0] == 2);

    table.written = NULL;
    CHECK(tapk_torn_store(&table, record, sizeof record) == TAPK_EVENT_DONE && table.used == 2);
    CHECK(tapk_torn_store(NULL, record, sizeof record) == TAPK_EVENT_FAILED);
    CHECK(tapk_torn_newest(NULL) == NULL && tapk_torn_remove(NULL, 0) == TAPK_E_ARGUMENT);
    table.used = 4;
    CHECK(tapk_torn_store(&table, record, sizeof record) == TAPK_EVENT_FAILED);
    table.used = 1;
    table.size = 0;
    CHECK(tapk_torn_newest(&table) == NULL);
    return check_done("test_torn_table");
}
