/* One list of what is asked of a machine: the kernel's own. */
#include "../../../../arch/x86/include/asm/machine.h"
