/* Error numbers, Linux's values. Functions return them negated. */
#ifndef LIB_ERRNO_H
#define LIB_ERRNO_H

#ifndef ENOMEM
#define ENOENT 2
#define EINTR 4
#define EIO 5
#define ENXIO 6
#define EAGAIN 11
#define ENOMEM 12
#define EFAULT 14
#define EBUSY 16
#define EEXIST 17
#define ENODEV 19
#define EINVAL 22
#define ENOSPC 28
#define ERANGE 34
#define ENOSYS 38
#define EOVERFLOW 75
#endif

#endif
