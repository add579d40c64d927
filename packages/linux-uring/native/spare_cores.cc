#include "spare_cores.h"

#include <sched.h>

#include <type_traits>

namespace overlapped::uring {

// `process.exit` ends no copier, whose thread may come here until the process is gone.
static_assert(std::is_trivially_destructible_v<SpareCores>);

SpareCores& SpareCores::of_process() {
  static SpareCores cores([]() -> size_t {
    cpu_set_t usable;
    // Fails on machines with more cores than the set has room for: there are some to spare.
    return sched_getaffinity(0, sizeof usable, &usable) == 0 ? CPU_COUNT(&usable) - 1 : CPU_SETSIZE;
  }());
  return cores;
}

void SpareCores::enter(CoreWait& thread) {
  const std::lock_guard lock(mutex_);
  thread.next = threads_;
  threads_ = &thread;
}

void SpareCores::leave(CoreWait& thread) {
  const std::lock_guard lock(mutex_);
  CoreWait** place = &threads_;
  while (*place != &thread) place = &(*place)->next;
  *place = thread.next;
}

bool SpareCores::take() {
  const std::lock_guard lock(mutex_);
  if (spare_ == 0 || !room_.is_due() || ask()) return false;
  spare_--;
  return true;
}

void SpareCores::give_back() {
  const std::lock_guard lock(mutex_);
  spare_++;
}

bool SpareCores::are_wanted() {
  const std::lock_guard lock(mutex_);
  return ask();
}

bool SpareCores::ask() {
  // A lone thread waits for those of V8, which compile and collect garbage, and gains by a copier all the
  // same.
  if (threads_ == nullptr || threads_->next == nullptr) return false;
  bool wanted = false;
  bool known = false;
  for (CoreWait* thread = threads_; thread != nullptr; thread = thread->next) {
    const auto is_long = thread->is_long();
    known = known || is_long.has_value();
    wanted = wanted || is_long.value_or(false);
  }
  if (known) room_.learn(!wanted);
  return wanted;
}

}  // namespace overlapped::uring
