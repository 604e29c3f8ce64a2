; Is there a CPUID instruction? What else is needed, it can tell.

extern boot_stop			; stop.asm

EFLAGS_ID	equ 1 << 21

bits 32
section .boot.text progbits alloc exec nowrite align=16

; Returns, or stops the boot with a message. Changes eax, ecx. There is one if
; the ID flag can be changed.
global require_cpuid:function
require_cpuid:
	pushf
	pop eax
	mov ecx, eax
	xor eax, EFLAGS_ID
	push eax
	popf
	pushf
	pop eax
	push ecx
	popf
	xor eax, ecx
	test eax, EFLAGS_ID
	mov ecx, no_cpuid
	jz boot_stop
	ret

section .boot.rodata progbits alloc noexec nowrite align=4

no_cpuid:
	db "strata: this CPU has no CPUID instruction; it is needed", 0
