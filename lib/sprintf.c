/*
 * Formatting into a bounded buffer.
 *
 *  1. Ordinary characters are copied; '%' begins a specification.
 *  2. parse_spec() reads flags, width, precision, length into a struct spec.
 *  3. One function per kind of value makes digits or finds the text.
 *  4. put_field() sets the text into its width.
 *
 *	% [-+ 0#] [width] [.precision] [hh h l ll z t] conversion
 *
 * Every character counts into the length even if it no longer fits, so the
 * result tells the caller how much room the whole text needs.
 */
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>

/* How %pS finds names: set once by the kernel, NULL where there are none. */
const char *(*sprintf_symbolize)(unsigned long addr, unsigned long *offset,
				 unsigned long *size);

struct out {
	char *buf;
	size_t size;	/* room, the final 0 included */
	size_t len;	/* characters so far, whether they fitted or not */
};

struct spec {
	bool left, plus, space, zero, alt;
	int width, precision;	/* precision -1: none given */
	u8 bytes;		/* size of an integer argument */
	char conv;
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void put_n(struct out *o, char c, int n)
{
	while (n-- > 0)
		put(o, c);
}

static void put_text(struct out *o, const char *s, size_t n)
{
	while (n--)
		put(o, *s++);
}

static void put_field(struct out *o, const struct spec *sp, const char *s,
		      size_t n)
{
	int pad = n < (size_t)sp->width ? sp->width - (int)n : 0;

	if (!sp->left)
		put_n(o, ' ', pad);
	put_text(o, s, n);
	if (sp->left)
		put_n(o, ' ', pad);
}

/* Digits of v at the end of a buffer; returns the first of them. */
static char *digits(char *end, u64 v, unsigned int base, bool upper)
{
	const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	for (; v; v /= base)
		*--end = set[v % base];
	return end;
}

/* sign or 0x, then zeros up to precision (or width with '0'), then digits */
static void put_number(struct out *o, const struct spec *sp, u64 v,
		       unsigned int base, const char *prefix)
{
	char buf[24];
	char *end = buf + sizeof(buf);
	char *p = digits(end, v, base, sp->conv == 'X');
	int n = (int)(end - p);
	int prefix_len = (int)strlen(prefix);
	int zeros = max((sp->precision < 0 ? 1 : sp->precision) - n, 0);
	int pad;

	if (base == 8 && sp->alt && !zeros && (v || !n))
		zeros = 1;
	pad = sp->width - prefix_len - zeros - n;
	if (sp->zero && !sp->left && sp->precision < 0 && pad > 0) {
		zeros += pad;
		pad = 0;
	}
	if (!sp->left)
		put_n(o, ' ', pad);
	put_text(o, prefix, (size_t)prefix_len);
	put_n(o, '0', zeros);
	put_text(o, p, (size_t)n);
	if (sp->left)
		put_n(o, ' ', pad);
}

static s64 sign_extend(u64 v, u8 bytes)
{
	unsigned int shift = 64 - 8 * bytes;

	return (s64)(v << shift) >> shift;
}

static void put_signed(struct out *o, const struct spec *sp, u64 raw)
{
	s64 v = sign_extend(raw, sp->bytes);
	const char *sign = sp->plus ? "+" : sp->space ? " " : "";

	/* 0 - (u64)v is right for the smallest number too */
	if (v < 0)
		put_number(o, sp, 0 - (u64)v, 10, "-");
	else
		put_number(o, sp, (u64)v, 10, sign);
}

static void put_unsigned(struct out *o, const struct spec *sp, u64 raw)
{
	u64 v = raw & ~0ULL >> (64 - 8 * sp->bytes);
	const char *prefix = "";

	if (sp->conv == 'u') {
		put_number(o, sp, v, 10, "");
	} else if (sp->conv == 'o') {
		put_number(o, sp, v, 8, "");
	} else {
		if (sp->alt)
			prefix = sp->conv == 'X' ? "0X" : "0x";
		put_number(o, sp, v, 16, prefix);
	}
}

static void put_string(struct out *o, const struct spec *sp, const char *s)
{
	size_t max = sp->precision < 0 ? SIZE_MAX : (size_t)sp->precision;

	if (!s)
		s = "(null)";
	else if ((uintptr_t)s < 4096)
		s = "(efault)";
	put_field(o, sp, s, strnlen(s, max));
}

static void put_hex_address(struct out *o, u64 v, int nr_digits)
{
	struct spec sp = { .precision = nr_digits, .conv = 'x' };

	put_number(o, &sp, v, 16, "0x");
}

/* back is 1 for a return address: the call before it may end a function. */
static void put_symbol(struct out *o, const struct spec *sp,
		       unsigned long addr, unsigned long back)
{
	unsigned long offset, size;
	const char *name = NULL;
	char buf[128];

	if (sprintf_symbolize)
		name = sprintf_symbolize(addr - back, &offset, &size);
	if (!name) {
		put_hex_address(o, addr, 2 * sizeof(addr));
		return;
	}
	kscnprintf(buf, sizeof(buf), "%.80s+0x%lx/0x%lx", name, offset + back,
		   size);
	put_field(o, sp, buf, strlen(buf));
}

/* Returns how many letters after the 'p' belong to the conversion. */
static int put_pointer(struct out *o, const struct spec *sp, const char *ext,
		       const void *p)
{
	switch (*ext) {
	case 'x':
		put_hex_address(o, (uintptr_t)p, 2 * sizeof(p));
		return 1;
	case 'S':
		put_symbol(o, sp, (unsigned long)p, 0);
		return 1;
	case 'B':
		put_symbol(o, sp, (unsigned long)p, 1);
		return 1;
	case 'a':
		if ((uintptr_t)p < 4096)
			put_field(o, sp, "(efault)", 8);
		else
			put_hex_address(o, *(const phys_addr_t *)p, 16);
		return 1;
	default:
		put_field(o, sp, p ? "(____ptrval____)" : "(null)", p ? 16 : 6);
		return 0;
	}
}

static const char *parse_flags(const char *f, struct spec *sp)
{
	for (;; f++) {
		switch (*f) {
		case '-': sp->left = true; break;
		case '+': sp->plus = true; break;
		case ' ': sp->space = true; break;
		case '0': sp->zero = true; break;
		case '#': sp->alt = true; break;
		default: return f;
		}
	}
}

/* A decimal number; beyond any sensible width it stays at the limit. */
static const char *parse_count(const char *f, int *n)
{
	for (*n = 0; *f >= '0' && *f <= '9'; f++)
		*n = min(*n * 10 + (*f - '0'), 4096);
	return f;
}

static const char *parse_length(const char *f, struct spec *sp)
{
	sp->bytes = sizeof(int);
	switch (*f) {
	case 'h':
		sp->bytes = f[1] == 'h' ? sizeof(char) : sizeof(short);
		return f + (f[1] == 'h' ? 2 : 1);
	case 'l':
		sp->bytes = f[1] == 'l' ? sizeof(u64) : sizeof(long);
		return f + (f[1] == 'l' ? 2 : 1);
	case 'z':
	case 't':
		sp->bytes = sizeof(size_t);
		return f + 1;
	}
	return f;
}

/* va_list travels inside a struct: some targets pass it as an array. */
struct args {
	va_list ap;
};

static int star(struct args *a)
{
	return clamp(va_arg(a->ap, int), -4096, 4096);
}

static const char *parse_spec(const char *f, struct spec *sp, struct args *a)
{
	*sp = (struct spec){ .precision = -1 };
	f = parse_flags(f, sp);
	if (*f == '*') {
		sp->width = star(a);
		if (sp->width < 0) {
			sp->left = true;
			sp->width = -sp->width;
		}
		f++;
	} else {
		f = parse_count(f, &sp->width);
	}
	if (*f == '.') {
		f++;
		if (*f == '*') {
			sp->precision = max(star(a), -1);
			f++;
		} else {
			f = parse_count(f, &sp->precision);
		}
	}
	f = parse_length(f, sp);
	sp->conv = *f;
	return f;
}

static u64 integer_arg(const struct spec *sp, struct args *a)
{
	if (sp->bytes <= sizeof(int))
		return va_arg(a->ap, unsigned int);
	if (sp->bytes == sizeof(long))
		return va_arg(a->ap, unsigned long);
	return va_arg(a->ap, u64);
}

/* Prints what f (after '%') asks for; returns where the text goes on. */
static const char *put_spec(struct out *o, const char *f, struct args *a)
{
	const char *start = f;
	struct spec sp;
	char c;

	f = parse_spec(f, &sp, a);
	switch (sp.conv) {
	case 'd':
	case 'i':
		put_signed(o, &sp, integer_arg(&sp, a));
		return f + 1;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		put_unsigned(o, &sp, integer_arg(&sp, a));
		return f + 1;
	case 'c':
		c = (char)va_arg(a->ap, int);
		put_field(o, &sp, &c, 1);
		return f + 1;
	case 's':
		put_string(o, &sp, va_arg(a->ap, const char *));
		return f + 1;
	case 'p':
		return f + 1 + put_pointer(o, &sp, f + 1,
					   va_arg(a->ap, const void *));
	case '%':
		put(o, '%');
		return f + 1;
	default:
		put(o, '%');
		return start;
	}
}

int kvsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = { buf, size, 0 };
	struct args a;

	va_copy(a.ap, args);
	while (*fmt) {
		if (*fmt == '%')
			fmt = put_spec(&o, fmt + 1, &a);
		else
			put(&o, *fmt++);
	}
	va_end(a.ap);
	if (size)
		buf[min(o.len, size - 1)] = 0;
	return (int)o.len;
}

int ksnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = kvsnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}

int kscnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = kvsnprintf(buf, size, fmt, args);
	va_end(args);
	return size ? min(n, (int)size - 1) : 0;
}
