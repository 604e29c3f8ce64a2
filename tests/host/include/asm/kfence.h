/* Guarded pages are asked for in the same words; see tests/host/kfence.c. */
#include "../../../../arch/x86/include/asm/kfence.h"
