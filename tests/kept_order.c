/* Writes into the file ORDER what a program asks of the disk: every fsync and rename, with names, in their order. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void note(const char *what, const char *name) {
  int file = open(getenv("ORDER"), O_WRONLY | O_APPEND | O_CREAT, 0600);
  dprintf(file, "%s %s\n", what, name);
  close(file);
}

int fsync(int file) {
  char place[64], name[PATH_MAX + 1];
  snprintf(place, sizeof place, "/proc/self/fd/%d", file);
  ssize_t length = readlink(place, name, PATH_MAX);
  name[length > 0 ? length : 0] = 0;
  int failed = syscall(SYS_fsync, file);
  note(failed ? "failed" : "fsync", name);
  return failed;
}

int rename(const char *old, const char *new) {
  int failed = syscall(SYS_renameat, AT_FDCWD, old, AT_FDCWD, new);
  note(failed ? "failed" : "rename", new);
  return failed;
}
