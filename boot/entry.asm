; The first instructions. 32-bit protected mode, flat segments, paging and
; interrupts off, everything else as the loader liked it:
;
;	multiboot2	eax = 0x36d76289, ebx = physical address of the tags
;	PVH		ebx = physical address of the start info
;
; From here to the kernel:
;
;	boot_entry -> check_cpu -> build_page_tables -> enter_kernel -> C
;
; edi holds the protocol's magic and esi the address all the way: they become
; the two arguments of start_kernel().

%include "boot/boot.inc"

extern boot_stop			; stop.asm
extern check_cpu			; cpu_check_*.asm
extern build_page_tables		; page_tables_*.asm
extern enter_kernel			; long_mode_64.asm, paging_32.asm
extern boot_stack_top_phys		; linker.ld

bits 32
section .boot.text progbits alloc exec nowrite align=16

global boot_entry:function
boot_entry:
	cli
	mov esp, boot_stack_top_phys
	cmp eax, MB2_BOOT_MAGIC
	mov ecx, wrong_loader
	jne boot_stop
	mov edi, eax
	jmp from_either

global boot_entry_pvh:function
boot_entry_pvh:
	cli
	mov esp, boot_stack_top_phys
	mov edi, PVH_BOOT_MAGIC

from_either:
	cld
	mov esi, ebx
	push 0				; flags: nested task, alignment check
	popf				; and the like are off
	call check_cpu
	rdtsc
	mov [boot_entry_cycles], eax
	mov [boot_entry_cycles + 4], edx
	call build_page_tables
	jmp enter_kernel

section .boot.rodata progbits alloc noexec nowrite align=4

wrong_loader:
	db "strata: not started by a multiboot2 loader", 0

section .boot.bss nobits alloc noexec write align=8

; When we began, for who wonders what a boot costs.
global boot_entry_cycles:data
boot_entry_cycles:
	resd 2
