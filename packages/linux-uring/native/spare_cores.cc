#include "spare_cores.h"

#include <sched.h>

#include <type_traits>

namespace overlapped::uring {
namespace {

// Nanoseconds in which one of the threads ran or would have, so that a moment's crowd, such as a garbage
// collection's, says little: the scheduler has threads take turns of some three milliseconds.
constexpr uint64_t kLeastToTell = 20'000'000;
// Who was ready for so many of them is busy.
constexpr uint64_t kLeastBusy = kLeastToTell / 4;
// One in so many of a thread's is a long wait. With a core to spare it is one in twenty or less.
constexpr uint64_t kLongPart = 6;

}  // namespace

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
  // A lone one waits for the threads of V8, which compile and collect garbage, and gains by a copier all the
  // same. It costs no look.
  if (threads_ == nullptr || threads_->next == nullptr) return false;
  bool is_time = false;
  bool is_long = false;
  unsigned busy = 0;
  for (CoreWait* thread = threads_; thread != nullptr; thread = thread->next) {
    const CoreTimes times = thread->since_mark();
    is_time = is_time || times.ready() >= kLeastToTell;
    if (times.ready() < kLeastBusy) continue;
    busy++;
    is_long = is_long || times.waited * kLongPart > times.ready();
  }
  if (!is_time) return false;
  for (CoreWait* thread = threads_; thread != nullptr; thread = thread->next) thread->mark();
  // Nor does it count beside others that are idle.
  const bool wanted = busy > 1 && is_long;
  room_.learn(!wanted);
  return wanted;
}

}  // namespace overlapped::uring
