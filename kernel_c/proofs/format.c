/* SPDX-License-Identifier: Apache-2.0
 *
 * BCD, dates, card numbers. Assumed: the lengths of format.h (numbers up to 9 bytes, binary ones up
 * to 8); the bytes are any.
 */
#include "proof.h"

#include "../src/data/format.c"

static uint8_t bytes[N];

void proof_format_bcd(void)
{
    const size_t n = up_to(9);
    uint64_t value;
    any(bytes);
    if (tapk_bcd_get(bytes + (N - n), n, &value) == 0) {
        prove(value <= 999999999999999999u, "a number of 18 digits");
        reach("a number");
    } else {
        reach("no digit");
    }
}

/* Only where it writes: dividing by 10 so often is out of the solver's reach. */
void proof_format_put(void)
{
    const size_t n = up_to(N);
    uint8_t field[N + 1];
    field[N - n] = 0x5A;
    (void)tapk_bcd_put(field + (N - n) + 1, n, nondet_u64());
    prove(field[N - n] == 0x5A, "nothing in front is written");
    reach("written");
}

void proof_format_binary(void)
{
    const size_t n = up_to(8);
    any(bytes);
    const uint64_t value = tapk_be_get(bytes + (N - n), n);
    prove(n == 8 || value >> (8 * n) == 0, "as wide as its bytes");
    prove(n == 0 || (value & 0xFF) == bytes[N - 1], "the last byte is the lowest");
    reach("a number");
}

void proof_format_date(void)
{
    any(bytes);
    const uint32_t key = tapk_date_key(bytes);
    const int valid = tapk_date_valid(bytes);
    if (valid) {
        prove(key >= 19500101 && key <= 20491231, "1950 to 2049");
        prove(key % 100 >= 1 && key % 100 <= 31 && key / 100 % 100 <= 12, "a day of a month");
        reach("a date");
    } else {
        reach("none");
    }
    if (tapk_time_valid(bytes))
        reach("a time");
}

static void digits_only(const uint8_t pan[10])
{
    size_t i = nondet_size();
    assume(i < 19);
    const unsigned here = i % 2 ? pan[i / 2] & 15 : pan[i / 2] >> 4;
    const unsigned next = i % 2 ? pan[i / 2 + 1] >> 4 : pan[i / 2] & 15;
    prove(pan[0] >> 4 <= 9, "a digit at least");
    prove(here <= 9 || here == 15, "digits and F");
    prove(here <= 9 || next == 15, "digits, then F alone");
    prove((pan[9] & 15) == 15, "19 digits at most");
}

void proof_format_5a(void)
{
    const size_t n = up_to(N);
    uint8_t pan[10];
    any(bytes);
    if (tapk_pan_of_5a(bytes + (N - n), n, pan) == 0) {
        digits_only(pan);
        reach("a card number");
    } else {
        reach("none");
    }
}

void proof_format_57(void)
{
    const size_t n = up_to(N);
    uint8_t pan[10];
    any(bytes);
    if (tapk_pan_of_57(bytes + (N - n), n, pan) == 0) {
        digits_only(pan);
        reach("a card number");
    } else {
        reach("none");
    }
}
