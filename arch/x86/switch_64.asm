; From one thread's stack to another's, <asm/switch_to.h>.
;
; A function call may change all registers but these six, so what a thread
; needs to go on is them, its stack and where it was: the return address.
;
;	[rsp]	r15 r14 r13 r12 rbx rbp  return address
;		^ what is saved of a thread that does not run
;
; switch_prepare.c makes the same picture for a thread that never ran.

bits 64
section .text

global switch_stacks:function
switch_stacks:
	push rbp
	push rbx
	push r12
	push r13
	push r14
	push r15
	mov [rdi], rsp			; *save_sp
	mov rsp, rsi			; next_sp
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbx
	pop rbp
	ret
