// How often something is tried that may fail.
#pragma once

#include <algorithm>
#include <cstdint>

namespace overlapped::uring {

// Whether something is worth trying: after each failure it is tried less often, until it succeeds again.
class Backoff {
 public:
  // @param most how many times in a row it is not tried, at the most; `least` after one failure
  explicit Backoff(uint32_t most, uint32_t least = 8) : most_(most), least_(least) {}

  bool is_due() {
    if (skip_ == 0) return true;
    skip_--;
    return false;
  }
  void succeeded() { penalty_ /= 2; }
  void failed() { skip_ = penalty_ = std::min(2 * penalty_ + least_, most_); }
  void learn(bool success) { success ? succeeded() : failed(); }

 private:
  uint32_t most_;
  uint32_t least_;
  uint32_t penalty_ = 0;
  uint32_t skip_ = 0;
};

}  // namespace overlapped::uring
