/* Windows on firmware's tables: where nobody defines them there are none. */
#include "../../../../arch/x86/include/asm/fixmap.h"
