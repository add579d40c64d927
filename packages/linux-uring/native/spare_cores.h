// The cores that this process may use and none of its threads that read needs: a copier's thread is for
// those.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>

#include "backoff.h"
#include "core_wait.h"

namespace overlapped::uring {

// After copiers took a core that was wanted, so many calls for one are not answered: at 64 KiB each, at least
// some ten milliseconds, at most a second.
inline constexpr uint32_t kLeastUncalled = 256;
inline constexpr uint32_t kMostUncalled = 32768;

class SpareCores {
 public:
  // @param spare how many may be taken at once
  explicit SpareCores(size_t spare) : spare_(spare) {}
  // The cores that this process may use, less one for who asks.
  static SpareCores& of_process();

  // A thread that shares its reads with a copier, until it leaves.
  void enter(CoreWait& thread);
  void leave(CoreWait& thread);

  // @return false where there is none
  bool take();
  void give_back();
  // Whether several of those threads are busy, and one of them has had to wait for a core.
  bool are_wanted();

 private:
  bool ask();

  std::mutex mutex_;
  CoreWait* threads_ = nullptr;  // a list
  size_t spare_;
  Backoff room_{kMostUncalled, kLeastUncalled};
};

}  // namespace overlapped::uring
