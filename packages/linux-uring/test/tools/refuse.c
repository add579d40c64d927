/* Runs a command in which one system call is refused, as sandboxes and old kernels refuse it.
 *   refuse CALL ERRNO COMMAND [ARGUMENT...]
 * CALL is statx, or io_uring's setup, enter or register; ERRNO a number. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "no seccomp filter for this architecture"
#endif

static int call_number(const char* name) {
  if (strcmp(name, "statx") == 0) return __NR_statx;
  if (strcmp(name, "setup") == 0) return __NR_io_uring_setup;
  if (strcmp(name, "enter") == 0) return __NR_io_uring_enter;
  if (strcmp(name, "register") == 0) return __NR_io_uring_register;
  return -1;
}

static int install(int number, int error) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((unsigned)error & SECCOMP_RET_DATA)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

int main(int argc, char** argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: refuse statx|setup|enter|register ERRNO COMMAND [ARGUMENT...]\n");
    return 125;
  }
  const int number = call_number(argv[1]);
  const int error = atoi(argv[2]);
  if (number < 0 || error <= 0) {
    fprintf(stderr, "refuse: no such call or errno: %s %s\n", argv[1], argv[2]);
    return 125;
  }
  if (install(number, error) != 0) {
    fprintf(stderr, "refuse: seccomp: %s\n", strerror(errno));
    return 125;
  }
  execvp(argv[3], argv + 3);
  fprintf(stderr, "refuse: %s: %s\n", argv[3], strerror(errno));
  return 127;
}
