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
namespace {

// Time in which the thread ran or would have, so that a moment's crowd, such as a garbage collection's, says
// little: the scheduler has threads take turns of some three milliseconds.
constexpr uint64_t kLeastNanoseconds = 20'000'000;
// One in so many of it is long. With a core to spare it is one in twenty or less.
constexpr uint64_t kLongPart = 6;

}  // namespace

// The C library has no gettid before glibc 2.30.
CoreWait::CoreWait() : thread_(static_cast<int>(syscall(SYS_gettid))) {}

CoreWait::~CoreWait() {
  if (file_ >= 0) close(file_);
}

std::optional<bool> CoreWait::is_long() {
  const auto now = times();
  if (!now.has_value()) return std::nullopt;
  const uint64_t waited = now->waited - last_.waited;
  const uint64_t ready = now->ran - last_.ran + waited;
  if (ready < kLeastNanoseconds) return std::nullopt;
  last_ = *now;
  return waited * kLongPart > ready;
}

// /proc/.../schedstat: "ran waited turns".
std::optional<CoreTimes> CoreWait::times() {
  if (is_refused_) return std::nullopt;
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
  is_refused_ = true;
  return std::nullopt;
}

}  // namespace overlapped::uring
