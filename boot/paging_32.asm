; From protected mode without paging to the kernel's C code.

%include "boot/boot.inc"

extern i386_start_kernel		; arch/x86/head_32.c
extern boot_stack_top			; linker.ld

bits 32
section .boot.text progbits alloc exec nowrite align=16

; Does not return. edi, esi: arguments of the kernel.
global enter_kernel:function
enter_kernel:
	mov eax, 1
	cpuid
	mov eax, cr4
	or eax, CR4_PAE | CR4_PSE	; some emulators want both
	test edx, CPUID_PGE
	jz .no_pge
	or eax, CR4_PGE
.no_pge:
	mov cr4, eax
	call set_efer

	mov eax, cr0			; caches on, no coprocessor traps
	and eax, ~(CR0_CD | CR0_NW | CR0_EM | CR0_TS)
	or eax, CR0_PG | CR0_WP | CR0_NE | CR0_MP
	mov cr0, eax

	lgdt [gdt_pointer]
	jmp KERNEL_CS:.segments
.segments:
	mov eax, KERNEL_DS
	mov ds, eax
	mov es, eax
	mov ss, eax
	xor eax, eax
	mov fs, eax
	mov gs, eax

	mov esp, boot_stack_top - 8	; arguments end on 16 bytes
	xor ebp, ebp			; a stack trace ends here
	push esi
	push edi
	push ebp			; as if called from nowhere
	mov eax, i386_start_kernel
	jmp eax

; NX on where there is NX; long mode off, should a 64-bit loader have left it
; on: with it paging would mean something else. Without either there may be
; no such register.
set_efer:
	mov eax, 0x80000000
	cpuid
	cmp eax, 0x80000001
	jb .none
	mov eax, 0x80000001
	cpuid
	xor ebx, ebx
	test edx, CPUID_EXT_NX | CPUID_EXT_LM
	jz .none
	test edx, CPUID_EXT_NX
	jz .no_nx
	or ebx, EFER_NXE
.no_nx:
	mov ecx, MSR_EFER
	rdmsr
	and eax, ~EFER_LME
	or eax, ebx
	wrmsr
.none:
	ret

section .boot.rodata progbits alloc noexec nowrite align=8

gdt:
	dq 0
	dq 0x00cf9b000000ffff		; 32-bit code, ring 0, accessed
	dq 0x00cf93000000ffff		; data, ring 0, accessed
gdt_pointer:
	dw gdt_pointer - gdt - 1
	dd gdt
