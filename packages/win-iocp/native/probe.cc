#include "probe.h"

#include <cstring>
#include <memory>

#include "files.h"

namespace overlapped::iocp {
namespace {

constexpr DWORD kProbeTimeoutMs = 5000;
constexpr DWORD kProbeBytes = 16;

struct ProbeRead {
  OVERLAPPED overlapped;
  char bytes[kProbeBytes];
};

ProbeReport refuse(const char* step, DWORD error) { return {.step = step, .error = error}; }

// The first bytes, by the simplest call there is: a handle without FILE_FLAG_OVERLAPPED.
DWORD read_plainly(const std::u16string& path, char* bytes) {
  const OpenResult opened = open_file({.path = path, .overlapped = false});
  if (opened.error != kErrorSuccess) return 0;
  const FileHandle file(opened.handle);
  DWORD count = 0;
  return ReadFile(file.get(), bytes, kProbeBytes, &count, nullptr) ? count : 0;
}

ProbeReport read_through(HANDLE port, HANDLE file, const std::u16string& path) {
  auto read = std::make_unique<ProbeRead>();
  if (!ReadFile(file, read->bytes, kProbeBytes, nullptr, &read->overlapped) &&
      GetLastError() != kErrorIoPending) {
    return refuse("read", GetLastError());
  }
  DWORD count = 0;
  ULONG_PTR key = 0;
  OVERLAPPED* completed = nullptr;
  const BOOL succeeded = GetQueuedCompletionStatus(port, &count, &key, &completed, kProbeTimeoutMs);
  const DWORD error = succeeded ? kErrorSuccess : GetLastError();
  if (completed == nullptr) {
    (void)read.release();  // Windows may still write to it: better lost than freed
    return refuse("wait", error);
  }
  if (!succeeded) return refuse("read", error);
  char expected[kProbeBytes] = {};
  const DWORD there = read_plainly(path, expected);
  const bool same = completed == &read->overlapped && count == there && count > 0 &&
                    std::memcmp(expected, read->bytes, count) == 0;
  return same ? ProbeReport{.works = true} : refuse("compare", 0);
}

}  // namespace

ProbeReport probe(const std::u16string& path) {
  const FileHandle port(CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1));
  if (port.get() == nullptr) return refuse("port", GetLastError());
  const OpenResult opened = open_file({.path = path});
  if (opened.error != kErrorSuccess) return refuse("open", opened.native);
  const FileHandle file(opened.handle);
  if (CreateIoCompletionPort(file.get(), port.get(), 0, 0) == nullptr) return refuse("bind", GetLastError());
  return read_through(port.get(), file.get(), path);
}

std::string wine_version() {
  const HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
  if (ntdll == nullptr) return {};
  const auto version =
      reinterpret_cast<const char* (*)()>(reinterpret_cast<void*>(GetProcAddress(ntdll, "wine_get_version")));
  return version == nullptr ? std::string() : std::string(version());
}

}  // namespace overlapped::iocp
