; The first page tables, PAE: enough to reach the kernel's own addresses, in
; pages of 2 MiB.
;
;	root[0..2] -> directories 0..2   identity        3 GiB
;	root[3]    -> directory 3 [0]    PAGE_OFFSET     896 MiB
;	                          [509] -> windows       fixmap, 2 MiB
;
; The windows are one table of small pages, empty: through it the kernel looks
; at memory that these tables do not show. arch/x86 builds the final tables;
; then these are init memory like any other.

%include "boot/boot.inc"

ROOT_ENTRY	equ 0x001		; present; other flags are reserved
IDENTITY_PAGES	equ 3 * PTE_ENTRIES
LOWMEM_PAGES	equ 448
DIRECTORY_FIXMAP equ 509		; of ffa00000, in directory 3

bits 32
section .boot.text progbits alloc exec nowrite align=16

; Leaves cr3 loaded, paging still off. Changes eax, ecx. The loader has
; cleared the tables: they are in a segment's tail that is not in the file.
global build_page_tables:function
build_page_tables:
	mov dword [root], directories + ROOT_ENTRY
	mov dword [root + 8], directories + 4096 + ROOT_ENTRY
	mov dword [root + 16], directories + 2 * 4096 + ROOT_ENTRY
	mov dword [root + 24], kernel_directory + ROOT_ENTRY

	mov eax, PTE_LARGE
	xor ecx, ecx
.identity:
	mov [directories + 8 * ecx], eax
	add eax, 1 << 21
	inc ecx
	cmp ecx, IDENTITY_PAGES
	jb .identity

	mov eax, PTE_LARGE
	xor ecx, ecx
.lowmem:
	mov [kernel_directory + 8 * ecx], eax
	add eax, 1 << 21
	inc ecx
	cmp ecx, LOWMEM_PAGES
	jb .lowmem
	mov dword [kernel_directory + 8 * DIRECTORY_FIXMAP], windows + PTE_TABLE

	mov eax, root
	mov cr3, eax
	ret

section .boot.bss nobits alloc noexec write align=4096

root:		resb 4096
directories:	resb 3 * 4096
kernel_directory: resb 4096
windows:	resb 4096
