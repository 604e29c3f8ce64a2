; Is this a CPU we can run on? x86_64 needs long mode; a CPU that has it also
; has PAE, MSRs and global pages, but a hypervisor may have hidden one.

%include "boot/boot.inc"

extern boot_stop			; stop.asm

EFLAGS_ID	equ 1 << 21
NEEDED		equ CPUID_PSE | CPUID_MSR | CPUID_PAE | CPUID_PGE

bits 32
section .boot.text progbits alloc exec nowrite align=16

; Returns, or stops the boot with a message. Changes eax, ebx, ecx, edx.
global check_cpu:function
check_cpu:
	call has_cpuid
	mov ecx, no_cpuid
	jz boot_stop

	mov eax, 1
	cpuid
	and edx, NEEDED
	cmp edx, NEEDED
	mov ecx, no_features
	jne boot_stop

	mov eax, 0x80000000
	cpuid
	cmp eax, 0x80000001
	mov ecx, no_long_mode
	jb boot_stop
	mov eax, 0x80000001
	cpuid
	test edx, CPUID_EXT_LM
	mov ecx, no_long_mode
	jz boot_stop
	ret

; Zero flag clear if there is a CPUID instruction: the ID flag can be changed.
has_cpuid:
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
	ret

section .boot.rodata progbits alloc noexec nowrite align=4

no_cpuid:
	db "strata: this CPU has no CPUID instruction; x86_64 is needed", 0
no_features:
	db "strata: this CPU lacks PSE, MSR, PAE or PGE; x86_64 is needed", 0
no_long_mode:
	db "strata: this CPU has no long mode; x86_64 is needed "
	db "(build with ARCH=i386 for this one)", 0
