// The calls of Windows that the driver makes, and nothing else: the seam that tests replace with a scripted
// one.
#pragma once

#include <cstdint>

#include "win32.h"

namespace overlapped::iocp {

// What ReadFile said. `error` is GetLastError, taken in the same call before anything else can disturb it
// (R55).
struct ReadReturn {
  bool succeeded;
  DWORD error;
};

// Completion keys: who put a packet into the port.
inline constexpr ULONG_PTR kReadKey = 1;   // Windows, for a handle of ours
inline constexpr ULONG_PTR kFenceKey = 2;  // ourselves: whatever was queued before this has been dequeued
inline constexpr ULONG_PTR kExitKey = 3;   // ourselves: the drain thread is to end

// One completion port. `read`, `cancel` and `post` may be called from any thread, `dequeue` from one.
class Kernel {
 public:
  Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  ~Kernel() { close(); }

  // CreateIoCompletionPort. @return 0 or the last error
  DWORD open();
  void close();

  // The same call, for a file: its reads complete to this port until the handle closes (R8, R11). @return 0
  // or the last error
  DWORD associate(HANDLE file);

  // ReadFile with a null byte count, as the article calls it (section 2.6).
  ReadReturn read(HANDLE file, void* buffer, DWORD length, OVERLAPPED* overlapped);

  // CancelIoEx. What it returns decides nothing (R63), so it is not returned.
  void cancel(HANDLE file, OVERLAPPED* overlapped);

  // GetQueuedCompletionStatusEx, waiting for at least one packet. It succeeds also when every entry failed:
  // look at each one's status (R16). @return entries, or 0 when the port is closed
  ULONG dequeue(OVERLAPPED_ENTRY* entries, ULONG max);

  // PostQueuedCompletionStatus with a null overlapped. @return false if Windows lacks the resources
  bool post(ULONG_PTR key);

  // RtlNtStatusToDosError.
  DWORD error_of(DWORD status);

  // GetFileSizeEx. @return false if the handle has no size
  bool size_of(HANDLE file, uint64_t* bytes);

 private:
  HANDLE port_ = nullptr;
};

}  // namespace overlapped::iocp
