// So much of something that this process may use at once, shared by all of its threads.
#pragma once

#include <atomic>
#include <cstddef>

namespace overlapped::uring {

class Allowance {
 public:
  explicit Allowance(size_t amount) : left_(amount) {}

  // @return false, with nothing taken, where there is not so much left
  bool take(size_t amount = 1) {
    size_t left = left_.load();
    while (amount <= left) {
      if (left_.compare_exchange_weak(left, left - amount)) return true;
    }
    return false;
  }
  void give_back(size_t amount = 1) { left_.fetch_add(amount); }

 private:
  std::atomic<size_t> left_;
};

}  // namespace overlapped::uring
