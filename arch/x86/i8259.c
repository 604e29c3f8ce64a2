/*
 * The two 8259A interrupt controllers of a PC, the second behind line 2 of
 * the first. They start on vectors 8 to 15, which are exceptions of the CPU.
 *
 * A line that is raised and falls again before the CPU asks gives a *spurious*
 * interrupt, number 7 of that controller: its in-service bit is not set, and
 * it must not be acknowledged (but the first controller has seen a real one
 * if the second's was spurious).
 */
#include <asm/i8259.h>
#include <asm/io.h>

#define PIC1 0x20
#define PIC2 0xa0
#define PIC_DATA 1		/* added to the port: mask, and set-up words */

#define ICW1_INIT 0x11		/* edge, cascade, four set-up words */
#define ICW4_8086 0x01
#define OCW2_EOI 0x20
#define OCW3_READ_ISR 0x0b
#define CASCADE_IRQ 2

static void init_one(u16 port, u8 vector, u8 cascade)
{
	const u8 words[] = { vector, cascade, ICW4_8086 };
	unsigned int i;

	outb(ICW1_INIT, port);
	io_delay();
	for (i = 0; i < sizeof(words); i++) {
		outb(words[i], port + PIC_DATA);
		io_delay();
	}
	outb(0xff, port + PIC_DATA);
}

void i8259_init(void)
{
	init_one(PIC1, IRQ_VECTOR_BASE, 1 << CASCADE_IRQ);
	init_one(PIC2, IRQ_VECTOR_BASE + 8, CASCADE_IRQ);
}

void i8259_mask(unsigned int irq)
{
	u16 port = (irq < 8 ? PIC1 : PIC2) + PIC_DATA;

	outb(inb(port) | 1 << (irq & 7), port);
}

static bool in_service(unsigned int irq)
{
	u16 port = irq < 8 ? PIC1 : PIC2;

	outb(OCW3_READ_ISR, port);
	return inb(port) >> (irq & 7) & 1;
}

bool i8259_acknowledge(unsigned int irq)
{
	bool real = (irq & 7) != 7 || in_service(irq);

	if (irq >= 8) {
		if (real)
			outb(OCW2_EOI, PIC2);
		outb(OCW2_EOI, PIC1);
	} else if (real) {
		outb(OCW2_EOI, PIC1);
	}
	return real;
}
