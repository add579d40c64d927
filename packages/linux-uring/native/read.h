// A read, as the driver has it.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>

#include "warmth.h"

namespace overlapped::uring {

// With everything resolved. `hold` is given back when its slot ends.
struct Read {
  int fd = -1;
  int file_index = -1;    // in the ring's table of files; -1 where it is not in there
  int buffer_index = -1;  // of its memory in the ring's table of buffers; -1 where it is not in there
  std::byte* address = nullptr;
  uint32_t length = 0;
  uint64_t position = 0;
  uint32_t done = 0;           // bytes that were copied in front of `address`
  bool async = false;          // not for the JS thread while that has something else to do
  bool alone = false;          // `async`, but that has nothing else to do, and may copy it
  bool together = false;       // its caller waits for all of its submission that say so
  Warmth* warmth = nullptr;    // of its file; null where the copier must not have it
  uint64_t submitted_in = 0;   // pumps that were over when the kernel's queue got it
  bool cancelled = false;      // before the kernel saw it
  uint8_t retries = 0;         // of the read
  uint8_t cancel_retries = 0;  // of its cancellation, where the kernel never saw it or it missed its read
  void* hold = nullptr;

  // It goes on behind bytes that are there.
  void skip(uint32_t bytes) {
    address += bytes;
    position += bytes;
    length -= bytes;
    done += bytes;
  }
};

// Writes a read to an entry of the queue. `Operation` has an address, a length and a position.
// @param buffer_index of the memory in the ring's table of buffers, or -1
template <class Operation>
void prepare_read(io_uring_sqe* entry, int fd, const Operation& read, int buffer_index) {
  if (buffer_index < 0) {
    io_uring_prep_read(entry, fd, read.address, read.length, read.position);
  } else {
    io_uring_prep_read_fixed(entry, fd, read.address, read.length, read.position, buffer_index);
  }
}

}  // namespace overlapped::uring
