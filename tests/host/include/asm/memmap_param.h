/* What the command line says of memory: plain data, as it is. */
#include "../../../../arch/x86/include/asm/memmap_param.h"
