; The end of a boot that cannot go on: says why, on the serial port and on the
; text screen, then stops. No C, no paging, no stack needed beyond one call.

%include "boot/boot.inc"

COM1		equ 0x3f8
UART_DATA	equ COM1
UART_IER	equ COM1 + 1
UART_FCR	equ COM1 + 2
UART_LCR	equ COM1 + 3
UART_LSR	equ COM1 + 5
LSR_THR_EMPTY	equ 0x20

TEXT_SCREEN	equ 0xb8000
WHITE_ON_RED	equ 0x4f

DEBUG_EXIT	equ 0xf4
VERDICT_PANIC	equ 0x12

%macro port_write 2
	mov dx, %1
	mov al, %2
	out dx, al
%endmacro

bits 32
section .boot.text progbits alloc exec nowrite align=16

; Does not return. ecx: text, ending with 0.
global boot_stop:function
boot_stop:
	mov esi, ecx
	call serial_init
	mov edi, TEXT_SCREEN
.next:
	lodsb
	test al, al
	jz .end
	call put_char
	jmp .next
.end:
	mov esi, verdict
.verdict:
	lodsb
	test al, al
	jz .exit
	call serial_put
	jmp .verdict
.exit:
	port_write DEBUG_EXIT, VERDICT_PANIC
.halt:
	cli
	hlt
	jmp .halt

; 115200 baud, 8 bits, no parity, FIFO on, no interrupts.
serial_init:
	port_write UART_IER, 0
	port_write UART_LCR, 0x80
	port_write UART_DATA, 1
	port_write UART_IER, 0
	port_write UART_LCR, 3
	port_write UART_FCR, 7
	ret

; al to the screen at edi, and to the serial port.
put_char:
	mov [edi], al
	mov byte [edi + 1], WHITE_ON_RED
	add edi, 2

; al to the serial port; gives up on one that is never ready.
serial_put:
	mov ah, al
	mov ecx, 100000
	mov dx, UART_LSR
.wait:
	in al, dx
	test al, LSR_THR_EMPTY
	loopz .wait
	mov dx, UART_DATA
	mov al, ah
	out dx, al
	ret

section .boot.rodata progbits alloc noexec nowrite align=4

verdict:
	db 13, 10, "strata: verdict panic", 13, 10, 0
