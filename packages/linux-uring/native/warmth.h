// What is known of how well a file is cached: whether a second thread, which can't wait for a disk, is worth
// trying.
#pragma once

#include <cstdint>

#include "backoff.h"

namespace overlapped::uring {

// Of one file. Small reads that are cached end with their submission: as many in a row make the file warm.
// Large ones never do (they are `async`), so some are tried to find out.
class Warmth {
 public:
  bool is_warm() const { return streak_ == kWarm; }
  bool is_worth_trying(bool async) { return async ? streak_ != kNever && large_.is_due() : is_warm(); }

  void cached(bool async) {
    if (async) {
      large_.succeeded();
    } else if (streak_ >= 0 && streak_ < kWarm) {
      streak_++;
    }
  }
  void missed(bool async) {
    if (async) {
      large_.failed();
    } else if (streak_ > 0) {
      streak_ = 0;
    }
  }
  // The file system has no reads that don't wait.
  void never() { streak_ = kNever; }

 private:
  static constexpr int8_t kWarm = 32;
  static constexpr int8_t kNever = -1;
  int8_t streak_ = 0;
  Backoff large_{32};  // to try costs little beside a disk
};

}  // namespace overlapped::uring
