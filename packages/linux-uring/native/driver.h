// Reads in flight on one ring: table entries become submissions, completions become table entries. Knows
// nothing of N-API or libuv; `Kernel` is Ring, or a scripted one in tests.
#pragma once

#include <liburing.h>
#include <overlapped/slot_table.h>
#include <overlapped/tables.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <deque>

#include "brief_mutex.h"
#include "read.h"
#include "sharing.h"

namespace overlapped::uring {

struct DriverStats {
  uint64_t enters = 0;
  uint64_t reads = 0;
  uint64_t offloaded = 0;
  uint64_t copied = 0;
  uint64_t missed = 0;
  uint64_t cancels = 0;
  uint64_t retries = 0;
  uint64_t strays = 0;
  uint64_t enterErrors = 0;
};

// The kernel reads at most this many bytes at once; it would cut a longer read short anyway.
inline constexpr uint32_t kMaxReadBytes = 0x7fff'f000;
// Completions that say "again" are the kernel's business, not the caller's; but not forever: who reads a file
// system that only ever says so would use a whole core and hear nothing. Cancellations that miss likewise.
inline constexpr uint8_t kMaxRetries = 16;
// Calls in a row that took nothing, with nothing in flight that could free what is missing.
inline constexpr uint32_t kMaxStalls = 64;
// Rounds of one pump: then the event loop gets its turn, and the eventfd brings us back.
inline constexpr unsigned kMaxRounds = 8;
inline constexpr unsigned kReapBatch = 64;
// At the end of a batch, for what the other thread is at: 15 to 50 microseconds, as the processor's pauses
// are long.
inline constexpr unsigned kMostLooks = 1000;

template <class Kernel, class ReleaseHold, class Copies>
class Driver {
 public:
  Driver(Kernel& kernel, uint32_t capacity, ReleaseHold release, Copies& copies)
      : kernel_(kernel), slots_(capacity), release_(release), sharing_(copies, capacity) {}

  uint32_t in_flight() const { return slots_.in_use(); }
  bool is_free(uint32_t slot) const { return slots_.is_free(slot); }
  // Requests that the kernel has not taken yet.
  uint32_t deferred() const { return static_cast<uint32_t>(backlog_.size()) + kernel_.unsubmitted(); }
  // Cached reads that a caller with nothing else to do could copy.
  bool has_copies_for_idle() const { return sharing_.has_for_idle(); }
  const DriverStats& stats() const { return stats_; }

  // Accepts a read. Its slot must be free: JS gives a slot out again only after its completion.
  void stage_read(uint32_t index, uint32_t generation, const Read& read) {
    auto& slot = slots_.begin(index, generation);
    slot.operation = read;
    slot.operation.length = std::min(read.length, kMaxReadBytes);
    stats_.reads++;
    const bool likely_cached = is_likely_cached(slot.operation);
    slot.operation.alone = read.alone && likely_cached;
    // To wake another thread for it costs more than to copy it.
    if (slot.operation.alone) slot.operation.async = false;
    stats_.offloaded += slot.operation.async ? 1 : 0;
    if (slot.operation.alone || !likely_cached || !give_to_copier(index, slot.operation)) {
      give_to_ring(index, slot);
    }
  }

  // Asks for a read to be given up. Nothing happens if it has ended (R64).
  void stage_cancel(uint32_t index, uint32_t generation) {
    auto* slot = slots_.find(index, generation);
    if (slot == nullptr || slot->state == SlotState::Cancelling) return;
    stats_.cancels++;
    if (slot->state == SlotState::Staged) {
      slot->operation.cancelled = true;
    } else {
      Slots::transition(*slot, SlotState::Cancelling);
      if (!queue_cancel(index, generation)) backlog_.push_back({index, generation, true});
    }
  }

  void cancel_all() {
    for (uint32_t index = 0; index < slots_.capacity(); index++) {
      if (slots_[index].state != SlotState::Free) stage_cancel(index, slots_[index].generation);
    }
  }

  // Gives the queue to the kernel and collects what is complete.
  // @param idle the caller has nothing else to do: it takes all that is in line, not its part only
  void pump(CompletionWriter& out, bool idle = false) {
    sharing_.learn(idle);
    collect_copies(out);
    sharing_.share(portion(idle, out), [&](uint32_t index) { take_back(index, out); });
    if (out.count() == 0) sharing_.take_back(idle, [&](uint32_t index) { copy_here(index, out); });
    if (exchange(out)) finish_batch(out);
    sharing_.end_batch();
    pumps_++;
  }

  // Teardown: waits until the kernel has let go of every buffer (R74). Completions go nowhere.
  // @return false if the kernel refuses to be waited for, so that nothing is known of what it still has
  [[nodiscard]] bool drain(CompletionWriter& scratch) {
    sharing_.stop();
    cancel_all();
    for (uint32_t refusals = 0; slots_.in_use() > 0;) {
      scratch.rewind();
      pump(scratch);
      if (slots_.in_use() == 0) break;
      const int waited = kernel_.wait(kDrainWaitMs);
      if (waited == -ETIME) renew_cancellations();
      const bool lawful = waited >= 0 || waited == -ETIME || waited == -EINTR;
      refusals = lawful ? 0 : refusals + 1;
      if (refusals > kMaxStalls) return false;
    }
    return true;
  }

 private:
  using Slots = SlotTable<Read>;
  using Slot = typename Slots::Slot;

  struct Waiting {
    uint32_t index;
    uint32_t generation;
    bool cancel;
  };

  static constexpr unsigned kDrainWaitMs = 50;
  static constexpr uint64_t kCancelBit = uint64_t{1} << 31;

  void collect_copies(CompletionWriter& out) {
    sharing_.collect([&](uint32_t index, int32_t result) { end_copy(index, result, out); });
  }

  // Gives the kernel what is staged, and takes what it has ended. @return false if the kernel takes nothing
  // for now
  bool exchange(CompletionWriter& out) {
    for (unsigned round = 0; round < kMaxRounds; round++) {
      refill(out);
      const bool went = enter(out);
      reap(out);
      if (!went) return false;
      if (deferred() == 0 && !kernel_.has_hidden_work()) break;
    }
    return true;
  }

  // Reads that their caller waits for together: nothing follows from one part of them, so this thread goes
  // on with the line, and at its end waits for the few that the other thread is at. To sleep takes longer.
  void finish_batch(CompletionWriter& out) {
    for (unsigned looks = 0; sharing_.is_at_a_batch() && looks < kMostLooks; looks++) {
      collect_copies(out);
      if (sharing_.take_more([&](uint32_t index) { take_back(index, out); })) {
        looks = 0;
      } else {
        pause_briefly();
      }
      if (deferred() > 0 && !exchange(out)) return;
    }
  }

  // Of what is in line: nothing while there are completions to go on with, and all of it where the caller
  // has nothing else to do.
  static Portion portion(bool idle, const CompletionWriter& out) {
    if (idle) return Portion::All;
    return out.count() > 0 ? Portion::None : Portion::Part;
  }

  static uint64_t token(uint32_t index, uint32_t generation) { return (uint64_t{generation} << 32) | index; }

  // Teardown has no end without them: whatever became of the last ones, all reads are asked again.
  void renew_cancellations() {
    if (deferred() > 0) return;  // the last ones have not reached the kernel
    for (uint32_t index = 0; index < slots_.capacity(); index++) {
      const Slot& slot = slots_[index];
      if (slot.state == SlotState::InFlight) {
        stage_cancel(index, slot.generation);
      } else if (slot.state == SlotState::Cancelling && !queue_cancel(index, slot.generation)) {
        backlog_.push_back({index, slot.generation, true});
      }
    }
  }

  static bool is_likely_cached(const Read& read) {
    return read.warmth != nullptr && read.length > 0 && read.warmth->is_worth_trying(read.async);
  }

  // @return whether the copier may get it, now or from the line
  bool give_to_copier(uint32_t index, const Read& read) {
    const Copy copy{.slot = index,
                    .fd = read.fd,
                    .buffer_index = read.buffer_index,
                    .address = read.address,
                    .length = read.length,
                    .position = read.position,
                    .async = read.async,
                    .together = read.together};
    // The ring's workers copy large reads one after another; with the copier there are two at it.
    if (read.async) return sharing_.hand_over(copy);
    sharing_.add(copy);
    return true;
  }

  void give_to_ring(uint32_t index, Slot& slot) {
    if (!queue_read(index, slot)) backlog_.push_back({index, slot.generation, false});
  }

  // A read that was in line, and now is ours alone.
  void take_back(uint32_t index, CompletionWriter& out) {
    Slot& slot = slots_[index];
    if (slot.operation.cancelled) {
      finish(index, slot, ECANCELED, 0, out);
    } else {
      give_to_ring(index, slot);
    }
  }

  // A read that was handed over: this thread copies it, in the submission.
  void copy_here(uint32_t index, CompletionWriter& out) {
    slots_[index].operation.async = false;
    take_back(index, out);
  }

  // What the other thread has copied. The ring goes on where it ended: the file may end there. To read the
  // same bytes twice might leave more than the second time had, if the file was cut in between (R43).
  void end_copy(uint32_t index, int32_t result, CompletionWriter& out) {
    Slot& slot = slots_[index];
    Read& read = slot.operation;
    if (result >= 0 && static_cast<uint32_t>(result) == read.length) {
      stats_.copied++;
      read.warmth->cached(read.async);
      finish(index, slot, 0, read.length, out);
      return;
    }
    stats_.missed++;
    // A part says nothing: the file may end there, and where the kernel once read ahead it says "would wait"
    // of what is cached (a folio's readahead mark).
    if (result == -EAGAIN) {
      read.warmth->missed(read.async);
    } else if (result < 0) {
      read.warmth->never();
    }
    if (result > 0) read.skip(static_cast<uint32_t>(result));
    take_back(index, out);
  }

  // First come, first served: nothing overtakes the backlog.
  io_uring_sqe* next_entry() { return !backlog_.empty() && !refilling_ ? nullptr : kernel_.next_entry(); }

  bool queue_read(uint32_t index, Slot& slot) {
    io_uring_sqe* entry = next_entry();
    if (entry == nullptr) return false;
    Read& read = slot.operation;
    const bool in_table = read.file_index >= 0;
    prepare_read(entry, in_table ? read.file_index : read.fd, read, read.buffer_index);
    if (read.async) entry->flags |= IOSQE_ASYNC;
    if (in_table) entry->flags |= IOSQE_FIXED_FILE;
    read.submitted_in = pumps_;
    entry->user_data = token(index, slot.generation);
    Slots::transition(slot, SlotState::InFlight);
    return true;
  }

  bool queue_cancel(uint32_t index, uint32_t generation) {
    io_uring_sqe* entry = next_entry();
    if (entry == nullptr) return false;
    io_uring_prep_cancel64(entry, token(index, generation), 0);
    entry->user_data = token(index, generation) | kCancelBit;
    return true;
  }

  // Moves what did not fit into the queue, in order, as far as it fits now.
  void refill(CompletionWriter& out) {
    refilling_ = true;
    for (; !backlog_.empty(); backlog_.pop_front()) {
      const Waiting waiting = backlog_.front();
      Slot* slot = slots_.find(waiting.index, waiting.generation);
      if (slot == nullptr) continue;  // a cancellation whose read has ended
      if (waiting.cancel) {
        if (!queue_cancel(waiting.index, waiting.generation)) break;
      } else if (slot->operation.cancelled) {
        finish(waiting.index, *slot, ECANCELED, 0, out);
      } else if (!queue_read(waiting.index, *slot)) {
        break;
      }
    }
    refilling_ = false;
  }

  // One system call, if there is anything to do. @return false if the kernel takes nothing for now
  bool enter(CompletionWriter& out) {
    if (kernel_.unsubmitted() == 0 && !kernel_.has_hidden_work()) return true;
    stats_.enters++;
    const int taken = kernel_.submit();
    if (taken >= 0) {
      stalls_ = 0;
      return true;
    }
    stats_.enterErrors++;
    if (taken == -EINTR) return true;
    const bool transient = taken == -EAGAIN || taken == -EBUSY;
    const bool hopeless = !kernel_has_reads() && ++stalls_ > kMaxStalls;
    if (!transient || hopeless) fail_unsubmitted(-taken, out);
    return false;
  }

  // Whether a completion may still come that frees what the kernel is short of.
  bool kernel_has_reads() const {
    uint32_t waiting = sharing_.outstanding();
    kernel_.each_unsubmitted([&](uint64_t user_data) { waiting += (user_data & kCancelBit) == 0 ? 1 : 0; });
    for (const Waiting& entry : backlog_) waiting += entry.cancel ? 0 : 1;
    return slots_.in_use() > waiting;
  }

  // The kernel refused the call itself: every read it has not taken ends with that error, none is lost (R77).
  void fail_unsubmitted(int error, CompletionWriter& out) {
    stalls_ = 0;
    kernel_.each_unsubmitted([&](uint64_t user_data) {
      const auto index = static_cast<uint32_t>(user_data & ~kCancelBit);
      Slot* slot = slots_.find(index, static_cast<uint32_t>(user_data >> 32));
      if ((user_data & kCancelBit) == 0) {
        OVERLAPPED_INVARIANT(slot != nullptr);
        finish(index, *slot, static_cast<uint32_t>(error), 0, out);
      } else if (slot != nullptr) {
        cancel_again(index, *slot);
      }
    });
    kernel_.discard_unsubmitted();
  }

  // A cancellation that the kernel never saw, or that missed its read: the read may wait for ever, so it goes
  // again; in the end the read is as if nobody had asked, and may be asked for anew.
  void cancel_again(uint32_t index, Slot& slot) {
    if (++slot.operation.cancel_retries <= kMaxRetries) {
      backlog_.push_back({index, slot.generation, true});
    } else {
      slot.operation.cancel_retries = 0;
      Slots::transition(slot, SlotState::InFlight);
    }
  }

  void reap(CompletionWriter& out) {
    io_uring_cqe* batch[kReapBatch];
    for (;;) {
      const unsigned count = kernel_.peek(batch, kReapBatch);
      for (unsigned i = 0; i < count; i++) complete(batch[i]->user_data, batch[i]->res, out);
      if (count > 0) kernel_.advance(count);
      if (count < kReapBatch) return;
    }
  }

  void complete(uint64_t user_data, int32_t result, CompletionWriter& out) {
    const auto index = static_cast<uint32_t>(user_data & ~kCancelBit);
    Slot* slot = slots_.find(index, static_cast<uint32_t>(user_data >> 32));
    if ((user_data & kCancelBit) != 0) {
      // What cancelling came to does not matter (R63), unless it came while one of the kernel's workers took
      // up its read. Where the read's own completion is on its way, the second one misses too.
      const bool missed = result == -ENOENT && slot != nullptr && slot->state == SlotState::Cancelling;
      if (missed) cancel_again(index, *slot);
      return;
    }
    if (slot == nullptr) {
      stats_.strays++;
      return;
    }
    const bool interrupted = result == -EAGAIN || result == -EINTR;
    if (interrupted && again(index, *slot)) return;
    if (interrupted && slot->state == SlotState::Cancelling) {
      // A worker's read that our cancellation interrupted says EINTR.
      finish(index, *slot, ECANCELED, 0, out);
    } else if (result < 0) {
      finish(index, *slot, static_cast<uint32_t>(-result), 0, out);
    } else if (result == 0 && slot->operation.length > 0) {
      finish(index, *slot, kCompletionEndOfFile, 0, out);
    } else {
      learn(slot->operation);
      finish(index, *slot, 0, static_cast<uint32_t>(result), out);
    }
  }

  // A read that its submission ended was cached.
  void learn(const Read& read) {
    if (read.warmth == nullptr || read.async) return;
    if (read.submitted_in == pumps_) {
      read.warmth->cached(read.alone);
    } else {
      read.warmth->missed(read.alone);
    }
  }

  // Some file systems answer EAGAIN even to a blocking read, and a signal may interrupt one: the caller never
  // hears.
  bool again(uint32_t index, Slot& slot) {
    if (slot.state == SlotState::Cancelling || slot.operation.retries >= kMaxRetries) return false;
    slot.operation.retries++;
    stats_.retries++;
    Slots::transition(slot, SlotState::Staged);
    backlog_.push_back({index, slot.generation, false});
    return true;
  }

  void finish(uint32_t index, Slot& slot, uint32_t error, uint32_t bytes, CompletionWriter& out) {
    const uint32_t generation = slot.generation;
    void* hold = slot.operation.hold;
    const uint32_t done = slot.operation.done;
    slots_.end(slot);
    if (hold != nullptr) release_(hold);
    // What is there is not taken back, whatever the rest came to.
    out.write(index, generation, done > 0 ? 0 : error, done + bytes);
  }

  Kernel& kernel_;
  Slots slots_;
  ReleaseHold release_;
  std::deque<Waiting> backlog_;
  bool refilling_ = false;
  uint32_t stalls_ = 0;

  Sharing<Copies> sharing_;
  uint64_t pumps_ = 0;
  DriverStats stats_;
};

}  // namespace overlapped::uring
