// The copier's line without a thread: the test says how much each call leaves to it, and what comes of that.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "copier.h"

namespace overlapped::uring {

class ScriptedCopies {
 public:
  // Reads that a call for a part leaves in line.
  uint32_t leaves = 0;
  bool stopped = false;

  uint32_t share(const Copy* fresh, uint32_t count, Copy* ours, Portion portion) {
    line_.insert(line_.end(), fresh, fresh + count);
    uint32_t taken = 0;
    const size_t left = portion == Portion::None ? line_.size() : portion == Portion::Part ? leaves : 0;
    for (; line_.size() > (stopped ? 0 : left); taken++) {
      ours[taken] = line_.front();
      line_.pop_front();
    }
    return taken;
  }
  uint32_t collect(Copied* out) {
    const auto count = static_cast<uint32_t>(ended_.size());
    for (const Copied& copied : ended_) *out++ = copied;
    ended_.clear();
    return count;
  }
  uint32_t waiting() const { return static_cast<uint32_t>(line_.size()); }
  void stop() { stopped = true; }

  // The copier comes to the read at the front. @param result bytes or -errno; by default all that it asks for
  void copy_one(std::optional<int32_t> result = {}) {
    const Copy copy = line_.front();
    line_.pop_front();
    ended_.push_back({copy.slot, result.value_or(static_cast<int32_t>(copy.length))});
  }

 private:
  std::deque<Copy> line_;
  std::vector<Copied> ended_;
};

}  // namespace overlapped::uring
