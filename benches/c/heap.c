/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts calls of the allocator, with BENCH_HEAP and the GNU C library, whose own functions do the
 * work. It takes the place of the allocator for the whole program, shared libraries too, and is
 * therefore in a program of its own that measures no time.
 */
#include "bench.h"

#ifdef BENCH_HEAP
#include <errno.h>
#include <stdlib.h>

#ifndef __GLIBC__
#error "the allocator can only be replaced in the GNU C library"
#endif

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *block, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

static size_t calls;

size_t heap_calls(void) { return calls; }

void *malloc(size_t n)
{
    calls++;
    return __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
    calls++;
    return __libc_calloc(count, n);
}

void *realloc(void *block, size_t n)
{
    calls++;
    return __libc_realloc(block, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    calls++;
    return __libc_memalign(alignment, n);
}

void *memalign(size_t alignment, size_t n)
{
    calls++;
    return __libc_memalign(alignment, n);
}

int posix_memalign(void **block, size_t alignment, size_t n)
{
    calls++;
    *block = __libc_memalign(alignment, n);
    return *block == NULL ? ENOMEM : 0;
}
#else
size_t heap_calls(void) { broken("this program does not count allocations"); }
#endif
