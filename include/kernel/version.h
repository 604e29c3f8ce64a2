/* What this kernel calls itself. */
#ifndef KERNEL_VERSION_H
#define KERNEL_VERSION_H

#define STRATA_VERSION "0.1"

#endif
