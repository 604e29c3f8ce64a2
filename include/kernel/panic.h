/*
 * When the kernel is wrong about itself. panic() is for a broken invariant,
 * never for "no memory" and never for a caller's mistake (see report.h).
 */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include <kernel/printk.h>

/* Prints, dumps the stack, ends with verdict "panic". Any context. */
void __noreturn panic(const char *fmt, ...) __printf(1, 2);

/*
 * For who has something to print before panic() (registers): from here on this
 * CPU alone has the word, all others are stopped. Does not return if another
 * was first. Any context.
 */
void panic_begin(void);

#define BUG() panic("BUG at %s:%d in %s()", __FILE__, __LINE__, __func__)
#define BUG_ON(cond) do { if (unlikely(cond)) BUG(); } while (0)

/* Says where and from where, goes on; the value is the condition. */
#define WARN_ON(cond) ({						\
	bool _warn = !!(cond);						\
	if (unlikely(_warn)) {						\
		printk(KERN_WARNING "WARNING at %s:%d in %s(): %s\n",	\
		       __FILE__, __LINE__, __func__, #cond);		\
		dump_stack();						\
	}								\
	unlikely(_warn);						\
})

#define WARN_ON_ONCE(cond) ({						\
	static bool _warned;						\
	bool _once = !!(cond);						\
	if (unlikely(_once && !_warned)) {				\
		_warned = true;						\
		WARN_ON(1);						\
	}								\
	unlikely(_once);						\
})

#endif
