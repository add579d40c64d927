#include "core_wait.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <system_error>

namespace overlapped::uring {

// The C library has no gettid before glibc 2.30.
CoreWait::CoreWait() : thread_(static_cast<int>(syscall(SYS_gettid))) {}

CoreWait::~CoreWait() {
  if (file_ >= 0) close(file_);
}

CoreTimes CoreWait::since_mark() {
  const auto now = is_refused_ ? std::nullopt : times();
  is_refused_ = !now.has_value();
  last_ = now.value_or(mark_);
  return {.ran = last_.ran - mark_.ran, .waited = last_.waited - mark_.waited};
}

// /proc/.../schedstat: "ran waited turns".
std::optional<CoreTimes> CoreWait::times() {
  if (file_ < 0) {
    const std::string path = "/proc/self/task/" + std::to_string(thread_) + "/schedstat";
    file_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  }
  std::array<char, 64> text{};
  const ssize_t length = file_ < 0 ? -1 : pread(file_, text.data(), text.size(), 0);
  const char* const end = text.data() + std::max<ssize_t>(length, 0);
  CoreTimes times;
  const auto ran = std::from_chars(text.data(), end, times.ran);
  if (ran.ec == std::errc{} && ran.ptr != end) {
    const auto waited = std::from_chars(ran.ptr + 1, end, times.waited);
    if (waited.ec == std::errc{}) return times;
  }
  return std::nullopt;
}

}  // namespace overlapped::uring
