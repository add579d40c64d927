// The Win32 types and numbers that the driver knows. On Windows they are the system's; elsewhere, where only
// the driver's own tests are built, the few that they need are declared here with the same layout.
#pragma once

#ifdef _WIN32
#include <windows.h>
#else
#include <cstdint>
using BOOL = int;
using DWORD = uint32_t;
using ULONG = uint32_t;
using ULONG_PTR = uintptr_t;
using HANDLE = void*;
struct OVERLAPPED {
  ULONG_PTR Internal;
  ULONG_PTR InternalHigh;
  DWORD Offset;
  DWORD OffsetHigh;
  HANDLE hEvent;
};
struct OVERLAPPED_ENTRY {
  ULONG_PTR lpCompletionKey;
  OVERLAPPED* lpOverlapped;
  ULONG_PTR Internal;
  DWORD dwNumberOfBytesTransferred;
};
#endif

static_assert(sizeof(OVERLAPPED) == 32 && sizeof(OVERLAPPED_ENTRY) == 32,
              "64-bit Windows is what we build for");

namespace overlapped::iocp {

// winerror.h's numbers under names that no macro takes.
inline constexpr DWORD kErrorSuccess = 0;
inline constexpr DWORD kErrorAccessDenied = 5;
inline constexpr DWORD kErrorInvalidHandle = 6;
inline constexpr DWORD kErrorNotEnoughMemory = 8;
inline constexpr DWORD kErrorHandleEof = 38;
inline constexpr DWORD kErrorInvalidParameter = 87;
inline constexpr DWORD kErrorBrokenPipe = 109;
inline constexpr DWORD kErrorPipeNotConnected = 233;
inline constexpr DWORD kErrorMoreData = 234;
inline constexpr DWORD kWaitTimeout = 258;
inline constexpr DWORD kErrorAbandonedWait = 735;
inline constexpr DWORD kErrorOperationAborted = 995;
inline constexpr DWORD kErrorIoPending = 997;
inline constexpr DWORD kErrorNoAccess = 998;
inline constexpr DWORD kErrorNoSystemResources = 1450;
inline constexpr DWORD kErrorWorkingSetQuota = 1453;
inline constexpr DWORD kErrorInvalidUserBuffer = 1784;
inline constexpr DWORD kErrorNotEnoughQuota = 1816;

// ntstatus.h's.
inline constexpr DWORD kStatusSuccess = 0;
inline constexpr DWORD kStatusPending = 0x0000'0103;
inline constexpr DWORD kStatusBufferOverflow = 0x8000'0005;
inline constexpr DWORD kStatusEndOfFile = 0xc000'0011;
inline constexpr DWORD kStatusCancelled = 0xc000'0120;

}  // namespace overlapped::iocp
