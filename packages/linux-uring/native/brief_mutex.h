// A mutex that is never held for long: who finds it taken looks again before going to sleep for it, since
// being woken costs some fifty times what the holder takes.
#pragma once

#include <mutex>

namespace overlapped::uring {

// Tells the processor that the thread only waits.
inline void pause_briefly() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

class BriefMutex {
 public:
  void lock() {
    for (unsigned look = 0; look < kLooks; look++) {
      if (mutex_.try_lock()) return;
      pause_briefly();
    }
    // The holder has lost its core.
    mutex_.lock();
  }
  bool try_lock() { return mutex_.try_lock(); }
  void unlock() { mutex_.unlock(); }

 private:
  // A few microseconds.
  static constexpr unsigned kLooks = 100;

  std::mutex mutex_;
};

}  // namespace overlapped::uring
