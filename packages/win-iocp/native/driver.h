// Reads in flight on one completion port. Everything here runs on the JS thread, but for the two threads that
// it owns and hears from through the inbox. Knows nothing of Node-API; `Kernel` is the system's, or a
// scripted one in tests.
#pragma once

#include <overlapped/slot_table.h>
#include <overlapped/tables.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "drain_thread.h"
#include "helper_thread.h"
#include "inbox.h"
#include "outcomes.h"
#include "overlapped_pool.h"

namespace overlapped::iocp {

// A read, with everything resolved. `hold` is given back when its slot ends.
struct Read {
  HANDLE file = nullptr;
  std::byte* address = nullptr;
  uint32_t length = 0;
  uint64_t position = 0;
  bool direct = false;     // NO_BUFFERING: error 87 beyond the end means end of file (R57)
  bool offloaded = false;  // the helper thread calls ReadFile
  bool* lost = nullptr;    // set when Windows no longer knows the handle (R56)
  void* hold = nullptr;
  Block* block = nullptr;  // from the call of ReadFile to the end
};

struct DriverStats {
  uint64_t reads = 0;
  uint64_t offloaded = 0;
  uint64_t cancels = 0;
  uint64_t parked = 0;
  uint64_t packets = 0;
  uint64_t strays = 0;
  uint64_t fences = 0;
  // Packets whose entry says another status than the OVERLAPPED does.
  uint64_t statusMismatches = 0;
  Tally outcomes;
};

template <class Kernel, class ReleaseHold>
class Driver {
 public:
  // `wake` is called from other threads when the inbox has something: it makes the JS thread call `absorb`.
  Driver(Kernel& kernel, uint32_t capacity, ReleaseHold release, std::function<void()> wake)
      : kernel_(kernel),
        slots_(capacity),
        release_(release),
        pool_(kBlocksPerSlot * capacity),
        drain_thread_(kernel, inbox_, wake),
        helper_thread_(kernel, inbox_, wake) {}

  uint32_t in_flight() const { return slots_.in_use(); }
  bool is_free(uint32_t slot) const { return slots_.is_free(slot); }
  uint32_t quarantined() const { return pool_.quarantined(); }
  const DriverStats& stats() const { return stats_; }

  // @throws std::system_error if the system has no thread for us
  void start() { drain_thread_.start(); }

  // The article's ReadFile. @return 0 or 997: a completion follows. Else the error, and the slot is free
  // again.
  DWORD issue(uint32_t index, uint32_t generation, const Read& read) {
    auto& slot = begin(index, generation, read);
    const DWORD error = attempt(index, slot);
    if (error == kErrorSuccess || error == kErrorIoPending) return error;
    if (is_empty_at_end(slot, error)) {
      finish(index, slot, kErrorSuccess, 0);
      return kErrorSuccess;
    }
    end(slot);
    return error;
  }

  // The same, with every outcome among the completions. Where Windows lacks resources the read waits (R77).
  void queue(uint32_t index, uint32_t generation, const Read& read) {
    auto& slot = begin(index, generation, read);
    if (!parked_.empty()) {
      parked_.push_back(index);
    } else if (!try_start(index, slot)) {
      park(slot);
      parked_.push_back(index);
    }
  }

  // A read that ends before there is anything to start.
  void refuse(uint32_t index, uint32_t generation, DWORD error) {
    completed_.push_back({index, generation, error, 0});
  }

  // Asks for a read to be given up. Nothing happens if it has ended (R63, R64).
  void cancel(uint32_t index, uint32_t generation) {
    auto* slot = slots_.find(index, generation);
    if (slot == nullptr || slot->state == SlotState::Cancelling) return;
    stats_.cancels++;
    give_up(index, *slot);
  }

  void cancel_all() {
    for (uint32_t index = 0; index < slots_.capacity(); index++) {
      if (slots_[index].state != SlotState::Free) give_up(index, slots_[index]);
    }
  }

  // Takes in what the other threads have said. What completed waits for `deliver`.
  void absorb() {
    batch_.clear();
    inbox_.take(batch_);
    for (const Message& message : batch_) on_message(message);
    post_fence();
    // Not for a fence alone: a read that is refused posts one, and would try itself again for ever.
    if (ended_some_) retry_parked();
  }

  // Completions that JS has not heard of.
  uint32_t undelivered() const { return static_cast<uint32_t>(completed_.size()); }

  // `in_flight` and `undelivered` are together at most the table's entries: that is the caller's to see to.
  void deliver(CompletionWriter& out) {
    for (const auto& [slot, generation, error, bytes] : completed_) out.write(slot, generation, error, bytes);
    completed_.clear();
  }

  // Teardown: returns when Windows has let go of every buffer and the threads have ended (R73, R74).
  // Completions go nowhere.
  void drain() {
    while (slots_.in_use() > 0) {
      cancel_all();
      if (slots_.in_use() > 0) inbox_.wait(kDrainWait);
      absorb();
    }
    completed_.clear();
    helper_thread_.stop();
    drain_thread_.stop();
  }

 private:
  using Slots = SlotTable<Read>;
  using Slot = typename Slots::Slot;

  struct Completed {
    uint32_t slot;
    uint32_t generation;
    DWORD error;
    DWORD bytes;
  };

  // As many again as reads in flight: for those that failed and wait for their fence.
  static constexpr uint32_t kBlocksPerSlot = 2;
  static constexpr std::chrono::milliseconds kDrainWait{50};
  // A fence takes microseconds, or as long as the system does not run the drain thread.
  static constexpr std::chrono::milliseconds kFenceWait{5000};

  Slot& begin(uint32_t index, uint32_t generation, const Read& read) {
    auto& slot = slots_.begin(index, generation);
    slot.operation = read;
    stats_.reads++;
    stats_.offloaded += read.offloaded ? 1 : 0;
    return slot;
  }

  // @return 0, 997, or the error of a read that has no packet; the slot is not ended
  DWORD attempt(uint32_t index, Slot& slot) {
    Read& read = slot.operation;
    read.block = take_block(index, read.position);
    if (read.block == nullptr) return kErrorInvalidUserBuffer;
    slots_.transition(slot, SlotState::InFlight);
    const typename HelperThread<Kernel>::Job job{read.block, read.file, read.address, read.length};
    if (read.offloaded && helper_thread_.add(job)) return kErrorIoPending;
    // The read is findable before the call: its packet may be dequeued before ReadFile returns (R58).
    return on_return(slot, kernel_.read(read.file, read.address, read.length, &read.block->overlapped));
  }

  // Only when every spare block is behind a fence does this wait: for the fence, which the drain thread
  // brings.
  Block* take_block(uint32_t index, uint64_t position) {
    Block* block = pool_.take(index, position);
    if (block != nullptr || pool_.quarantined() == 0) return block;
    const auto deadline = std::chrono::steady_clock::now() + kFenceWait;
    std::vector<Message> batch;
    while (block == nullptr && std::chrono::steady_clock::now() < deadline) {
      post_fence();
      if (pool_.needs_fence()) break;  // no memory for one: nothing to wait for
      inbox_.wait(kFenceWait);
      batch.clear();
      inbox_.take(batch);
      for (const Message& message : batch) on_message(message);
      block = pool_.take(index, position);
    }
    return block;
  }

  // What ReadFile said of a read, whichever thread called it. @return as `attempt`
  DWORD on_return(Slot& slot, ReadReturn said) {
    Block& block = *slot.operation.block;
    const bool early = block.state == BlockState::Early;
    block.returned = classify_return(said.succeeded, said.error);
    if (packet_follows(block.returned)) {
      const DWORD error = said.succeeded ? kErrorSuccess : kErrorIoPending;
      block.state = BlockState::InFlight;
      if (early) complete(block, block.early_status, block.early_bytes);
      return error;
    }
    if (early) count_stray(Outcome::X1);
    if (said.error == kErrorInvalidHandle && slot.operation.lost != nullptr) *slot.operation.lost = true;
    const DWORD error = end_of_file_or(said.error, slot.operation);
    const bool eof = block.returned == Returned::EndOfFile || error == kErrorHandleEof;
    stats_.outcomes.count(eof ? Outcome::O4 : Outcome::O5);
    slot.operation.block = nullptr;
    pool_.quarantine(block);
    post_fence();
    return error;
  }

  DWORD end_of_file_or(DWORD error, const Read& read) {
    uint64_t size = 0;
    const bool beyond = read.direct && error == kErrorInvalidParameter && kernel_.size_of(read.file, &size) &&
                        read.position >= size;
    return beyond ? kErrorHandleEof : error;
  }

  // @return false if Windows lacks the resources and the read should wait
  bool try_start(uint32_t index, Slot& slot) {
    const bool cancelling = slot.state == SlotState::Cancelling;
    const DWORD error = attempt(index, slot);
    if (error == kErrorSuccess || error == kErrorIoPending) return true;
    return end_unless_parked(index, slot, error, cancelling);
  }

  bool end_unless_parked(uint32_t index, Slot& slot, DWORD error, bool cancelling) {
    const bool exhausted = classify_return(false, error) == Returned::Exhausted;
    if (exhausted && !cancelling && with_windows() > 1) return false;
    // Alone in flight, it has nothing to wait for: the caller hears (R77).
    finish(index, slot, is_empty_at_end(slot, error) ? kErrorSuccess : error, 0);
    return true;
  }

  // Reads that Windows or the helper thread has, with the one being tried.
  uint32_t with_windows() const { return slots_.in_use() - static_cast<uint32_t>(parked_.size()); }

  // A read of no bytes is no end of file, wherever it is (R61).
  static bool is_empty_at_end(const Slot& slot, DWORD error) {
    return error == kErrorHandleEof && slot.operation.length == 0;
  }

  void park(Slot& slot) {
    stats_.parked++;
    if (slot.state != SlotState::Staged) slots_.transition(slot, SlotState::Staged);
  }

  // In order, until Windows refuses again; something has completed meanwhile.
  void retry_parked() {
    ended_some_ = false;
    while (!parked_.empty()) {
      const uint32_t index = parked_.front();
      parked_.pop_front();
      Slot& slot = slots_[index];
      if (try_start(index, slot)) continue;
      park(slot);
      parked_.push_front(index);
      return;
    }
  }

  void give_up(uint32_t index, Slot& slot) {
    Read& read = slot.operation;
    const bool waiting = slot.state == SlotState::Staged;
    if (waiting) parked_.erase(std::find(parked_.begin(), parked_.end(), index));
    if (!waiting && helper_thread_.remove(read.block)) {
      pool_.give_back(*read.block);
    } else if (!waiting) {
      if (slot.state != SlotState::Cancelling) slots_.transition(slot, SlotState::Cancelling);
      kernel_.cancel(read.file, &read.block->overlapped);
      return;
    }
    finish(index, slot, kErrorOperationAborted, 0);
  }

  void on_message(const Message& message) {
    if (message.kind == Message::Kind::Fence) {
      pool_.fence_passed();
      return;
    }
    if (message.kind == Message::Kind::Packet) {
      on_packet(message);
      return;
    }
    const uint32_t index = pool_.find(message.overlapped)->slot;
    Slot& slot = slots_[index];
    const bool cancelling = slot.state == SlotState::Cancelling;
    const DWORD error = on_return(slot, message.returned);
    if (error == kErrorSuccess || error == kErrorIoPending) return;
    if (end_unless_parked(index, slot, error, cancelling)) return;
    park(slot);
    parked_.push_back(index);
  }

  // Validated, never trusted: only a block that waits for a packet takes one (W3, R36).
  void on_packet(const Message& packet) {
    stats_.packets++;
    Block* block = pool_.find(packet.overlapped);
    const BlockState state = block == nullptr ? BlockState::Free : block->state;
    switch (state) {
      case BlockState::InFlight:
        complete(*block, packet.status, packet.bytes);
        return;
      case BlockState::Issuing:
        block->state = BlockState::Early;
        block->early_status = packet.status;
        block->early_bytes = packet.bytes;
        return;
      case BlockState::Quarantined:
        count_stray(Outcome::X1);
        return;
      case BlockState::Free:
      case BlockState::Early:
        count_stray(Outcome::Unknown);
        return;
    }
  }

  void count_stray(Outcome outcome) {
    stats_.strays++;
    stats_.outcomes.count(outcome);
  }

  void complete(Block& block, DWORD status, DWORD bytes) {
    const uint32_t index = block.slot;
    Slot& slot = slots_[index];
    // The entry carries the packet's own status, but the headers call that field reserved; the OVERLAPPED's
    // is the documented one, up to date once the packet is dequeued. They agree, or we count it and take the
    // latter.
    const auto documented = static_cast<DWORD>(block.overlapped.Internal);
    if (documented != status) {
      stats_.statusMismatches++;
      if (documented != kStatusPending) status = documented;
    }
    const PacketStatus kind = classify_status(status);
    stats_.outcomes.count(outcome_of(block.returned, kind));
    DWORD error = kind == PacketStatus::Success ? kErrorSuccess : kernel_.error_of(status);
    if (is_empty_at_end(slot, error)) error = kErrorSuccess;
    pool_.give_back(block);
    finish(index, slot, error, bytes);
  }

  void finish(uint32_t index, Slot& slot, DWORD error, DWORD bytes) {
    completed_.push_back({index, slot.generation, error, bytes});
    end(slot);
  }

  void end(Slot& slot) {
    void* hold = slot.operation.hold;
    slot.operation.block = nullptr;
    slots_.end(slot);
    ended_some_ = true;
    if (hold != nullptr) release_(hold);
  }

  // If Windows has no memory for it, the next absorb tries again.
  void post_fence() {
    if (!pool_.needs_fence() || !kernel_.post(kFenceKey)) return;
    pool_.fence_posted();
    stats_.fences++;
  }

  Kernel& kernel_;
  Slots slots_;
  ReleaseHold release_;
  OverlappedPool pool_;
  Inbox inbox_;
  DrainThread<Kernel> drain_thread_;
  HelperThread<Kernel> helper_thread_;
  std::deque<uint32_t> parked_;  // wait for resources, in order
  bool ended_some_ = false;      // since they were last tried
  std::vector<Completed> completed_;
  std::vector<Message> batch_;
  DriverStats stats_;
};

}  // namespace overlapped::iocp
