// The line of reads that either of two threads may take. Locking is the caller's business.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "copy.h"

namespace overlapped::uring {

enum class Taker : uint8_t { Caller, Thread };

// A thread takes the oldest read, then those of its half of the buffers, then the others. A buffer that the
// other core wrote to last is in its cache: to write to it costs a seventh more. The oldest goes first so
// that none waits for ever.
class Line {
 public:
  // @param capacity the most reads at once
  explicit Line(uint32_t capacity) : halves_{Half(capacity), Half(capacity)} {}

  // Without the lock: tells whether a look is worth one.
  uint32_t count() const { return count_.load(std::memory_order_relaxed); }
  // Of all that is in line; see Copy::cost.
  uint64_t cost() const { return cost_; }

  void put(const Copy& copy) {
    halves_[static_cast<size_t>(half_of(copy))].put({copy, arrivals_++});
    cost_ += copy.cost();
    count_.store(count() + 1, std::memory_order_relaxed);
  }

  // Takes reads until `cost` is reached, or `max` are; where that is all of them, in their order.
  // @return how many were written to `out`
  uint32_t take(Copy* out, uint64_t cost, uint32_t max, Taker taker) {
    const uint32_t limit = std::min(count(), max);
    const bool all = cost >= cost_ && limit == count();
    uint32_t taken = 0;
    for (uint64_t sum = 0; sum < cost && taken < limit; taken++) {
      out[taken] = (taken == 0 || all ? oldest() : preferred(taker)).take();
      sum += out[taken].cost();
      cost_ -= out[taken].cost();
    }
    count_.store(count() - taken, std::memory_order_relaxed);
    return taken;
  }

 private:
  struct Waiting {
    Copy copy;
    uint64_t arrival = 0;
  };

  // A ring, which can't overflow since a slot carries one read.
  class Half {
   public:
    explicit Half(uint32_t capacity) : entries_(capacity) {}

    bool empty() const { return count_ == 0; }
    uint64_t arrival() const { return entries_[first_].arrival; }
    void put(const Waiting& waiting) { entries_[(first_ + count_++) % entries_.size()] = waiting; }
    const Copy& take() {
      const Copy& copy = entries_[first_].copy;
      first_ = first_ + 1 == entries_.size() ? 0 : first_ + 1;
      count_--;
      return copy;
    }

   private:
    std::vector<Waiting> entries_;
    uint32_t first_ = 0;
    uint32_t count_ = 0;
  };

  // Neighbours in a slab of buffers go to different threads.
  static Taker half_of(const Copy& copy) {
    const auto place = reinterpret_cast<uintptr_t>(copy.address) / std::max(copy.length, 1U);
    return place % 2 == 0 ? Taker::Caller : Taker::Thread;
  }

  Half& oldest() {
    auto& [one, other] = halves_;
    if (one.empty()) return other;
    return other.empty() || one.arrival() < other.arrival() ? one : other;
  }

  Half& preferred(Taker taker) {
    Half& own = halves_[static_cast<size_t>(taker)];
    return own.empty() ? halves_[1 - static_cast<size_t>(taker)] : own;
  }

  std::array<Half, 2> halves_;
  std::atomic<uint32_t> count_ = 0;
  uint64_t cost_ = 0;
  uint64_t arrivals_ = 0;
};

}  // namespace overlapped::uring
