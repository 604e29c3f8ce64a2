/* The memory map code is plain data and runs here as it is. */
#include "../../../../arch/x86/include/asm/e820.h"
