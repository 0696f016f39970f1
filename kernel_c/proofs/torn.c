/* SPDX-License-Identifier: Apache-2.0
 *
 * The record of a torn tap. Assumed of reading: 512 bytes, any; the check sum is any value. Of
 * the age: a sound record and the date and time of a terminal.
 */
#include "memory.h"

#include "../src/flow/torn.c"

#include "../src/data/format.c"

static struct tapk_ctx ctx;

uint32_t any_sum(const uint8_t *p, size_t n)
{
    prove(__CPROVER_r_ok(p, n), "bytes under the check sum");
    return nondet_u32();
}

void proof_torn_sound(void)
{
    uint8_t *r = ctx.record;
    any(ctx);
    if (tapk_torn_sound(r)) {
        const size_t gpo = (size_t)r[TORN_GPO_LENGTH] << 8 | r[TORN_GPO_LENGTH + 1];
        prove(r[TORN_AID_LENGTH] >= 5 && r[TORN_AID_LENGTH] <= 16, "a possible AID");
        prove(TORN_GPO + gpo <= CRC_AT, "the GPO response lies in front of the check sum");
        reach("sound");
    } else {
        reach("not sound");
    }
}

void proof_torn_fresh(void)
{
    uint8_t date[3];
    uint8_t time[3];
    any(ctx);
    any(date);
    any(time);
    assume(tapk_date_valid(date) && tapk_time_valid(time));
    assume(tapk_date_valid(ctx.record + TORN_DATE) && tapk_time_valid(ctx.record + TORN_TIME));
    if (tapk_torn_fresh(ctx.record, date, time, nondet_u32() % 1000))
        reach("fresh");
    else
        reach("too old");
}
