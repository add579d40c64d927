// CreateFile with the article's arguments, and what else there is to do with a handle but read it. No
// Node-API here.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "win32.h"

namespace overlapped::iocp {

// As core names them.
enum class AccessHint : uint8_t { Normal, Random, Sequential };
enum class FileKind : uint8_t { Regular, Character, Pipe, Other };

struct OpenRequest {
  std::u16string path;  // as Windows takes it, UTF-16, with \\?\ where it is long
  bool direct = false;
  bool readable = true;
  bool overlapped = true;
  AccessHint access = AccessHint::Normal;
};

// Owns a handle; closes it.
class FileHandle {
 public:
  FileHandle() = default;
  explicit FileHandle(HANDLE handle) : handle_(handle) {}
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  ~FileHandle() { (void)close(); }

  HANDLE get() const { return handle_; }
  bool is_open() const { return handle_ != INVALID_HANDLE_VALUE; }
  // The number may be somebody else's handle by now: it is not ours to close (R56).
  void forget() { handle_ = INVALID_HANDLE_VALUE; }
  // @return 0 or the last error
  DWORD close();

 private:
  HANDLE handle_ = INVALID_HANDLE_VALUE;
};

struct OpenResult {
  DWORD error = 0;   // what core hears: a directory is 1, which means EISDIR (R5)
  DWORD native = 0;  // what Windows said
  HANDLE handle = INVALID_HANDLE_VALUE;
  FileKind kind = FileKind::Other;
  bool direct = false;
  // Compressed or encrypted: Windows reads such files before ReadFile returns.
  bool synchronous = false;
};

OpenResult open_file(const OpenRequest& request);

// As fs.BigIntStats has them; times in nanoseconds since 1970.
enum class StatField : uint32_t {
  Kind,
  ReadOnly,
  Device,
  Inode,
  Links,
  Size,
  Blocks,
  AccessTime,
  ModifyTime,
  ChangeTime,
  BirthTime,
  Count,
};
using FileStatus = std::array<int64_t, static_cast<size_t>(StatField::Count)>;

// By handle, so that renaming or deleting the file does not matter. @return 0 or the last error
DWORD stat_file(HANDLE handle, FileStatus* status);

}  // namespace overlapped::iocp
