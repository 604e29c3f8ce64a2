; Is this a CPU we can run on? i386 needs physical address extension, and what
; the compiler was told to use: an i686 with CMOV and CMPXCHG8B.

%include "boot/boot.inc"

extern boot_stop			; stop.asm
extern require_cpuid			; require_cpuid.asm

NEEDED		equ CPUID_PSE | CPUID_MSR | CPUID_CX8 | CPUID_CMOV

bits 32
section .boot.text progbits alloc exec nowrite align=16

; Returns, or stops the boot with a message. Changes eax, ebx, ecx, edx.
global check_cpu:function
check_cpu:
	call require_cpuid

	mov eax, 1
	cpuid
	mov ecx, no_pae
	test edx, CPUID_PAE
	jz boot_stop
	and edx, NEEDED
	cmp edx, NEEDED
	mov ecx, no_features
	jne boot_stop
	ret

section .boot.rodata progbits alloc noexec nowrite align=4

no_pae:
	db "strata: this CPU has no PAE (physical address extension); it is "
	db "needed", 0
no_features:
	db "strata: this CPU lacks PSE, MSR, CMPXCHG8B or CMOV; an i686 is "
	db "needed", 0
