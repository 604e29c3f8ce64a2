; The first page tables: enough to reach the kernel's own addresses, all of it
; in 2 MiB pages. One set of page directories is seen three times:
;
;	PML4[0]   -> pdpt_low  -> 4 directories    identity        4 GiB
;	PML4[273] -> pdpt_low                      PAGE_OFFSET     4 GiB
;	PML4[511] -> pdpt_high [510] -> the first  KERNEL_BASE     1 GiB
;	                       [511] -> windows    fixmap          2 MiB
;
; The windows are one table of small pages, empty: through it the kernel looks
; at memory that these tables do not show.
;
; arch/x86 builds the final tables; then these are init memory like any other.

%include "boot/boot.inc"

DIRECTORIES	equ 4
PML4_DIRECT	equ 273			; of ffff888000000000
PML4_KERNEL	equ 511			; of ffffffff80000000
PDPT_KERNEL	equ 510
PDPT_FIXMAP	equ 511			; of ffffffffff400000
DIRECTORY_FIXMAP equ 506

bits 32
section .boot.text progbits alloc exec nowrite align=16

; Leaves cr3 loaded, paging still off. Changes eax, ecx, edx. The loader has
; cleared the tables: they are in a segment's tail that is not in the file.
global build_page_tables:function
build_page_tables:
	mov eax, pdpt_low + PTE_TABLE
	mov [pml4], eax
	mov [pml4 + 8 * PML4_DIRECT], eax
	mov dword [pml4 + 8 * PML4_KERNEL], pdpt_high + PTE_TABLE
	mov dword [pdpt_high + 8 * PDPT_KERNEL], directories + PTE_TABLE
	mov dword [pdpt_high + 8 * PDPT_FIXMAP], fixmap + PTE_TABLE
	mov dword [fixmap + 8 * DIRECTORY_FIXMAP], windows + PTE_TABLE

	mov eax, directories + PTE_TABLE
	xor ecx, ecx
.directory:
	mov [pdpt_low + 8 * ecx], eax
	add eax, 4096
	inc ecx
	cmp ecx, DIRECTORIES
	jb .directory

	mov eax, PTE_LARGE
	xor ecx, ecx
.page:
	mov [directories + 8 * ecx], eax
	add eax, 1 << 21
	inc ecx
	cmp ecx, DIRECTORIES * PTE_ENTRIES
	jb .page

	mov eax, pml4
	mov cr3, eax
	ret

section .boot.bss nobits alloc noexec write align=4096

pml4:		resb 4096
pdpt_low:	resb 4096
pdpt_high:	resb 4096
fixmap:		resb 4096
windows:	resb 4096
directories:	resb 4096 * DIRECTORIES
