// Finds out whether completion ports work here, by using one (R84).
#pragma once

#include <string>

#include "win32.h"

namespace overlapped::iocp {

struct ProbeReport {
  bool works = false;
  const char* step = "";  // where it ended: port, open, bind, read, wait, compare
  DWORD error = 0;        // Win32, or 0 where there is none
};

// Makes a port, reads the beginning of `path` through it and compares it with a plain read.
ProbeReport probe(const std::u16string& path);

// Version of the Wine that this is; empty on Windows.
std::string wine_version();

}  // namespace overlapped::iocp
