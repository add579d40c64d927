#include "process_handles.h"

#include <winternl.h>

#include <cstdint>
#include <vector>

namespace overlapped::iocp {
namespace {

// NtQuerySystemInformation's SystemExtendedHandleInformation, which winternl.h leaves out.
constexpr auto kExtendedHandleInformation = static_cast<SYSTEM_INFORMATION_CLASS>(64);
constexpr DWORD kStatusLengthMismatch = 0xc000'0004;

struct HandleEntry {
  void* object;
  ULONG_PTR process;
  ULONG_PTR handle;
  ULONG access;
  USHORT trace_index;
  USHORT type;
  ULONG attributes;
  ULONG reserved;
};

struct HandleList {
  ULONG_PTR count;
  ULONG_PTR reserved;
  HandleEntry entries[1];
};

// Every handle of the system, of which ours are counted.
DWORD count_in_list(DWORD* handles) {
  std::vector<uint64_t> memory(8192);
  DWORD status = kStatusLengthMismatch;
  while (status == kStatusLengthMismatch) {
    memory.resize(2 * memory.size());
    const auto bytes = static_cast<ULONG>(memory.size() * sizeof(uint64_t));
    ULONG needed = 0;
    status = static_cast<DWORD>(
        NtQuerySystemInformation(kExtendedHandleInformation, memory.data(), bytes, &needed));
  }
  if (status != kStatusSuccess) return RtlNtStatusToDosError(static_cast<NTSTATUS>(status));
  const auto* list = reinterpret_cast<const HandleList*>(memory.data());
  *handles = 0;
  for (ULONG_PTR i = 0; i < list->count; i++) {
    if (list->entries[i].process == GetCurrentProcessId()) (*handles)++;
  }
  return kErrorSuccess;
}

}  // namespace

DWORD count_handles(DWORD* handles) {
  if (!GetProcessHandleCount(GetCurrentProcess(), handles)) return GetLastError();
  return *handles > 0 ? kErrorSuccess : count_in_list(handles);  // Wine 8 says 0
}

}  // namespace overlapped::iocp
