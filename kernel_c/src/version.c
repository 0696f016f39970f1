/* SPDX-License-Identifier: Apache-2.0 */
#include "tapkern/tapkern.h"

#ifndef TAPK_DIGEST
#define TAPK_DIGEST "unknown" /* the build passes the digest of the approved sources */
#endif

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *tapk_version(void)
{
    return TEXT(TAPK_VERSION_MAJOR) "." TEXT(TAPK_VERSION_MINOR) "." TEXT(TAPK_VERSION_PATCH);
}

const char *tapk_digest(void) { return TAPK_DIGEST; }
