/*
 * The PC's old timer (8254), as a ruler: its rate is known, that of the CPU's
 * own clocks is not.
 *
 * Channel 0 is used because it counts without being asked to: the gate of
 * channel 2 belongs to the loudspeaker's port, which not every machine has.
 * Its interrupt is masked. In mode 0 it counts down from 65535 once, 55 ms,
 * then its output goes up and it goes on counting from 65535: the read-back
 * command latches count and output together, so that is not mixed up.
 */
#include <asm/io.h>

#include "pit.h"

#define PIT_CHANNEL0 0x40
#define PIT_COMMAND 0x43
#define COMMAND_MODE0_WORD 0x30		/* channel 0, low then high byte */
#define COMMAND_READ_BACK0 0xc2		/* channel 0: status, then count */
#define STATUS_OUTPUT 0x80
#define STATUS_NULL 0x40		/* the count is not loaded yet */

void pit_start(void)
{
	outb(COMMAND_MODE0_WORD, PIT_COMMAND);
	outb(0xff, PIT_CHANNEL0);
	outb(0xff, PIT_CHANNEL0);
}

bool pit_read(u32 *elapsed)
{
	u32 count;
	u8 status;

	outb(COMMAND_READ_BACK0, PIT_COMMAND);
	status = inb(PIT_CHANNEL0);
	count = inb(PIT_CHANNEL0);
	count |= (u32)inb(PIT_CHANNEL0) << 8;
	*elapsed = 0xffff - count;
	return !(status & (STATUS_OUTPUT | STATUS_NULL));
}

void pit_stop(void)
{
	outb(COMMAND_MODE0_WORD, PIT_COMMAND);
}
