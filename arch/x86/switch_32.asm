; From one thread's stack to another's, <asm/switch_to.h>.
;
; A function call may change all registers but these four, so what a thread
; needs to go on is them, its stack and where it was: the return address.
;
;	[esp]	edi esi ebx ebp  return address
;		^ what is saved of a thread that does not run
;
; switch_prepare.c makes the same picture for a thread that never ran.

bits 32
section .text

global switch_stacks:function
switch_stacks:
	mov eax, [esp + 4]		; save_sp
	mov edx, [esp + 8]		; next_sp
	push ebp
	push ebx
	push esi
	push edi
	mov [eax], esp
	mov esp, edx
	pop edi
	pop esi
	pop ebx
	pop ebp
	ret
