/* x86_64: from protected mode on into long mode. */
#include <asm/desc.h>
#include <asm/page.h>

#include "trampoline.h"

extern const char trampoline_64[];

void trampoline_set_last_mode(struct trampoline_data *data, phys_addr_t base)
{
	data->far64.offset = (u32)(base + (phys_addr_t)(trampoline_64 -
							trampoline_begin));
	data->far64.selector = __KERNEL_CS;
}
