// Whether a thread has to wait for a core, as the kernel's scheduler counts it.
#pragma once

#include <cstdint>
#include <optional>

namespace overlapped::uring {

// What the scheduler has counted of a thread, in nanoseconds.
struct CoreTimes {
  uint64_t ran = 0;
  uint64_t waited = 0;  // ready to run, with another thread on the core
};

class CoreWait {
 public:
  // Of the calling thread. Any thread may ask, one at a time.
  CoreWait();
  virtual ~CoreWait();
  CoreWait(const CoreWait&) = delete;
  CoreWait& operator=(const CoreWait&) = delete;

  // Whether it has waited for long since the last answer. Nothing where that is too short ago, or the system
  // does not say.
  std::optional<bool> is_long();

  CoreWait* next = nullptr;  // in the list of SpareCores

 protected:
  virtual std::optional<CoreTimes> times();

 private:
  const int thread_;
  int file_ = -1;
  bool is_refused_ = false;
  CoreTimes last_;
};

}  // namespace overlapped::uring
