; Into the kernel by exception or interrupt, and back.
;
; Every vector has a stub of its own that leaves the same picture on the stack
; (struct pt_regs, <asm/ptrace.h>):
;
;	eflags cs eip		by the CPU
;	error code		by the CPU, or 0 by the stub
;	vector			by the stub
;	eax ... edi		by the common part      <- struct pt_regs *
;	eip, ebp		a frame for stack traces, see below
;
; The CPU says nothing of the interrupted stack pointer, since it stays on the
; same stack: it is the address above eflags. PUSHA leaves a place for it that
; POPA ignores.
;
; Below the registers comes a frame like that of a function called from where
; the exception hit: a walk along ebp finds the interrupted function too.

bits 32

extern trap_dispatch
extern double_fault_task		; gdt_32.c
extern kernel_tss			; gdt_32.c, one for each CPU

; Offsets in struct pt_regs.
REGS_SP		equ 3 * 4
REGS_VECTOR	equ 8 * 4
REGS_IP		equ REGS_VECTOR + 2 * 4
REGS_SIZE	equ REGS_IP + 3 * 4
; Offsets in the task state.
TSS_EIP		equ 32
TSS_EBP		equ 60

%include "arch/x86/entry_stubs.inc"

global entry_common:function
entry_common:
	cld
	pusha
	mov ebx, esp
	lea eax, [ebx + REGS_SIZE]
	mov [ebx + REGS_SP], eax

	push dword [ebx + REGS_IP]
	push ebp
	mov ebp, esp
	and esp, -16			; as the compiler wants it at a call
	sub esp, 12
	push ebx
	call trap_dispatch
	mov esp, ebx

	popa
	add esp, 2 * 4			; vector, error code
	iret

; Entered as a task, on its own stack, all registers fresh: what was
; interrupted is in the other task's state.
global double_fault_entry:function
double_fault_entry:
	cld
	push dword [gs:kernel_tss + TSS_EIP]
	push dword [gs:kernel_tss + TSS_EBP]
	mov ebp, esp
	and esp, -16
	call double_fault_task
	hlt
	jmp $ - 1
