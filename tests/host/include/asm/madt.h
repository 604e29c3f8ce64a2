/* The reader of the MADT is pure and runs here as it is. */
#include "../../../../arch/x86/include/asm/madt.h"
