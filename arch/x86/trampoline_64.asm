; How does another CPU get from real mode to the kernel's C code in long mode?
;
;	real mode	who are we, are we expected	trampoline.inc
;	protected mode	the boot CPU's CR4, EFER; page tables that show this
;			page and the kernel
;	long mode	to the kernel's own addresses
;	-- the trampoline is left --
;	kernel text	the kernel's page tables, our own stack, C

%include "arch/x86/trampoline.inc"

extern secondary_start			; smpboot.c

bits 32
trampoline_32:
	mov eax, TRAMPOLINE_DS
	mov ds, eax
	mov es, eax
	mov ss, eax
	mov eax, [ebx + D_CR4]
	mov cr4, eax
	mov eax, [ebx + D_CR3]
	mov cr3, eax
	mov ecx, MSR_EFER
	mov eax, [ebx + D_EFER]
	mov edx, [ebx + D_EFER + 4]
	wrmsr
	mov eax, [ebx + D_CR0]		; with paging: long mode begins
	mov cr0, eax
	jmp far dword [ebx + D_FAR64]

bits 64
global trampoline_64:data
trampoline_64:
	mov ebx, ebx			; the upper half is undefined
	xor eax, eax
	mov fs, eax
	mov gs, eax
	mov esi, [rbx + D_CPU]
	mov rdi, [rbx + D_KERNEL_CR3]
	mov rsp, [rbx + D_STACK]
	mov rax, [rbx + D_ENTRY]
	jmp rax

	align 8
trampoline_gdt:
	dq 0
	dq 0x00af9b000000ffff		; 64-bit code, ring 0, accessed
	dq 0x00cf93000000ffff		; data, ring 0, accessed
	dq 0x00cf9b000000ffff		; 32-bit code, ring 0, accessed
TRAMPOLINE_DS	equ 16
trampoline_end:

section .text

global secondary_entry:function
secondary_entry:
	mov cr3, rdi
	xor ebp, ebp			; a stack trace ends here
	push rbp			; as if called from nowhere
	mov edi, esi
	jmp secondary_start
