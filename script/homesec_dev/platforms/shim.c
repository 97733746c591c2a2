/*
 * What Debian's Python asks the C library for and musl does not have.
 *
 * Debian's build of Python is linked against glibc. Loaded by Alpine's loader it gets musl, which
 * has all it needs but for the names below. The library built from this file adds them; Python
 * itself, its packages and everything they do then run on musl alone.
 *
 * Built with the host's headers, linked with nothing: the loader finds the rest in musl. So no
 * macro or inline function of a glibc header may get in between. Calls go to musl by their plain
 * names, declared here, since glibc's headers rename some of them (strtol becomes
 * __isoc23_strtol). x86-64 only.
 */

#include <stdarg.h>
#include <stddef.h>

/* The numbers that glibc and musl agree on, as both take them from Linux. */
#define ENOSYS 38
#define ETIMEDOUT 110
#define CLOCK_REALTIME 0
#define SYS_gettid 186
#define SYS_preadv2 327
#define SYS_pwritev2 328
#define SYS_close_range 436
#define RTLD_NEXT ((void *)-1L)

typedef struct { long tv_sec, tv_nsec; } timespec;

extern int *__errno_location(void);
extern int clock_gettime(int clock, timespec *now);
extern void *dlsym(void *library, const char *name);
extern int getentropy(void *buffer, size_t length);
extern int getpid(void);
extern void abort(void);
extern void *calloc(size_t count, size_t size);
extern int pthread_attr_getstack(const void *attributes, void **address, size_t *size);
extern int pthread_attr_setstack(void *attributes, void *address, size_t size);
extern int sem_timedwait(void *semaphore, const timespec *until);
extern int sem_trywait(void *semaphore);
extern long syscall(long number, ...);
extern int vfprintf(void *file, const char *format, va_list values);
extern int vsnprintf(char *buffer, size_t size, const char *format, va_list values);
extern int vsprintf(char *buffer, const char *format, va_list values);
extern void vsyslog(int priority, const char *format, va_list values);

/* `name` is musl's `plain`: a jump, so that all arguments, any number of them, arrive as they are. */
#define SAME(name, plain) \
    __asm__(".globl " #name "\n.type " #name ", @function\n" #name ": jmp " #plain "@PLT\n")

/* C23's reading of numbers, which knows 0b101: only the name is another. */
SAME(__isoc23_sscanf, sscanf);
SAME(__isoc23_strtol, strtol);
SAME(__isoc23_strtoll, strtoll);
SAME(__isoc23_strtoul, strtoul);
SAME(__isoc23_strtoull, strtoull);
SAME(__isoc23_wcstol, wcstol);

/* glibc's checked variants, which get the destination's size as one argument more, the last. */
SAME(__explicit_bzero_chk, explicit_bzero);
SAME(__memcpy_chk, memcpy);
SAME(__memmove_chk, memmove);
SAME(__memset_chk, memset);
SAME(__read_chk, read);
SAME(__realpath_chk, realpath);
SAME(__strcat_chk, strcat);
SAME(__strcpy_chk, strcpy);
SAME(__strncat_chk, strncat);

/* Checked opening, for calls that need no mode: musl does not read the argument then. */
SAME(__open64_2, open);

/* musl's loader takes most names that end in 64 for the plain ones; not these. */
SAME(fcntl64, fcntl);
SAME(posix_fallocate64, posix_fallocate);

/* Internal names that glibc's headers put into programs. */
SAME(__sysconf, sysconf);
SAME(__sched_cpufree, free);

/* CPU_ALLOC of glibc's headers: a set of so many processors, in whole longs. */
void *__sched_cpualloc(size_t processors) { return calloc((processors + 63) / 64, sizeof(long)); }

/* Checked printing, with a flag (and a size) before the format. */
int __fprintf_chk(void *file, int flag, const char *format, ...)
{
    va_list values;
    (void)flag;
    va_start(values, format);
    int length = vfprintf(file, format, values);
    va_end(values);
    return length;
}

int __printf_chk(int flag, const char *format, ...)
{
    extern void *stdout;
    va_list values;
    (void)flag;
    va_start(values, format);
    int length = vfprintf(stdout, format, values);
    va_end(values);
    return length;
}

int __vfprintf_chk(void *file, int flag, const char *format, va_list values)
{
    (void)flag;
    return vfprintf(file, format, values);
}

int __vsnprintf_chk(
    char *buffer, size_t size, int flag, size_t room, const char *format, va_list values)
{
    (void)flag, (void)room;
    return vsnprintf(buffer, size, format, values);
}

int __snprintf_chk(char *buffer, size_t size, int flag, size_t room, const char *format, ...)
{
    va_list values;
    (void)flag, (void)room;
    va_start(values, format);
    int length = vsnprintf(buffer, size, format, values);
    va_end(values);
    return length;
}

int __sprintf_chk(char *buffer, int flag, size_t room, const char *format, ...)
{
    va_list values;
    (void)flag, (void)room;
    va_start(values, format);
    int length = vsprintf(buffer, format, values);
    va_end(values);
    return length;
}

void __syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list values;
    (void)flag;
    va_start(values, format);
    vsyslog(priority, format, values);
    va_end(values);
}

/* FD_SET of glibc's headers asks which long of the set a descriptor is in; 1,024 fit. */
long __fdelt_chk(long descriptor)
{
    if (descriptor < 0 || descriptor >= 1024)
        abort();
    return descriptor / 64;
}

/* A wait until a time of any clock, which Python's locks use with the monotonic one. musl's only
 * knows the wall clock, which may be set meanwhile: so it waits in pieces, and looks each time how
 * much is left. */
int sem_clockwait(void *semaphore, int clock, const timespec *until)
{
    const long long second = 1000000000, longest = 10 * second;
    for (;;) {
        timespec now, wall;
        if (!sem_trywait(semaphore))
            return 0;
        clock_gettime(clock, &now);
        long long left = (until->tv_sec - now.tv_sec) * second + until->tv_nsec - now.tv_nsec;
        if (left <= 0) {
            *__errno_location() = ETIMEDOUT;
            return -1;
        }
        clock_gettime(CLOCK_REALTIME, &wall);
        long long end = wall.tv_nsec + (left < longest ? left : longest);
        wall.tv_sec += end / second;
        wall.tv_nsec = end % second;
        if (!sem_timedwait(semaphore, &wall))
            return 0;
        if (*__errno_location() != ETIMEDOUT)
            return -1; /* a signal arrived (EINTR) */
    }
}

/* Python compares the stack pointer with the end of the stack before it calls deeper. Of the first
 * thread's stack, which grows when it is used, musl tells the part that is there now. The whole is
 * 8 MiB, Linux's default, of which 256 KiB are left for arguments and environment. */
int pthread_getattr_np(void *thread, void *attributes)
{
    static int (*of_musl)(void *, void *);
    const size_t whole = 8 << 20, spared = 256 << 10;
    void *lowest;
    size_t size;
    if (!of_musl)
        of_musl = dlsym(RTLD_NEXT, "pthread_getattr_np");
    int error = of_musl(thread, attributes);
    if (!error && getpid() == syscall(SYS_gettid) &&
        !pthread_attr_getstack(attributes, &lowest, &size) && size < whole)
        pthread_attr_setstack(attributes, (char *)lowest + size - whole + spared, whole - spared);
    return error;
}

/* System calls that musl has no function for. */
int close_range(unsigned first, unsigned last, int flags)
{
    return syscall(SYS_close_range, first, last, flags);
}

void closefrom(int first) { syscall(SYS_close_range, first < 0 ? 0 : first, ~0U, 0); }

long preadv64v2(int file, const void *parts, int count, long offset, int flags)
{
    return syscall(SYS_preadv2, file, parts, count, offset, 0, flags);
}

long pwritev64v2(int file, const void *parts, int count, long offset, int flags)
{
    return syscall(SYS_pwritev2, file, parts, count, offset, 0, flags);
}

/* expat seeds its hash tables with these. getentropy gives 256 bytes at most. */
void arc4random_buf(void *buffer, size_t length)
{
    for (char *at = buffer; length;) {
        size_t piece = length < 256 ? length : 256;
        if (getentropy(at, piece))
            abort();
        at += piece;
        length -= piece;
    }
}

unsigned arc4random(void)
{
    unsigned number;
    arc4random_buf(&number, sizeof number);
    return number;
}

/* Only os.posix_spawn would use it, which Python leaves alone where the C library is not glibc. */
int posix_spawn_file_actions_addclosefrom_np(void *actions, int first)
{
    (void)actions, (void)first;
    return ENOSYS;
}

/* For the stack of C functions in a report of a crash: it stays empty. */
int backtrace(void **frames, int count)
{
    (void)frames, (void)count;
    return 0;
}

/* The same report's names. Nothing is found. */
int dladdr1(const void *address, void *found, void **extra, int flags)
{
    (void)address, (void)found, (void)extra, (void)flags;
    return 0;
}

/* Python's _ssl names it for compressed TLS, which Alpine's OpenSSL is built without. */
int COMP_get_type(const void *method)
{
    (void)method;
    return 0;
}
