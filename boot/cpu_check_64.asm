; Is this a CPU we can run on? x86_64 needs long mode; a CPU that has it also
; has PAE, MSRs and global pages, but a hypervisor may have hidden one.

%include "boot/boot.inc"

extern boot_stop			; stop.asm
extern require_cpuid			; require_cpuid.asm

NEEDED		equ CPUID_PSE | CPUID_MSR | CPUID_PAE | CPUID_PGE

bits 32
section .boot.text progbits alloc exec nowrite align=16

; Returns, or stops the boot with a message. Changes eax, ebx, ecx, edx.
global check_cpu:function
check_cpu:
	call require_cpuid

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

section .boot.rodata progbits alloc noexec nowrite align=4

no_features:
	db "strata: this CPU lacks PSE, MSR, PAE or PGE; x86_64 is needed", 0
no_long_mode:
	db "strata: this CPU has no long mode; x86_64 is needed "
	db "(build with ARCH=i386 for this one)", 0
