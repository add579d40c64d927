#include "pin_budget.h"

#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace overlapped::uring {
namespace {

// Pinned memory can't be moved, and the system wants to move some.
constexpr rlim_t kMost = 256 << 20;
// Of what the user may lock, what one process takes. Where the limit is small, as it often is (8 MiB), that
// is less than any region, and none is pinned.
constexpr rlim_t kShare = 32;

bool is_in_first_user_namespace() {
  constexpr std::string_view kFirst = "user:[4026531837]";  // PROC_USER_INIT_INO
  std::array<char, 64> link{};
  const ssize_t length = readlink("/proc/self/ns/user", link.data(), link.size());
  return length > 0 && std::string_view(link.data(), static_cast<size_t>(length)) == kFirst;
}

// Who may lock memory at will, is not counted. The capability has to be one of the system, not of a container
// that has its own users.
bool is_counted() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return true;
  const bool may_lock = (sets[0].effective & (1U << CAP_IPC_LOCK)) != 0;
  return !may_lock || !is_in_first_user_namespace();
}

size_t limit_of_process() {
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return 0;
  if (limit.rlim_cur == RLIM_INFINITY || !is_counted()) return kMost;
  return std::min(kMost, limit.rlim_cur / kShare);
}

}  // namespace

PinBudget& PinBudget::of_process() {
  static PinBudget budget(limit_of_process());
  return budget;
}

}  // namespace overlapped::uring
