// The copier's line without a thread: the test says how much each call leaves to it, and what comes of that.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

#include "copier.h"

namespace overlapped::uring {

class ScriptedCopies {
 public:
  // Reads that a call for a part leaves in line.
  uint32_t leaves = 0;
  // Reads that may still be handed over.
  uint32_t room = 0;
  // The copier is at a read: even a single one that waits may be taken back.
  bool is_copying = false;
  bool stopped = false;
  // By so many fewer each time.
  uint32_t leaves_less = 0;
  // It comes to so many reads each time that the caller looks for what it has done.
  uint32_t copied_at_a_look = 0;
  // Times that the caller has looked.
  unsigned looks = 0;

  uint32_t share(const Copy* fresh, uint32_t count, Copy* ours, Portion portion) {
    line_.insert(line_.end(), fresh, fresh + count);
    uint32_t taken = 0;
    const size_t left = portion == Portion::None ? line_.size() : portion == Portion::Part ? leaves : 0;
    for (; line_.size() > (stopped ? 0 : left); taken++) {
      ours[taken] = line_.front();
      line_.pop_front();
    }
    leaves -= std::min(leaves, leaves_less);
    return taken;
  }
  bool hand_over(const Copy& copy) {
    if (room == 0) return false;
    room--;
    handed_over_.push_back(copy);
    return true;
  }
  bool has_to_take_back() const { return theirs() > kLeftByIdle; }
  bool take_back(Copy* out, bool idle) {
    if (theirs() <= (idle ? kLeftByIdle : kLeftByBusy)) return false;
    const auto first = std::find_if(handed_over_.begin(), handed_over_.end(),
                                    [&](const Copy& copy) { return idle || !copy.async; });
    if (first == handed_over_.end()) return false;
    *out = *first;
    handed_over_.erase(first);
    return true;
  }
  uint32_t collect(Copied* out) {
    looks++;
    for (uint32_t i = 0; i < copied_at_a_look && has_work(); i++) copy_one();
    const auto count = static_cast<uint32_t>(ended_.size());
    for (const Copied& copied : ended_) *out++ = copied;
    ended_.clear();
    return count;
  }
  uint32_t waiting() const { return static_cast<uint32_t>(line_.size()); }
  // Whether there is a read that the copier could come to.
  bool has_work() const { return !line_.empty() || !handed_over_.empty(); }
  void stop() {
    stopped = true;
    line_.insert(line_.end(), handed_over_.begin(), handed_over_.end());
    handed_over_.clear();
  }

  // The copier comes to its next read. @param result bytes or -errno; by default all that it asks for
  void copy_one(std::optional<int32_t> result = {}) {
    std::deque<Copy>& from = handed_over_.empty() ? line_ : handed_over_;
    const Copy copy = from.front();
    from.pop_front();
    ended_.push_back({copy.slot, result.value_or(static_cast<int32_t>(copy.length)), copy.handed_over});
  }

 private:
  uint32_t theirs() const { return static_cast<uint32_t>(handed_over_.size()) + (is_copying ? 1 : 0); }

  std::deque<Copy> line_;
  std::deque<Copy> handed_over_;
  std::vector<Copied> ended_;
};

}  // namespace overlapped::uring
