#include "file.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace overlapped::uring {
namespace {

constexpr uint32_t kTypeMask = 0170000;
constexpr uint32_t kRegular = 0100000;

}  // namespace

// By number, since not every C library has the call.
bool look_up(int fd, uint32_t wanted, struct statx* found) {
  constexpr int kFlags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
  return syscall(SYS_statx, fd, "", kFlags, wanted, found) == 0 && (found->stx_mask & wanted) == wanted;
}

bool is_regular(const struct statx& found) { return (found.stx_mode & kTypeMask) == kRegular; }

bool may_wait(int fd) {
  constexpr off_t kBeyondEveryFile = off_t{1} << 62;  // nothing is read, only the flag is judged
  std::byte byte{};
  const iovec target{&byte, 1};
  return preadv2(fd, &target, 1, kBeyondEveryFile, RWF_NOWAIT) < 0 && errno == EOPNOTSUPP;
}

uint32_t mode_of(int fd) {
  struct statx found{};
  return look_up(fd, STATX_TYPE, &found) ? found.stx_mode : 0;
}

bool closes_at_once(const File& file) {
  struct statx found{};
  return !file.may_wait && look_up(file.fd, STATX_TYPE | STATX_NLINK, &found) && is_regular(found) &&
         found.stx_nlink > 0;
}

}  // namespace overlapped::uring
