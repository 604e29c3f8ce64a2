; From 32-bit protected mode to the kernel's C code in long mode.

%include "boot/boot.inc"

extern x86_64_start_kernel		; arch/x86/head_64.c
extern boot_stack_top			; linker.ld

bits 32
section .boot.text progbits alloc exec nowrite align=16

; Does not return. edi, esi: arguments of the kernel.
global enter_kernel:function
enter_kernel:
	mov eax, cr4
	or eax, CR4_PAE | CR4_PGE
	mov cr4, eax

	mov eax, 0x80000001
	cpuid
	mov ebx, EFER_LME
	test edx, CPUID_EXT_NX
	jz .no_nx
	or ebx, EFER_NXE
.no_nx:
	mov ecx, MSR_EFER
	rdmsr
	or eax, ebx
	wrmsr

	mov eax, cr0			; caches on, no coprocessor traps
	and eax, ~(CR0_CD | CR0_NW | CR0_EM | CR0_TS)
	or eax, CR0_PG | CR0_WP | CR0_NE | CR0_MP
	mov cr0, eax

	lgdt [gdt_pointer]
	jmp KERNEL_CS:long_mode

bits 64
long_mode:
	mov eax, KERNEL_DS
	mov ds, eax
	mov es, eax
	mov ss, eax
	xor eax, eax
	mov fs, eax
	mov gs, eax

	mov rsp, boot_stack_top
	xor ebp, ebp			; a stack trace ends here
	push rbp			; as if called from nowhere
	mov edi, edi			; the upper halves are undefined
	mov esi, esi
	mov rax, x86_64_start_kernel
	jmp rax

section .boot.rodata progbits alloc noexec nowrite align=8

gdt:
	dq 0
	dq 0x00af9b000000ffff		; 64-bit code, ring 0, accessed
	dq 0x00cf93000000ffff		; data, ring 0, accessed
gdt_pointer:
	dw gdt_pointer - gdt - 1
	dd gdt
