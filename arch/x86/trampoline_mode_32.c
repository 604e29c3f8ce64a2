/* i386: protected mode is the last. */
#include <asm/page.h>

#include "trampoline.h"

void trampoline_set_last_mode(struct trampoline_data *data, phys_addr_t base)
{
}
