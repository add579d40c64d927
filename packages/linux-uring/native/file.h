// A descriptor that the engine was given, and what can be known of it without waiting for anything.
#pragma once

#include <cstdint>

#include "warmth.h"

struct statx;

namespace overlapped::uring {

struct File {
  int fd = -1;
  bool positioned = true;
  bool registered = false;  // under its id in the ring's table
  bool may_wait = false;    // in the file system, also where the ring asked it not to
  uint32_t reads = 0;       // until it was registered
  Warmth warmth;
};

// Asks nobody but the kernel's memory. @return false where the system has no such call, or a sandbox forbids
// it
bool look_up(int fd, uint32_t wanted, struct statx* found);
bool is_regular(const struct statx& found);

// Whether the kernel has no way to read this file without waiting (FUSE, network file systems). Some kernels
// let the ring try all the same, on our thread: then the event loop waits for the file system.
bool may_wait(int fd);

// The file's st_mode, of which the type is always in memory; 0 where the system does not say.
uint32_t mode_of(int fd);

// Whether closing the descriptor is over at once: no file system that is told of it, and not the last that
// there is of a file, whose blocks would be freed.
bool closes_at_once(const File& file);

}  // namespace overlapped::uring
