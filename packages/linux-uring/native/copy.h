// Reads that the copier's thread can do, and what it made of them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace overlapped::uring {

// A read of which the bytes are most likely cached.
struct Copy {
  uint32_t slot = 0;
  int fd = -1;
  int buffer_index = -1;  // in the table of lent memory that both threads' rings have
  std::byte* address = nullptr;
  uint32_t length = 0;
  uint64_t position = 0;
  bool async = false;        // not for a caller that has something else to do
  bool together = false;     // its caller waits for all that say so
  bool handed_over = false;  // out of the line: one that is worth a thread's while

  // In bytes: what it copies, and what a read costs besides.
  uint64_t cost() const { return uint64_t{length} + (8 << 10); }
};

// What the copier made of it: bytes, or -errno.
struct Copied {
  uint32_t slot = 0;
  int32_t result = 0;
  bool handed_over = false;
};

}  // namespace overlapped::uring
