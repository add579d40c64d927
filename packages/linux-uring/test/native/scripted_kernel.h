// A kernel that does what a test says: io_uring's queues with every answer under control. Stands in for Ring.
#pragma once

#include <doctest/doctest.h>
#include <liburing.h>

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <vector>

namespace overlapped::uring {

constexpr uint64_t kCancelFlag = uint64_t{1} << 31;

inline uint64_t token(uint32_t slot, uint32_t generation) { return (uint64_t{generation} << 32) | slot; }

class ScriptedKernel {
 public:
  explicit ScriptedKernel(unsigned entries) : sqes_(entries) {}

  // --- what the driver calls, as on Ring ---
  io_uring_sqe* next_entry() {
    if (unsubmitted() == sqes_.size()) return nullptr;
    io_uring_sqe* entry = &sqes_[tail_++ % sqes_.size()];
    *entry = {};
    return entry;
  }
  unsigned unsubmitted() const { return tail_ - head_; }

  int submit() {
    submits++;
    show_hidden();
    int answer = static_cast<int>(unsubmitted());
    if (!answers.empty()) {
      answer = answers.front();
      answers.pop_front();
    } else if (default_answer < 0) {
      answer = default_answer;
    }
    if (answer < 0) return answer;
    const auto take = std::min(static_cast<unsigned>(answer), unsubmitted());
    for (unsigned i = 0; i < take; i++) accept(sqes_[head_++ % sqes_.size()]);
    return static_cast<int>(take);
  }

  template <class Callback>
  void each_unsubmitted(Callback entry) const {
    for (unsigned at = head_; at != tail_; at++) entry(uint64_t{sqes_[at % sqes_.size()].user_data});
  }
  void discard_unsubmitted() { tail_ = head_; }

  int wait(unsigned) {
    waits++;
    show_hidden();
    return wait_answer;
  }
  unsigned peek(io_uring_cqe** out, unsigned max) {
    unsigned count = 0;
    for (; count < max && count < visible_.size(); count++) out[count] = &visible_[count];
    return count;
  }
  void advance(unsigned count) { visible_.erase(visible_.begin(), visible_.begin() + count); }
  bool has_hidden_work() const { return !hidden_.empty(); }

  // --- what tests say ---
  // Answers to the next submits: -errno, or how many entries are taken. Then all are, or `default_answer`.
  std::deque<int> answers;
  int default_answer = 0;
  int wait_answer = -ETIME;
  // A read completes when it is taken, with this, unless it is set to wait.
  bool inline_reads = false;
  // What becomes of a cancellation's target; nothing if false.
  bool obey_cancels = true;
  bool cancel_result_first = false;
  // So many cancellations come while their target can't be found.
  unsigned missed_cancels = 0;

  // Ends a read that the kernel has.
  void complete(uint64_t user_data, int32_t result) {
    REQUIRE(reads.erase(user_data) == 1);
    post(user_data, result);
  }
  // A completion of whatever, wanted or not.
  void post(uint64_t user_data, int32_t result) { push(visible_, user_data, result); }
  void post_hidden(uint64_t user_data, int32_t result) { push(hidden_, user_data, result); }
  void hide(uint64_t user_data, int32_t result) {
    REQUIRE(reads.erase(user_data) == 1);
    post_hidden(user_data, result);
  }

  // --- what tests see ---
  std::map<uint64_t, io_uring_sqe> reads;  // that the kernel has, by user data
  std::vector<uint64_t> taken;             // every entry, in the order in which the kernel took them
  unsigned submits = 0;
  unsigned waits = 0;

 private:
  static void push(std::deque<io_uring_cqe>& queue, uint64_t user_data, int32_t result) {
    auto& completion = queue.emplace_back();
    completion.user_data = user_data;
    completion.res = result;
    completion.flags = 0;
  }

  void show_hidden() {
    for (const auto& completion : hidden_) push(visible_, completion.user_data, completion.res);
    hidden_.clear();
  }

  void accept(const io_uring_sqe& entry) {
    taken.push_back(entry.user_data);
    if (entry.opcode == IORING_OP_READ || entry.opcode == IORING_OP_READ_FIXED) {
      REQUIRE_MESSAGE(reads.emplace(entry.user_data, entry).second, "one read, given to the kernel twice");
      if (inline_reads) complete(entry.user_data, static_cast<int32_t>(entry.len));
      return;
    }
    REQUIRE(entry.opcode == IORING_OP_ASYNC_CANCEL);
    const bool missed = missed_cancels > 0;
    if (missed) missed_cancels--;
    const bool found = !missed && reads.count(entry.addr) == 1;
    if (cancel_result_first) post(entry.user_data, found ? 0 : -ENOENT);
    if (found && obey_cancels) complete(entry.addr, -ECANCELED);
    if (!cancel_result_first) post(entry.user_data, found ? 0 : -ENOENT);
  }

  std::vector<io_uring_sqe> sqes_;
  unsigned head_ = 0;
  unsigned tail_ = 0;
  std::deque<io_uring_cqe> visible_;
  std::deque<io_uring_cqe> hidden_;
};

}  // namespace overlapped::uring
