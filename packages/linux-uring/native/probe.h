// Finds out whether io_uring works here, by using it (R84).
#pragma once

#include <string>

namespace overlapped::uring {

struct ProbeReport {
  bool works = false;
  const char* step = "";  // where it ended: setup, features, opcodes, nop, read, compare
  int error = 0;          // errno, or 0 where there is none
  std::string rung;
  unsigned features = 0;
};

// Makes a small ring, asks for the opcodes, runs a no-op, reads the beginning of `path` and compares it with
// pread.
ProbeReport probe(const char* path);

}  // namespace overlapped::uring
