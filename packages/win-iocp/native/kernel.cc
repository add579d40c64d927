#include "kernel.h"

#include <winternl.h>

namespace overlapped::iocp {

DWORD Kernel::open() {
  // One thread dequeues, so one may run.
  port_ = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1);
  return port_ != nullptr ? kErrorSuccess : GetLastError();  // it fails with NULL, not with -1
}

void Kernel::close() {
  if (port_ == nullptr) return;
  CloseHandle(port_);
  port_ = nullptr;
}

DWORD Kernel::associate(HANDLE file) {
  return CreateIoCompletionPort(file, port_, kReadKey, 0) == port_ ? kErrorSuccess : GetLastError();
}

ReadReturn Kernel::read(HANDLE file, void* buffer, DWORD length, OVERLAPPED* overlapped) {
  if (ReadFile(file, buffer, length, nullptr, overlapped)) return {true, kErrorSuccess};
  return {false, GetLastError()};
}

void Kernel::cancel(HANDLE file, OVERLAPPED* overlapped) { (void)CancelIoEx(file, overlapped); }

ULONG Kernel::dequeue(OVERLAPPED_ENTRY* entries, ULONG max) {
  ULONG count = 0;
  for (;;) {
    if (GetQueuedCompletionStatusEx(port_, entries, max, &count, INFINITE, FALSE)) return count;
    if (GetLastError() != kWaitTimeout) return 0;
  }
}

bool Kernel::post(ULONG_PTR key) { return PostQueuedCompletionStatus(port_, 0, key, nullptr) != 0; }

DWORD Kernel::error_of(DWORD status) { return RtlNtStatusToDosError(static_cast<NTSTATUS>(status)); }

bool Kernel::size_of(HANDLE file, uint64_t* bytes) {
  LARGE_INTEGER size;
  if (!GetFileSizeEx(file, &size)) return false;
  *bytes = static_cast<uint64_t>(size.QuadPart);
  return true;
}

}  // namespace overlapped::iocp
