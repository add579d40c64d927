#include "opener.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "file.h"

namespace overlapped::uring {
namespace {

constexpr size_t kMostDevices = 64;

uint64_t device_of(const struct statx& found) {
  return (uint64_t{found.stx_dev_major} << 32) | found.stx_dev_minor;
}

// Fails with EAGAIN rather than wait for a part of the path (5.12). By number, since no C library has the
// call.
int open_cached(const char* path, int flags) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_CACHED;
  return static_cast<int>(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how));
}

}  // namespace

int Opener::open(const char* path, bool direct) {
  if (!supported_ || devices_.empty()) return -1;
  // First without opening: a device or a FIFO may notice even that.
  const int place = open_cached(path, O_PATH);
  if (place < 0) {
    supported_ = errno != ENOSYS && errno != EPERM && errno != EINVAL;  // as old kernels and sandboxes answer
    return -1;
  }
  const bool at_once = opens_at_once(place);
  ::close(place);
  if (!at_once) return -1;
  // The path may have become another file's meanwhile: nothing waits for that one (a FIFO, a lease), and it
  // is looked at again.
  const int flags = O_RDONLY | (direct ? O_DIRECT : 0);
  const int fd = open_cached(path, flags | O_NONBLOCK);
  if (fd < 0) return -1;
  // Without O_NONBLOCK from here on: the ring would fail reads that have to wait for the disk.
  if (opens_at_once(fd) && fcntl(fd, F_SETFL, flags) == 0) return fd;
  ::close(fd);
  return -1;
}

void Opener::learn(int fd, bool may_wait) {
  struct statx found{};
  if (!look_up(fd, STATX_TYPE, &found) || !is_regular(found)) return;
  const auto known = std::find(devices_.begin(), devices_.end(), device_of(found));
  if (may_wait && known != devices_.end()) {
    devices_.erase(known);  // a number that belongs to another file system now
  } else if (!may_wait && known == devices_.end() && devices_.size() < kMostDevices) {
    devices_.push_back(device_of(found));
  }
}

bool Opener::opens_at_once(int fd) const {
  struct statx found{};
  return look_up(fd, STATX_TYPE, &found) && is_regular(found) &&
         std::find(devices_.begin(), devices_.end(), device_of(found)) != devices_.end();
}

}  // namespace overlapped::uring
