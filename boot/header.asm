; How loaders recognise the kernel: a multiboot2 header for GRUB and a PVH
; note for "qemu -kernel". Both lead to 32-bit protected mode, paging off.

%include "boot/boot.inc"

extern boot_entry_pvh		; entry.asm

MB2_ARCH_I386	equ 0		; entry state: 32-bit protected mode
TAG_END		equ 0
TAG_INFO_REQUEST equ 1
TAG_FRAMEBUFFER	equ 5
TAG_MODULE_ALIGN equ 6
OPTIONAL	equ 1		; the loader may ignore the tag

; What we want to be told; types of information tags.
INFO_CMDLINE	equ 1
INFO_MODULES	equ 3
INFO_MEMORY_MAP	equ 6
INFO_FRAMEBUFFER equ 8
INFO_ELF_SECTIONS equ 9
INFO_ACPI_OLD	equ 14
INFO_ACPI_NEW	equ 15

section .boot.header progbits alloc noexec nowrite align=8

header:
	dd MB2_HEADER_MAGIC
	dd MB2_ARCH_I386
	dd header_end - header
CHECKSUM equ -(MB2_HEADER_MAGIC + MB2_ARCH_I386 + header_end - header)
	dd CHECKSUM & 0xffffffff

align 8, db 0
request:
	dw TAG_INFO_REQUEST, 0
	dd request_end - request
	dd INFO_MEMORY_MAP
request_end:

align 8, db 0
wishes:
	dw TAG_INFO_REQUEST, OPTIONAL
	dd wishes_end - wishes
	dd INFO_CMDLINE, INFO_MODULES, INFO_FRAMEBUFFER
	dd INFO_ELF_SECTIONS, INFO_ACPI_OLD, INFO_ACPI_NEW
wishes_end:

align 8, db 0
	dw TAG_MODULE_ALIGN, OPTIONAL
	dd 8

align 8, db 0
	dw TAG_FRAMEBUFFER, OPTIONAL
	dd 20
	dd 1024, 768, 32

align 8, db 0
	dw TAG_END, 0
	dd 8
header_end:

; ELF note: name and description lengths, type, name, description.
XEN_ELFNOTE_PHYS32_ENTRY equ 18

section .note.pvh progbits alloc noexec nowrite align=4

	dd note_desc - note_name
	dd note_end - note_desc
	dd XEN_ELFNOTE_PHYS32_ENTRY
note_name:
	db "Xen", 0
note_desc:
	dd boot_entry_pvh
note_end:
