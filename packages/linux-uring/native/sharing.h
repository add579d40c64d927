// Which reads the JS thread shares with the copier, and when. Reads of warm files are gathered here until the
// next pump; then they stand in the copier's line, or are all the JS thread's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "backoff.h"
#include "copier.h"

namespace overlapped::uring {

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
    fresh_together_ = fresh_together_ && copy.together;
  }
  // Reads that are in line, or the other thread's.
  uint32_t outstanding() const { return in_line_ + handed_over_; }
  // Reads that neither thread has begun.
  bool has_waiting() const { return copies_.waiting() > 0; }
  // Reads that a caller with nothing else to do could copy.
  bool has_for_idle() const { return has_waiting() || copies_.has_to_take_back(); }

  // Hands over a read that is worth a thread's while. @return false if somebody else is to have it
  bool hand_over(Copy copy) {
    copy.handed_over = true;
    if (copy.length > kLargestHandedOver || !copies_.hand_over(copy)) return false;
    handed_over_++;
    return true;
  }

  // The caller is back. If it is idle, nothing followed the reads that it was given before the rest had
  // ended: it slept meanwhile, and being woken costs more than was gained.
  void learn(bool idle) {
    if (in_line_ > 0) benefit_.learn(!idle);
  }

  // Tells `ended` the slot of every read that the other thread has come to the end of, and its result.
  template <class Ended>
  void collect(Ended ended) {
    const uint32_t count = copies_.collect(copied_.data());
    for (uint32_t i = 0; i < count; i++) {
      const auto [slot, result, handed_over] = copied_[i];
      came_back(handed_over);
      ended(slot, result);
    }
  }

  // Puts what was gathered in line for both threads, and tells `ours` the slot of each read that the caller
  // is to do itself.
  template <class Ours>
  void share(Portion portion, Ours ours) {
    hand_over_long();
    if (is_worth_it()) {
      is_batch_ = in_line_ == 0 && !fresh_.empty() && fresh_together_;
      put_in_line(portion, ours);
    } else {
      for (const Copy& copy : fresh_) ours(copy.slot);
    }
    fresh_.clear();
    fresh_cost_ = 0;
    fresh_together_ = true;
  }

  // Whether the line has nothing but what was put there last, all of it wanted together, and not all of it
  // has ended.
  bool is_at_a_batch() const { return is_batch_ && in_line_ > 0; }
  // Takes another part of it. @return whether there was one
  template <class Ours>
  bool take_more(Ours ours) {
    return has_waiting() && put_in_line(Portion::Part, ours) > 0;
  }
  // The caller waits for it no longer: if something is left, the other thread did not come in time.
  void end_batch() {
    if (is_batch_) batches_.learn(in_line_ == 0);
    is_batch_ = false;
  }

  // Tells `ours` the slot of a read that was handed over and that the caller is to copy after all. One at
  // most: it keeps the caller long enough.
  template <class Ours>
  void take_back(bool idle, Ours ours) {
    Copy copy;
    if (!copies_.take_back(&copy, idle)) return;
    came_back(true);
    ours(copy.slot);
  }

  // The other thread takes no more; what is in line is the caller's.
  void stop() { copies_.stop(); }

 private:
  // Reads that cost less than this (Copy::cost) are over before another thread has looked up.
  static constexpr uint64_t kWorthSharing = 64 << 10;
  // So many are worth sharing even if the caller then waits for all of them.
  static constexpr uint64_t kWorthWaiting = 1 << 20;
  // Reads of so many bytes take as long as it takes to wake a thread: some twenty microseconds.
  static constexpr uint32_t kLong = 128 << 10;
  // Teardown waits for what the other thread is at.
  static constexpr uint32_t kLargestHandedOver = 4 << 20;

  static bool is_long(const Copy& copy) { return copy.length >= kLong; }

  // Several long reads are the other thread's, as long as the caller has something to go on with. A lone one
  // is copied at once: being woken for it costs more.
  void hand_over_long() {
    auto under_way = handed_over_;
    for (const Copy& copy : fresh_) under_way += is_long(copy) ? 1 : 0;
    if (under_way < 2) return;
    const auto is_handed_over = [this](const Copy& copy) {
      if (!is_long(copy) || !hand_over(copy)) return false;
      fresh_cost_ -= copy.cost();
      return true;
    };
    fresh_.erase(std::remove_if(fresh_.begin(), fresh_.end(), is_handed_over), fresh_.end());
  }

  // Puts what is fresh in line, and takes a part of the line. @return how many it took
  template <class Ours>
  uint32_t put_in_line(Portion portion, Ours ours) {
    const auto fresh = static_cast<uint32_t>(fresh_.size());
    const uint32_t count = copies_.share(fresh_.data(), fresh, ours_.data(), portion);
    in_line_ += fresh;
    for (uint32_t i = 0; i < count; i++) {
      came_back(ours_[i].handed_over);
      ours(ours_[i].slot);
    }
    return count;
  }

  void came_back(bool handed_over) { (handed_over ? handed_over_ : in_line_)--; }

  bool is_worth_it() {
    if (has_waiting() || fresh_cost_ >= kWorthWaiting) return true;
    return fresh_cost_ >= kWorthSharing && (fresh_together_ ? batches_ : benefit_).is_due();
  }

  Copies& copies_;
  std::vector<Copy> fresh_;
  uint64_t fresh_cost_ = 0;
  bool fresh_together_ = true;  // all of them
  bool is_batch_ = false;       // what is in line
  uint32_t in_line_ = 0;        // or taken from there by the other thread
  uint32_t handed_over_ = 0;    // that the other thread has not come to the end of
  // Sharing pays where the caller goes on with its own reads while the other thread does the rest.
  Backoff benefit_{1024};
  // And for what is wanted together, where the other thread is soon through with its part.
  Backoff batches_{1024};
  std::vector<Copy> ours_;
  std::vector<Copied> copied_;
};

}  // namespace overlapped::uring
