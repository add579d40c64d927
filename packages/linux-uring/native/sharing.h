// Which reads the JS thread shares with the copier, and when. Reads of warm files are gathered here until the
// next pump; then they stand in the copier's line, or are all the JS thread's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "copier.h"

namespace overlapped::uring {

// How many reads of a file in a row were over when their submission returned: their bytes were cached.
// Only reads that most likely are cached are worth a second thread, which can't wait for a disk.
class Warmth {
 public:
  bool is_warm() const { return streak_ == kWarm; }
  void cached() {
    if (streak_ >= 0 && streak_ < kWarm) streak_++;
  }
  void missed() {
    if (streak_ > 0) streak_ = 0;
  }
  // The file system has no reads that don't wait.
  void never() { streak_ = kNever; }

 private:
  static constexpr int8_t kWarm = 32;
  static constexpr int8_t kNever = -1;
  int8_t streak_ = 0;
};

// Whether sharing pays. It does where the caller goes on with the reads that we did while the other thread
// does the rest. Where it wants all of them first, it sleeps meanwhile, and being woken costs more than was
// gained: then sharing is tried less and less often, until something follows again.
class Benefit {
 public:
  bool expected() {
    if (skip_ == 0) return true;
    skip_--;
    return false;
  }
  void followed() { penalty_ /= 2; }
  void nothing_followed() { skip_ = penalty_ = std::min(2 * penalty_ + 8, kMostSkipped); }

 private:
  static constexpr uint32_t kMostSkipped = 1024;
  uint32_t penalty_ = 0;
  uint32_t skip_ = 0;
};

// `Copies` is Copier, or a scripted one in tests.
template <class Copies>
class Sharing {
 public:
  Sharing(Copies& copies, uint32_t capacity) : copies_(copies), ours_(capacity), copied_(capacity) {
    fresh_.reserve(capacity);
  }

  // Gathers a read for the next `share`.
  void add(const Copy& copy) {
    fresh_.push_back(copy);
    fresh_cost_ += copy.cost();
  }
  // Reads that are in line, or with the other thread.
  uint32_t outstanding() const { return outstanding_; }
  // Reads that neither thread has begun.
  bool has_waiting() const { return copies_.waiting() > 0; }

  // The caller is back. If it is idle, nothing followed the reads that it was given before the rest had
  // ended.
  void learn(bool idle) {
    if (outstanding_ == 0) return;
    if (idle) {
      benefit_.nothing_followed();
    } else {
      benefit_.followed();
    }
  }

  // Tells `ended` of every read that the other thread has come to the end of.
  template <class Ended>
  void collect(Ended ended) {
    const uint32_t count = copies_.collect(copied_.data());
    outstanding_ -= count;
    for (uint32_t i = 0; i < count; i++) ended(copied_[i]);
  }

  // Puts what was gathered in line for both threads, and tells `ours` the slot of each read that the caller
  // is to do itself.
  template <class Ours>
  void share(Portion portion, Ours ours) {
    if (is_worth_it()) {
      const auto fresh = static_cast<uint32_t>(fresh_.size());
      const uint32_t count = copies_.share(fresh_.data(), fresh, ours_.data(), portion);
      outstanding_ = outstanding_ + fresh - count;
      for (uint32_t i = 0; i < count; i++) ours(ours_[i].slot);
    } else {
      for (const Copy& copy : fresh_) ours(copy.slot);
    }
    fresh_.clear();
    fresh_cost_ = 0;
  }

  // The other thread takes no more; what is in line is the caller's.
  void stop() { copies_.stop(); }

 private:
  // Reads that cost less than this (Copy::cost) are over before another thread has looked up.
  static constexpr uint64_t kWorthSharing = 64 << 10;
  // So many are worth sharing even if the caller then waits for all of them.
  static constexpr uint64_t kWorthWaiting = 2 << 20;

  bool is_worth_it() {
    if (has_waiting() || fresh_cost_ >= kWorthWaiting) return true;
    return fresh_cost_ >= kWorthSharing && benefit_.expected();
  }

  Copies& copies_;
  std::vector<Copy> fresh_;
  uint64_t fresh_cost_ = 0;
  uint32_t outstanding_ = 0;
  Benefit benefit_;
  std::vector<Copy> ours_;
  std::vector<Copied> copied_;
};

}  // namespace overlapped::uring
