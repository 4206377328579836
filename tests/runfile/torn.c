/* Loaded before the C library: the Nth write to a file in a folder is cut, and with it the process, or fails.

   TORN_FOLDER  the folder; TORN_AT  which write, from 1; TORN_HOW  "before", "middle", "after": the process ends
   there; "error": the write fails, "errors": so do all that follow. TORN_COUNT  a file for the number of writes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

typedef ssize_t (*pwrite_type)(int, const void *, size_t, off_t);
typedef int (*ftruncate_type)(int, off_t);

static long count = 0;

static int ours(int file) {
    char link[64], path[PATH_MAX];
    const char *folder = getenv("TORN_FOLDER");
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (!folder || length < 0) return 0;
    path[length] = 0;
    return !strncmp(path, folder, strlen(folder)) && strstr(path, ".h5");
}

/* Whether this write is to be cut; -1: it is to fail. */
static int cut(int file) {
    if (!ours(file)) return 0;
    const char *at = getenv("TORN_AT"), *how = getenv("TORN_HOW");
    long nth = at ? atol(at) : 0;
    count++;
    if (!nth || !how || count < nth) return 0;
    if (!strcmp(how, "errors")) return -1;
    if (count > nth) return 0;
    return strcmp(how, "error") ? 1 : -1;
}

static void end(void) { _exit(70); }

static ssize_t cut_write(int file, const void *from, size_t size, off_t at, int placed) {
    pwrite_type real = (pwrite_type)dlsym(RTLD_NEXT, "pwrite64");
    ssize_t (*plain)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    int what = cut(file);
    const char *how = getenv("TORN_HOW");
    if (what < 0) { errno = EIO; return -1; }
    if (what && !strcmp(how, "before")) end();
    size_t part = what && !strcmp(how, "middle") ? size / 2 : size;
    ssize_t done = placed ? real(file, from, part, at) : plain(file, from, part);
    if (what) end();
    return done;
}

ssize_t pwrite64(int file, const void *from, size_t size, off_t at) { return cut_write(file, from, size, at, 1); }
ssize_t pwrite(int file, const void *from, size_t size, off_t at) { return cut_write(file, from, size, at, 1); }
ssize_t write(int file, const void *from, size_t size) { return cut_write(file, from, size, 0, 0); }

static int cut_truncate(int file, off_t size) {
    ftruncate_type real = (ftruncate_type)dlsym(RTLD_NEXT, "ftruncate64");
    int what = cut(file);
    const char *how = getenv("TORN_HOW");
    if (what < 0) { errno = EIO; return -1; }
    if (what && strcmp(how, "after")) end();
    int done = real(file, size);
    if (what) end();
    return done;
}

int ftruncate64(int file, off_t size) { return cut_truncate(file, size); }
int ftruncate(int file, off_t size) { return cut_truncate(file, size); }

__attribute__((destructor)) static void told(void) {
    const char *path = getenv("TORN_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) { fprintf(file, "%ld\n", count); fclose(file); }
}
