; How does another CPU get from real mode to the kernel's C code?
;
;	real mode	who are we, are we expected	trampoline.inc
;	protected mode	the boot CPU's CR4, EFER; page tables that show this
;			page and the kernel; to the kernel's own addresses
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
	xor eax, eax
	mov fs, eax
	mov gs, eax
	mov eax, [ebx + D_CR4]
	mov cr4, eax
	mov eax, [ebx + D_CR3]
	mov cr3, eax
	mov eax, [ebx + D_EFER]
	mov edx, [ebx + D_EFER + 4]
	mov ecx, eax
	or ecx, edx
	jz .no_efer			; perhaps there is no such register
	mov ecx, MSR_EFER
	wrmsr
.no_efer:
	mov eax, [ebx + D_CR0]
	mov cr0, eax
	jmp .paging
.paging:
	mov esi, [ebx + D_CPU]
	mov edi, [ebx + D_KERNEL_CR3]
	mov esp, [ebx + D_STACK]
	jmp [ebx + D_ENTRY]

	align 8
trampoline_gdt:
	dq 0
	dq 0
	dq 0x00cf93000000ffff		; data, ring 0, accessed
	dq 0x00cf9b000000ffff		; 32-bit code, ring 0, accessed
TRAMPOLINE_DS	equ 16
trampoline_end:

section .text

global secondary_entry:function
secondary_entry:
	mov cr3, edi
	xor ebp, ebp			; a stack trace ends here
	sub esp, 8			; the argument ends on 16 bytes
	push esi
	push ebp			; as if called from nowhere
	jmp secondary_start
