/*
 * The ends of a run: off with a verdict, or around again. There is no one way
 * to switch a PC off without ACPI's byte code, so the known ones are tried in
 * turn; where none works the CPU halts.
 */
#include <asm/io.h>
#include <asm/irqflags.h>
#include <asm/machine.h>
#include <asm/processor.h>
#include <kernel/gcov.h>

#define DEBUG_EXIT 0xf4		/* QEMU's isa-debug-exit, scripts/qemu */

#define ACPI_SLEEP_ENABLE 0x2000
#define PM1A_QEMU 0x604		/* QEMU's ACPI, pc and q35 */
#define PM1A_BOCHS 0xb004	/* Bochs and old QEMU */
#define PM1A_VIRTUALBOX 0x4004
#define ACPI_S5_VIRTUALBOX 0x1400

#define KBD_STATUS 0x64		/* read */
#define KBD_COMMAND 0x64	/* write */
#define KBD_INPUT_FULL 0x02
#define KBD_PULSE_RESET 0xfe
#define RESET_CONTROL 0xcf9
#define RESET_FULL 0x0e

void __noreturn machine_exit(enum verdict verdict)
{
	local_irq_disable();
	gcov_dump();
	outb((u8)verdict, DEBUG_EXIT);
	/* Still here: no such device. The verdict is lost but for the log. */
	outw(ACPI_SLEEP_ENABLE, PM1A_QEMU);
	outw(ACPI_SLEEP_ENABLE, PM1A_BOCHS);
	outw(ACPI_SLEEP_ENABLE | ACPI_S5_VIRTUALBOX, PM1A_VIRTUALBOX);
	cpu_halt();
}

static void reset_by_keyboard(void)
{
	unsigned int i;

	for (i = 0; i < 10000 && inb(KBD_STATUS) & KBD_INPUT_FULL; i++)
		io_delay();
	outb(KBD_PULSE_RESET, KBD_COMMAND);
}

/* An exception without an IDT is a triple fault: the CPU shuts down. */
static void reset_by_triple_fault(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed none = { 0, 0 };

	__asm__ volatile("lidt %0; int3" : : "m"(none));
}

void __noreturn machine_reboot(void)
{
	unsigned int i;

	local_irq_disable();
	reset_by_keyboard();
	for (i = 0; i < 10000; i++)
		io_delay();
	outb(RESET_FULL, RESET_CONTROL);
	for (i = 0; i < 10000; i++)
		io_delay();
	reset_by_triple_fault();
	cpu_halt();
}
