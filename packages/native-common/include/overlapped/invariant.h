// A broken invariant in memory-unsafe code is not survivable: say where, then stop.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace overlapped {

[[noreturn]] inline void invariant_failed(const char* what, const char* file, int line) {
  (void)std::fprintf(stderr, "overlapped: invariant failed: %s (%s:%d)\n", what, file, line);
  std::abort();
}

}  // namespace overlapped

#define OVERLAPPED_INVARIANT(condition) \
  ((condition) ? static_cast<void>(0) : ::overlapped::invariant_failed(#condition, __FILE__, __LINE__))
