#include "files.h"

namespace overlapped::iocp {
namespace {

static_assert(sizeof(char16_t) == sizeof(wchar_t), "Windows' wide characters are UTF-16");

constexpr DWORD kErrorIsDirectory = 1;  // ERROR_INVALID_FUNCTION, what reading a directory handle says

const wchar_t* wide(const std::u16string& text) { return reinterpret_cast<const wchar_t*>(text.c_str()); }

DWORD flags_of(const OpenRequest& request) {
  DWORD flags = 0;
  if (request.overlapped) flags |= FILE_FLAG_OVERLAPPED;
  if (request.direct) flags |= FILE_FLAG_NO_BUFFERING;
  if (request.access == AccessHint::Random) flags |= FILE_FLAG_RANDOM_ACCESS;
  if (request.access == AccessHint::Sequential) flags |= FILE_FLAG_SEQUENTIAL_SCAN;
  return flags;
}

// Without FILE_FLAG_BACKUP_SEMANTICS, which the article does not pass, a directory is "access denied" (R5).
bool is_directory(const wchar_t* path) {
  const DWORD attributes = GetFileAttributesW(path);
  return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

FileKind kind_of(HANDLE handle) {
  switch (GetFileType(handle)) {
    case FILE_TYPE_DISK:
      return FileKind::Regular;
    case FILE_TYPE_CHAR:
      return FileKind::Character;
    case FILE_TYPE_PIPE:
      return FileKind::Pipe;
    default:
      return FileKind::Other;
  }
}

// From 100 ns since 1601 to ns since 1970.
int64_t nanoseconds(LARGE_INTEGER time) {
  constexpr int64_t kEpoch = 116'444'736'000'000'000;
  return (time.QuadPart - kEpoch) * 100;
}

int64_t joined(DWORD high, DWORD low) { return static_cast<int64_t>((uint64_t{high} << 32) | low); }

}  // namespace

DWORD FileHandle::close() {
  if (!is_open()) return kErrorSuccess;
  const HANDLE handle = handle_;
  handle_ = INVALID_HANDLE_VALUE;
  return CloseHandle(handle) ? kErrorSuccess : GetLastError();
}

OpenResult open_file(const OpenRequest& request) {
  OpenResult result;
  // The article's seven arguments: name, access, share everything, no security attributes and so no
  // inheritance, open existing, overlapped, no template (R1).
  result.handle = CreateFileW(wide(request.path), request.readable ? GENERIC_READ : GENERIC_WRITE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING,
                              flags_of(request), nullptr);
  if (result.handle == INVALID_HANDLE_VALUE) {
    result.native = GetLastError();
    const bool directory = result.native == kErrorAccessDenied && is_directory(wide(request.path));
    result.error = directory ? kErrorIsDirectory : result.native;
    return result;
  }
  result.kind = kind_of(result.handle);
  result.direct = request.direct;
  BY_HANDLE_FILE_INFORMATION information;
  constexpr DWORD kSynchronous = FILE_ATTRIBUTE_COMPRESSED | FILE_ATTRIBUTE_ENCRYPTED;
  result.synchronous = result.kind == FileKind::Regular &&
                       GetFileInformationByHandle(result.handle, &information) &&
                       (information.dwFileAttributes & kSynchronous) != 0;
  return result;
}

DWORD stat_file(HANDLE handle, FileStatus* status) {
  status->fill(0);
  const auto set = [status](StatField field, int64_t value) {
    (*status)[static_cast<size_t>(field)] = value;
  };
  const FileKind kind = kind_of(handle);
  set(StatField::Kind, static_cast<int64_t>(kind));
  if (kind != FileKind::Regular) return kErrorSuccess;  // pipes and devices have nothing more to say
  BY_HANDLE_FILE_INFORMATION identity;
  FILE_STANDARD_INFO standard;
  FILE_BASIC_INFO basic;
  if (!GetFileInformationByHandle(handle, &identity) ||
      !GetFileInformationByHandleEx(handle, FileStandardInfo, &standard, sizeof standard) ||
      !GetFileInformationByHandleEx(handle, FileBasicInfo, &basic, sizeof basic)) {
    return GetLastError();
  }
  set(StatField::ReadOnly, (basic.FileAttributes & FILE_ATTRIBUTE_READONLY) != 0);
  set(StatField::Device, identity.dwVolumeSerialNumber);
  set(StatField::Inode, joined(identity.nFileIndexHigh, identity.nFileIndexLow));
  set(StatField::Links, standard.NumberOfLinks);
  set(StatField::Size, standard.EndOfFile.QuadPart);
  set(StatField::Blocks, standard.AllocationSize.QuadPart / 512);
  set(StatField::AccessTime, nanoseconds(basic.LastAccessTime));
  set(StatField::ModifyTime, nanoseconds(basic.LastWriteTime));
  set(StatField::ChangeTime, nanoseconds(basic.ChangeTime));
  set(StatField::BirthTime, nanoseconds(basic.CreationTime));
  return kErrorSuccess;
}

}  // namespace overlapped::iocp
