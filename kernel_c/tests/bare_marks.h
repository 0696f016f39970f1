/* SPDX-License-Identifier: Apache-2.0
 *
 * Marks that are their condition and nothing else, for check_library.sh.
 */
#include "mark.h"
#undef RULE
#undef RULE_GE
#define RULE(id, condition) (condition)
#define RULE_GE(id, a, b) ((a) >= (b))
