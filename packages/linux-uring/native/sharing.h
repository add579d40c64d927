// Which reads the JS thread shares with the copier, and when. Reads of warm files are gathered here until the
// next pump; then they stand in the copier's line, or are all the JS thread's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "copier.h"

namespace overlapped::uring {

// Whether something is worth trying: after each failure it is tried less often, until it succeeds again.
class Backoff {
 public:
  bool is_due() {
    if (skip_ == 0) return true;
    skip_--;
    return false;
  }
  void succeeded() { penalty_ /= 2; }
  void failed() { skip_ = penalty_ = std::min(2 * penalty_ + 8, kMostSkipped); }

 private:
  static constexpr uint32_t kMostSkipped = 1024;
  uint32_t penalty_ = 0;
  uint32_t skip_ = 0;
};

// How many reads of a file in a row were over when their submission returned: their bytes were cached.
// Only reads that most likely are cached are worth a second thread, which can't wait for a disk.
class Warmth {
 public:
  bool is_warm() const { return streak_ == kWarm; }
  // Of large reads, which don't end with their submission, some are tried to find out.
  bool is_worth_trying() { return streak_ != kNever && large_.is_due(); }
  void large_cached() { large_.succeeded(); }
  void large_missed() { large_.failed(); }
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
  Backoff large_;
};

// `Copies` is Copier, or a scripted one in tests.
template <class Copies>
class Sharing {
 public:
  Sharing(Copies& copies, uint32_t capacity) : copies_(copies), ours_(capacity), copied_(capacity) {
    fresh_.reserve(capacity);
    handed_over_.reserve(kMostHandedOver + 1);
  }

  // Gathers a read for the next `share`.
  void add(const Copy& copy) {
    fresh_.push_back(copy);
    fresh_cost_ += copy.cost();
  }
  // Reads that are in line, or the other thread's.
  uint32_t outstanding() const { return outstanding_; }
  // Reads that neither thread has begun.
  bool has_waiting() const { return copies_.waiting() > 0; }

  // Hands over a read that the caller must not copy itself. @return false if the ring's workers are to have
  // it
  bool hand_over(const Copy& copy) {
    if (copy.length > kLargestHandedOver || !copies_.hand_over(copy)) return false;
    handed_over_.push_back(copy.slot);
    outstanding_++;
    return true;
  }

  // The caller is back. If it is idle, nothing followed the reads that it was given before the rest had
  // ended: it slept meanwhile, and being woken costs more than was gained.
  void learn(bool idle) {
    if (outstanding_ == handed_over_.size()) return;
    if (idle) {
      benefit_.failed();
    } else {
      benefit_.succeeded();
    }
  }

  // Tells `ended` of every read that the other thread has come to the end of.
  template <class Ended>
  void collect(Ended ended) {
    const uint32_t count = copies_.collect(copied_.data());
    outstanding_ -= count;
    for (uint32_t i = 0; i < count; i++) {
      came_back(copied_[i].slot);
      ended(copied_[i]);
    }
  }

  // Puts what was gathered in line for both threads, and tells `ours` the slot of each read that the caller
  // is to do itself.
  template <class Ours>
  void share(Portion portion, Ours ours) {
    if (is_worth_it()) {
      const auto fresh = static_cast<uint32_t>(fresh_.size());
      const uint32_t count = copies_.share(fresh_.data(), fresh, ours_.data(), portion);
      outstanding_ = outstanding_ + fresh - count;
      for (uint32_t i = 0; i < count; i++) {
        came_back(ours_[i].slot);
        ours(ours_[i].slot);
      }
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

  // Teardown waits for what the other thread is at.
  static constexpr uint32_t kLargestHandedOver = 4 << 20;

  void came_back(uint32_t slot) {
    handed_over_.erase(std::remove(handed_over_.begin(), handed_over_.end(), slot), handed_over_.end());
  }

  bool is_worth_it() {
    if (has_waiting() || fresh_cost_ >= kWorthWaiting) return true;
    return fresh_cost_ >= kWorthSharing && benefit_.is_due();
  }

  Copies& copies_;
  std::vector<Copy> fresh_;
  uint64_t fresh_cost_ = 0;
  uint32_t outstanding_ = 0;
  // Sharing pays where the caller goes on with its own reads while the other thread does the rest.
  Backoff benefit_;
  std::vector<uint32_t> handed_over_;  // slots; of the outstanding reads
  std::vector<Copy> ours_;
  std::vector<Copied> copied_;
};

}  // namespace overlapped::uring
