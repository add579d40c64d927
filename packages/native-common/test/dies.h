// Runs code that must stop the process, in a child.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

namespace overlapped {

// True if `body` aborts. POSIX only.
template <class Body>
bool dies(Body body) {
  std::fflush(nullptr);  // else the child may print it once more
  const pid_t child = fork();
  if (child == 0) {
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    std::signal(SIGABRT, SIG_DFL);  // doctest reports aborts of its own
    close(STDERR_FILENO);           // what it says is expected
    body();
    _exit(0);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

}  // namespace overlapped
