/*
 * The serial console: a 16550 at COM1, 115200 baud, polled. Polling needs no
 * interrupt and no buffer, so the console works from the first C function to
 * the last word of a panic.
 *
 * A PC may have no serial port (reads give 0xff) or one that is never ready:
 * waiting is bounded, and after a port has let us wait in vain it is not
 * waited for again until it is ready by itself.
 */
#include <asm/io.h>
#include <asm/machine.h>
#include <asm/processor.h>

#define COM1 0x3f8
#define UART_DATA (COM1 + 0)	/* with LCR_DLAB: divisor, low byte */
#define UART_IER (COM1 + 1)	/* with LCR_DLAB: divisor, high byte */
#define UART_FCR (COM1 + 2)
#define UART_LCR (COM1 + 3)
#define UART_MCR (COM1 + 4)
#define UART_LSR (COM1 + 5)
#define UART_SCRATCH (COM1 + 7)

#define LCR_8N1 0x03
#define LCR_DLAB 0x80
#define FCR_ENABLE_CLEAR 0x07
#define MCR_DTR_RTS 0x03
#define LSR_DATA_READY 0x01
#define LSR_THR_EMPTY 0x20

/*
 * A character takes 87 us at 115200 baud, a port read about 1 us. An emulator
 * whose machine is busy may let its UART wait much longer.
 */
#define MAX_POLLS 1000000

static bool present, stuck;

static bool probe_uart(void)
{
	outb(0xa5, UART_SCRATCH);
	if (inb(UART_SCRATCH) != 0xa5)
		return false;
	outb(0x5a, UART_SCRATCH);
	return inb(UART_SCRATCH) == 0x5a;
}

void console_init(void)
{
	present = probe_uart();
	stuck = false;
	if (!present)
		return;
	outb(0, UART_IER);
	outb(LCR_DLAB, UART_LCR);
	outb(1, UART_DATA);
	outb(0, UART_IER);
	outb(LCR_8N1, UART_LCR);
	outb(FCR_ENABLE_CLEAR, UART_FCR);
	outb(MCR_DTR_RTS, UART_MCR);
}

static bool wait_writable(void)
{
	unsigned int i, polls = stuck ? 1 : MAX_POLLS;

	for (i = 0; i < polls; i++) {
		if (inb(UART_LSR) & LSR_THR_EMPTY) {
			stuck = false;
			return true;
		}
		cpu_relax();
	}
	stuck = true;
	return false;
}

static void put(char c)
{
	if (wait_writable())
		outb((u8)c, UART_DATA);
}

void console_write(const char *s, size_t n)
{
	size_t i;

	if (!present)
		return;
	for (i = 0; i < n; i++) {
		if (s[i] == '\n')
			put('\r');
		put(s[i]);
	}
}

int console_trygetc(void)
{
	if (!present || !(inb(UART_LSR) & LSR_DATA_READY))
		return -1;
	return inb(UART_DATA);
}

int console_getc(void)
{
	int c;

	while ((c = console_trygetc()) < 0)
		cpu_relax();
	return c;
}
