// Whether a thread has to wait for a core, as the kernel's scheduler counts it.
#pragma once

#include <cstdint>
#include <optional>

namespace overlapped::uring {

// What the scheduler has counted of a thread, in nanoseconds.
struct CoreTimes {
  uint64_t ran = 0;
  uint64_t waited = 0;  // ready to run, with another thread on the core

  uint64_t ready() const { return ran + waited; }
};

class CoreWait {
 public:
  // Of the calling thread. Any thread may ask, one at a time.
  CoreWait();
  virtual ~CoreWait();
  CoreWait(const CoreWait&) = delete;
  CoreWait& operator=(const CoreWait&) = delete;

  // Counted since the last mark; zeros where the system does not say.
  CoreTimes since_mark();
  // From here on; what was counted since the last look is left out.
  void mark() { mark_ = last_; }

  CoreWait* next = nullptr;  // in the list of SpareCores

 protected:
  // Counted in all. Once it says nothing it is not asked again.
  virtual std::optional<CoreTimes> times();

 private:
  const int thread_;
  int file_ = -1;
  bool is_refused_ = false;
  CoreTimes last_;
  CoreTimes mark_;
};

}  // namespace overlapped::uring
