/* Port input and output. Counterpart: asm/io.h. */
#ifndef ASM_IO_H
#define ASM_IO_H

#include <lib/types.h>

static inline void outb(u8 value, u16 port)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void outw(u16 value, u16 port)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline u8 inb(u16 port)
{
	u8 value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

/* Some old chips need a moment between two accesses; port 0x80 takes one. */
static inline void io_delay(void)
{
	outb(0, 0x80);
}

#endif
