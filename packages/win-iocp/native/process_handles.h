// How many handles this process has: what a leak shows in.
#pragma once

#include "win32.h"

namespace overlapped::iocp {

// @return 0 or an error
DWORD count_handles(DWORD* handles);

}  // namespace overlapped::iocp
