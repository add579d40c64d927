// How much memory this process may pin. The system counts what is pinned for the user, not for the process,
// and some kernels count rings with it: who took all that is allowed would leave no ring to the user's other
// programs.
#pragma once

#include <atomic>
#include <cstddef>

namespace overlapped::uring {

// Shared by all threads of the process.
class PinBudget {
 public:
  explicit PinBudget(size_t bytes) : left_(bytes) {}
  static PinBudget& of_process();

  // @return false, with nothing taken, where there is not so much left
  bool take(size_t bytes) {
    size_t left = left_.load();
    while (bytes <= left) {
      if (left_.compare_exchange_weak(left, left - bytes)) return true;
    }
    return false;
  }
  void give_back(size_t bytes) { left_.fetch_add(bytes); }

 private:
  std::atomic<size_t> left_;
};

}  // namespace overlapped::uring
