; Into the kernel by exception or interrupt, and back.
;
; Every vector has a stub of its own that leaves the same picture on the stack
; (struct pt_regs, <asm/ptrace.h>):
;
;	ss rsp rflags cs rip	by the CPU, rsp aligned to 16 before
;	error code		by the CPU, or 0 by the stub
;	vector			by the stub
;	rdi ... r15		by the common part      <- struct pt_regs *
;	rip, rbp		a frame for stack traces, see below
;
; Below the registers comes a frame like that of a function called from where
; the exception hit: a walk along rbp finds the interrupted function too.

bits 64

extern trap_dispatch

; Offsets in struct pt_regs.
REGS_VECTOR	equ 15 * 8
REGS_IP		equ REGS_VECTOR + 2 * 8

%include "arch/x86/entry_stubs.inc"

global entry_common:function
entry_common:
	cld
	push rdi
	push rsi
	push rdx
	push rcx
	push rax
	push r8
	push r9
	push r10
	push r11
	push rbx
	push rbp
	push r12
	push r13
	push r14
	push r15

	mov rdi, rsp
	push qword [rdi + REGS_IP]
	push rbp
	mov rbp, rsp
	call trap_dispatch
	add rsp, 2 * 8

	pop r15
	pop r14
	pop r13
	pop r12
	pop rbp
	pop rbx
	pop r11
	pop r10
	pop r9
	pop r8
	pop rax
	pop rcx
	pop rdx
	pop rsi
	pop rdi
	add rsp, 2 * 8			; vector, error code
	iretq
