/* SPDX-License-Identifier: Apache-2.0 */
#include "data/format.h"

#include <string.h>

int tapk_bcd_put(uint8_t *out, size_t n, uint64_t value)
{
    for (size_t i = n; i > 0; i--) {
        const unsigned low = (unsigned)(value % 10u);
        value /= 10u;
        const unsigned high = (unsigned)(value % 10u);
        value /= 10u;
        out[i - 1] = (uint8_t)(high << 4 | low);
    }
    return value != 0;
}

int tapk_bcd_get(const uint8_t *in, size_t n, uint64_t *value)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        const unsigned high = in[i] >> 4;
        const unsigned low = in[i] & 0x0Fu;
        if (high > 9 || low > 9)
            return 1;
        sum = sum * 100u + high * 10u + low;
    }
    *value = sum;
    return 0;
}

int tapk_n3_valid(const uint8_t *in, size_t n)
{
    uint64_t digits;
    return n == 2 && in[0] <= 9 && tapk_bcd_get(in, 2, &digits) == 0;
}

uint64_t tapk_be_get(const uint8_t *in, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum = sum << 8 | in[i];
    return sum;
}

uint32_t tapk_date_key(const uint8_t date[3])
{
    uint64_t year = 0;
    uint64_t month = 0;
    uint64_t day = 0;
    (void)tapk_bcd_get(date, 1, &year);
    (void)tapk_bcd_get(date + 1, 1, &month);
    (void)tapk_bcd_get(date + 2, 1, &day);
    year += year >= 50 ? 1900u : 2000u;
    return (uint32_t)(year * 10000u + month * 100u + day);
}

int tapk_date_valid(const uint8_t date[3])
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint64_t digits;
    if (tapk_bcd_get(date, 3, &digits))
        return 0;
    const uint32_t key = tapk_date_key(date);
    const uint32_t year = key / 10000u;
    const uint32_t month = key / 100u % 100u;
    const uint32_t day = key % 100u;
    if (month < 1 || month > 12 || day < 1)
        return 0;
    /* 1950 to 2049: every fourth year is a leap year. */
    const uint32_t last = days[month - 1] + (month == 2 && year % 4u == 0 ? 1u : 0u);
    return day <= last;
}

int tapk_time_valid(const uint8_t time[3])
{
    uint64_t part[3];
    for (size_t i = 0; i < 3; i++)
        if (tapk_bcd_get(time + i, 1, &part[i]))
            return 0;
    return part[0] < 24 && part[1] < 60 && part[2] < 60;
}

unsigned tapk_nibble(const uint8_t *in, size_t i)
{
    return (i & 1u) ? in[i / 2] & 0x0Fu : in[i / 2] >> 4;
}

/* The first digits nibbles of in as cn in 10 bytes. */
static void put_pan(const uint8_t *in, size_t digits, uint8_t pan[10])
{
    memset(pan, 0xFF, 10);
    for (size_t i = 0; i < digits; i++) {
        const unsigned digit = tapk_nibble(in, i);
        pan[i / 2] = (uint8_t)((i & 1u) ? (pan[i / 2] & 0xF0u) | digit : digit << 4 | 0x0Fu);
    }
}

int tapk_pan_of_5a(const uint8_t *in, size_t n, uint8_t pan[10])
{
    size_t digits = 0;
    if (n < 1 || n > 10)
        return 1;
    while (digits < 2 * n && tapk_nibble(in, digits) <= 9)
        digits++;
    for (size_t i = digits; i < 2 * n; i++)
        if (tapk_nibble(in, i) != 0x0Fu)
            return 1;
    if (digits == 0 || digits > 19)
        return 1;
    put_pan(in, digits, pan);
    return 0;
}

int tapk_pan_of_57(const uint8_t *in, size_t n, uint8_t pan[10])
{
    size_t digits = 0;
    size_t separators = 0;
    if (n < 1 || n > 19)
        return 1;
    while (digits < 2 * n && tapk_nibble(in, digits) <= 9)
        digits++;
    for (size_t i = 0; i < 2 * n; i++)
        if (tapk_nibble(in, i) == 0x0Du)
            separators++;
    if (digits == 0 || digits > 19 || digits >= 2 * n || tapk_nibble(in, digits) != 0x0Du ||
        separators != 1)
        return 1;
    put_pan(in, digits, pan);
    return 0;
}
