/*
 * What did the program do that C gives no meaning to?
 *
 * Built with SANITIZE=undefined the compiler puts a test before every shift,
 * signed sum, index, pointer and bool that may go wrong, and where one does a
 * call of the function here that is named after the kind. It passes where and
 * what type, in a record of its own for each place in the source, and the
 * values:
 *
 *	x << n      n >= 32?  --yes-->  __ubsan_handle_shift_out_of_bounds(
 *	  |                                 &{ file, line, column, types}, x, n)
 *	  v goes on <---------------------------+ one report
 *
 *  1. A place is told once: a loop would say the same thousands of times. Its
 *     record is marked. (While a test captures reports it is told each time,
 *     and not marked: it went wrong on purpose.)
 *  2. Nothing is told of what goes wrong on a CPU while it tells: a report
 *     runs through code that is tested like any other.
 *  3. The program goes on with what the machine makes of the operation. Only
 *     behind what cannot be reached nothing follows: that is a panic.
 *
 * A value is passed in a register if it fits, else by address. What it means
 * is in a descriptor of its type: kind, width, sign, and the name as it is
 * written in the source.
 *
 * Locks: the report's. This file is built without the tests.
 * Left out: floating point, which the kernel has none of, and kinds that only
 * other languages know.
 */
#include <asm/irqflags.h>
#include <kernel/panic.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/report.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>

/* The compiler's own: names and layouts of its run-time interface. */

struct ubsan_place {
	const char *file;
	u32 line;
	u32 column;		/* PLACE_TOLD is ours */
};

#define PLACE_TOLD 0x80000000u

struct ubsan_type {
	u16 kind;		/* 0: an integer */
	u16 info;		/* bit 0: signed; above: log2 of the width */
	char name[];		/* with quotes */
};

/* Most records begin like this; other_type where an operation has two. */
struct ubsan_data {
	struct ubsan_place place;
	const struct ubsan_type *type, *other_type;
};

struct ubsan_access {
	struct ubsan_place place;
	const struct ubsan_type *type;
	u8 log_align;
	u8 check;		/* what the pointer is used for */
};

struct ubsan_argument {
	struct ubsan_place place, attribute;
	s32 number;
};

struct ubsan_builtin {
	struct ubsan_place place;
	u8 kind;
};

struct ubsan_assumption {
	struct ubsan_place place, assumed;
	const struct ubsan_type *type;
};

typedef unsigned long ubsan_value;

void __ubsan_handle_add_overflow(struct ubsan_data *, ubsan_value, ubsan_value);
void __ubsan_handle_sub_overflow(struct ubsan_data *, ubsan_value, ubsan_value);
void __ubsan_handle_mul_overflow(struct ubsan_data *, ubsan_value, ubsan_value);
void __ubsan_handle_divrem_overflow(struct ubsan_data *, ubsan_value,
				    ubsan_value);
void __ubsan_handle_negate_overflow(struct ubsan_data *, ubsan_value);
void __ubsan_handle_shift_out_of_bounds(struct ubsan_data *, ubsan_value,
					ubsan_value);
void __ubsan_handle_out_of_bounds(struct ubsan_data *, ubsan_value);
void __ubsan_handle_vla_bound_not_positive(struct ubsan_data *, ubsan_value);
void __ubsan_handle_load_invalid_value(struct ubsan_data *, ubsan_value);
void __ubsan_handle_type_mismatch_v1(struct ubsan_access *, unsigned long);
void __ubsan_handle_pointer_overflow(struct ubsan_data *, unsigned long,
				     unsigned long);
void __ubsan_handle_alignment_assumption(struct ubsan_assumption *,
					 unsigned long, unsigned long,
					 unsigned long);
void __ubsan_handle_nonnull_arg(struct ubsan_argument *);
void __ubsan_handle_nonnull_return_v1(void *, struct ubsan_place *);
void __ubsan_handle_invalid_builtin(struct ubsan_builtin *);
void __noreturn __ubsan_handle_builtin_unreachable(struct ubsan_data *);
void __noreturn __ubsan_handle_missing_return(struct ubsan_data *);

static DEFINE_PER_CPU(bool, telling);

static bool place_is_new(struct ubsan_place *place)
{
	u32 column = __atomic_load_n(&place->column, __ATOMIC_RELAXED);

	if (!report_capturing())
		column = __atomic_fetch_or(&place->column, PLACE_TOLD,
					   __ATOMIC_RELAXED);
	return !(column & PLACE_TOLD);
}

/* False: has been told, or this CPU is at it. Interrupts stay off until end. */
static bool begin(struct ubsan_place *place, const char *kind,
		  unsigned long *flags)
{
	local_irq_save(*flags);
	if (*this_cpu_ptr(&telling) || !place_is_new(place)) {
		local_irq_restore(*flags);
		return false;
	}
	*this_cpu_ptr(&telling) = true;
	report_begin("undefined behaviour", "%s in %s:%u:%u", kind,
		     place->file, place->line, place->column & ~PLACE_TOLD);
	return true;
}

static void end(unsigned long flags)
{
	report_end();
	*this_cpu_ptr(&telling) = false;
	local_irq_restore(flags);
}

/* A report of one line. */
static void __printf(3, 4) tell(struct ubsan_place *place, const char *kind,
				const char *fmt, ...)
{
	unsigned long flags;
	va_list args;

	if (!begin(place, kind, &flags))
		return;
	va_start(args, fmt);
	vprintk(fmt, args);
	va_end(args);
	end(flags);
}

static bool is_signed(const struct ubsan_type *type)
{
	return type->info & 1;
}

static unsigned int width(const struct ubsan_type *type)
{
	return 1U << (type->info >> 1);
}

/* Widened to 64 bits; of wider ones the low half. */
static u64 value_of(const struct ubsan_type *type, ubsan_value v)
{
	unsigned int unused = 64 - min(width(type), 64U);
	u64 raw = width(type) > 8 * sizeof(v) ? *(const u64 *)v : v;

	return is_signed(type) ? (u64)((s64)(raw << unused) >> unused) :
				 raw << unused >> unused;
}

static bool is_negative(const struct ubsan_type *type, ubsan_value v)
{
	return is_signed(type) && (s64)value_of(type, v) < 0;
}

#define VALUE_SIZE 40

static const char *say_value(char *buf, const struct ubsan_type *type,
			     ubsan_value v)
{
	u64 value = type->kind ? 0 : value_of(type, v);

	if (type->kind)
		ksnprintf(buf, VALUE_SIZE, "(no integer)");
	else if (width(type) > 64)
		ksnprintf(buf, VALUE_SIZE, "0x...%016llx", value);
	else
		ksnprintf(buf, VALUE_SIZE, is_signed(type) ? "%lld" : "%llu",
			  value);
	return buf;
}

static void tell_overflow(struct ubsan_data *data, const char *kind,
			  ubsan_value left, const char *sign,
			  ubsan_value right)
{
	char a[VALUE_SIZE], b[VALUE_SIZE];
	unsigned long flags;

	if (!begin(&data->place, kind, &flags))
		return;
	printk(KERN_ERR "%s %s %s cannot be represented in type %s\n",
	       say_value(a, data->type, left), sign,
	       say_value(b, data->type, right), data->type->name);
	end(flags);
}

static const char *overflow_kind(const struct ubsan_data *data)
{
	return is_signed(data->type) ? "signed-integer-overflow" :
				       "unsigned-integer-overflow";
}

void __ubsan_handle_add_overflow(struct ubsan_data *data, ubsan_value left,
				 ubsan_value right)
{
	tell_overflow(data, overflow_kind(data), left, "+", right);
}

void __ubsan_handle_sub_overflow(struct ubsan_data *data, ubsan_value left,
				 ubsan_value right)
{
	tell_overflow(data, overflow_kind(data), left, "-", right);
}

void __ubsan_handle_mul_overflow(struct ubsan_data *data, ubsan_value left,
				 ubsan_value right)
{
	tell_overflow(data, overflow_kind(data), left, "*", right);
}

/* By 0, or the lowest number by -1. What the CPU does then comes after this. */
void __ubsan_handle_divrem_overflow(struct ubsan_data *data, ubsan_value left,
				    ubsan_value right)
{
	if (value_of(data->type, right))
		tell_overflow(data, overflow_kind(data), left, "/", right);
	else
		tell_overflow(data, "division-by-zero", left, "/", right);
}

/* Of a value that is wrong for its type. */
static void tell_value(struct ubsan_data *data, const char *kind,
		       const char *before, ubsan_value value, const char *after)
{
	char v[VALUE_SIZE];
	unsigned long flags;

	if (!begin(&data->place, kind, &flags))
		return;
	printk(KERN_ERR "%s %s %s type %s\n", before,
	       say_value(v, data->type, value), after, data->type->name);
	end(flags);
}

void __ubsan_handle_negate_overflow(struct ubsan_data *data, ubsan_value value)
{
	tell_value(data, overflow_kind(data), "negation of", value,
		   "cannot be represented in");
}

static void say_shift(const struct ubsan_data *data, ubsan_value left,
		      ubsan_value right)
{
	const struct ubsan_type *type = data->type, *by = data->other_type;
	char a[VALUE_SIZE], b[VALUE_SIZE];

	say_value(a, type, left);
	say_value(b, by, right);
	if (is_negative(by, right))
		printk(KERN_ERR "shift by %s, which is negative\n", b);
	else if (value_of(by, right) >= width(type))
		printk(KERN_ERR "shift by %s is too much for type %s of %u bits\n",
		       b, type->name, width(type));
	else if (is_negative(type, left))
		printk(KERN_ERR "left shift of %s, which is negative\n", a);
	else
		printk(KERN_ERR "left shift of %s by %s cannot be represented in type %s\n",
		       a, b, type->name);
}

void __ubsan_handle_shift_out_of_bounds(struct ubsan_data *data,
					ubsan_value left, ubsan_value right)
{
	unsigned long flags;

	if (!begin(&data->place, "shift-out-of-bounds", &flags))
		return;
	say_shift(data, left, right);
	end(flags);
}

/* data->type is the array's, other_type the index's. */
void __ubsan_handle_out_of_bounds(struct ubsan_data *data, ubsan_value index)
{
	char v[VALUE_SIZE];
	unsigned long flags;

	if (!begin(&data->place, "array-index-out-of-bounds", &flags))
		return;
	printk(KERN_ERR "index %s is out of range for type %s\n",
	       say_value(v, data->other_type, index), data->type->name);
	end(flags);
}

void __ubsan_handle_vla_bound_not_positive(struct ubsan_data *data,
					   ubsan_value bound)
{
	tell_value(data, "vla-bound-not-positive",
		   "variable length array bound", bound,
		   "is not above 0, and of");
}

void __ubsan_handle_load_invalid_value(struct ubsan_data *data,
				       ubsan_value value)
{
	tell_value(data, "invalid-load", "load of value", value,
		   "is not valid for");
}

static const char *access_words(u8 check)
{
	static const char *const words[] = {
		"load of", "store to", "reference binding to",
		"member access within", "member call on",
		"constructor call on", "downcast of", "downcast of",
		"upcast of", "cast to virtual base of", "_Nonnull binding to",
		"dynamic operation on",
	};

	return check < ARRAY_SIZE(words) ? words[check] : "access to";
}

void __ubsan_handle_type_mismatch_v1(struct ubsan_access *data,
				     unsigned long addr)
{
	const char *words = access_words(data->check);
	const char *type = data->type->name;
	unsigned long align = 1UL << data->log_align;

	if (!addr)
		tell(&data->place, "null-pointer", KERN_ERR
		     "%s null pointer of type %s\n", words, type);
	else if (addr & (align - 1))
		tell(&data->place, "misaligned-access", KERN_ERR
		     "%s misaligned address %#lx for type %s, which requires %lu byte alignment\n",
		     words, addr, type, align);
	else
		tell(&data->place, "object-too-small", KERN_ERR
		     "%s address %#lx with too little space for an object of type %s\n",
		     words, addr, type);
}

void __ubsan_handle_pointer_overflow(struct ubsan_data *data,
				     unsigned long base, unsigned long result)
{
	tell(&data->place, "pointer-overflow", KERN_ERR
	     "pointer %#lx with an offset becomes %#lx\n", base, result);
}

void __ubsan_handle_alignment_assumption(struct ubsan_assumption *data,
					 unsigned long addr,
					 unsigned long align,
					 unsigned long offset)
{
	tell(&data->place, "alignment-assumption", KERN_ERR
	     "%#lx - %lu of type %s is not aligned to %lu\n",
	     addr, offset, data->type->name, align);
}

void __ubsan_handle_nonnull_arg(struct ubsan_argument *data)
{
	tell(&data->place, "null-argument", KERN_ERR
	     "null pointer as argument %d, which is declared never to be null\n",
	     data->number);
}

/* The record says where the attribute stands, place where the return does. */
void __ubsan_handle_nonnull_return_v1(void *data, struct ubsan_place *place)
{
	tell(place, "null-return", KERN_ERR
	     "null pointer returned by a function declared never to\n");
}

void __ubsan_handle_invalid_builtin(struct ubsan_builtin *data)
{
	tell(&data->place, "invalid-builtin", KERN_ERR
	     "0 passed to %s(), which has no meaning\n",
	     data->kind ? "clz" : "ctz");
}

static void __noreturn no_way_on(const struct ubsan_place *place,
				 const char *what)
{
	panic("undefined behaviour: %s in %s:%u:%u", what, place->file,
	      place->line, place->column & ~PLACE_TOLD);
}

void __ubsan_handle_builtin_unreachable(struct ubsan_data *data)
{
	no_way_on(&data->place, "unreachable code was reached");
}

void __ubsan_handle_missing_return(struct ubsan_data *data)
{
	no_way_on(&data->place, "a function ends without its value");
}
