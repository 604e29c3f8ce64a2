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

STUB_SIZE	equ 16
VECTORS		equ 256
; Offsets in struct pt_regs.
REGS_VECTOR	equ 15 * 8
REGS_IP		equ REGS_VECTOR + 2 * 8

; Exceptions for which the CPU pushes an error code: 8, 10-14, 17, 21, 29, 30.
HAS_ERROR_CODE	equ 1 << 8 | 0x1f << 10 | 1 << 17 | 1 << 21 | 3 << 29

section .text

global entry_stubs:data
align STUB_SIZE
entry_stubs:
%assign vector 0
%rep VECTORS
	align STUB_SIZE
	%if vector >= 32 || !((HAS_ERROR_CODE >> vector) & 1)
	push 0
	%endif
	push strict dword vector
	jmp strict near entry_common
	%assign vector vector + 1
%endrep
	align STUB_SIZE
%if $ - entry_stubs != STUB_SIZE * VECTORS
	%error "a stub does not fit in STUB_SIZE"
%endif

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
