// A completion port by script: what each ReadFile says, which packet comes of it, and in which order the two
// are seen. It does what Windows and Wine were seen or are documented to do: an OVERLAPPED's status is
// brought up to date when its packet is dequeued, ReadFile leaves STATUS_PENDING in one that failed, a stray
// names one that failed.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "kernel.h"

namespace overlapped::iocp {

struct Packet {
  DWORD status = kStatusSuccess;
  DWORD bytes = 0;
};

// What one ReadFile comes to. Without a packet a read that is pending waits for `complete` or `cancel`.
struct Step {
  bool succeeded = false;
  DWORD error = kErrorIoPending;
  std::optional<Packet> packet = std::nullopt;
  bool early = false;  // the drain thread has the packet before ReadFile returns
  bool held = false;   // ReadFile returns when `release` is called
};

struct Call {
  HANDLE file;
  void* buffer;
  DWORD length;
  uint64_t position;
  OVERLAPPED* overlapped;
};

class ScriptedKernel {
 public:
  // The driver's side.

  ReadReturn read(HANDLE file, void* buffer, DWORD length, OVERLAPPED* overlapped) {
    std::unique_lock lock(mutex_);
    const uint64_t position = (uint64_t{overlapped->OffsetHigh} << 32) | overlapped->Offset;
    calls_.push_back({file, buffer, length, position, overlapped});
    const Step step = next_step();
    // One read at a time for each OVERLAPPED, and none while a packet that names it is still to come (6.2).
    if (waiting_.count(overlapped) > 0 || named_.count(overlapped) > 0) violations_++;
    overlapped->Internal = kStatusPending;
    const bool is_pending = step.succeeded || step.error == kErrorIoPending || step.error == kErrorMoreData;
    if (is_pending) waiting_[overlapped] = file;
    if (step.packet.has_value()) push(overlapped, *step.packet, is_pending);
    changed_.notify_all();
    if (step.early) wait_until_seen(lock);
    if (step.held) changed_.wait(lock, [this] { return released_; });
    return {step.succeeded, step.succeeded ? kErrorSuccess : step.error};
  }

  void cancel(HANDLE, OVERLAPPED* overlapped) {
    const std::lock_guard lock(mutex_);
    cancels_++;
    if (cancellable_ && waiting_.count(overlapped) > 0) push(overlapped, {kStatusCancelled, 0}, true);
    changed_.notify_all();
  }

  ULONG dequeue(OVERLAPPED_ENTRY* entries, ULONG max) {
    std::unique_lock lock(mutex_);
    drain_waits_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !queue_.empty() || closed_; });
    drain_waits_ = false;
    ULONG count = 0;
    for (; count < max && count < batch_ && !queue_.empty(); count++) {
      Queued queued = queue_.front();
      queue_.pop_front();
      if (queued.from_read) named_.erase(named_.find(queued.overlapped));
      if (queued.updates) queued.overlapped->Internal = queued.packet.status;
      entries[count] = {queued.key, queued.overlapped, queued.packet.status, queued.packet.bytes};
    }
    return count;
  }

  bool post(ULONG_PTR key) {
    const std::lock_guard lock(mutex_);
    if (failing_posts_ > 0) {
      failing_posts_--;
      return false;
    }
    queue_.push_back({key, nullptr, {}, false, false});
    changed_.notify_all();
    return true;
  }

  DWORD error_of(DWORD status) {
    static const std::map<DWORD, DWORD> kErrors = {
        {kStatusEndOfFile, 38}, {kStatusCancelled, 995}, {kStatusBufferOverflow, 234},
        {0xc000'014b, 109},     {0xc000'0185, 1117},     {0xc000'000d, 87},
    };
    const auto known = kErrors.find(status);
    return known == kErrors.end() ? 317 : known->second;  // ERROR_MR_MID_NOT_FOUND, as Windows says
  }

  bool size_of(HANDLE, uint64_t* bytes) {
    *bytes = size_;
    return size_known_;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

  // The test's side.

  void script(Step step) {
    const std::lock_guard lock(mutex_);
    steps_.push_back(step);
  }

  // A read that waits ends.
  void complete(OVERLAPPED* overlapped, Packet packet) {
    const std::lock_guard lock(mutex_);
    push(overlapped, packet, true);
    changed_.notify_all();
  }

  // A packet that nobody has asked for.
  void inject(ULONG_PTR key, OVERLAPPED* overlapped, Packet packet) {
    const std::lock_guard lock(mutex_);
    queue_.push_back({key, overlapped, packet, false, false});
    changed_.notify_all();
  }

  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }

  void wait_for_calls(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return calls_.size() >= count; });
  }

  // Until everything queued is in the driver's inbox.
  void wait_until_seen() {
    std::unique_lock lock(mutex_);
    wait_until_seen(lock);
  }

  std::vector<Call> calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  unsigned violations() {
    const std::lock_guard lock(mutex_);
    return violations_;
  }
  unsigned cancels() {
    const std::lock_guard lock(mutex_);
    return cancels_;
  }

  // Settings: before the driver starts.
  void set_batch(ULONG batch) { batch_ = batch; }
  void set_cancellable(bool cancellable) { cancellable_ = cancellable; }
  void set_size(uint64_t size) {
    size_ = size;
    size_known_ = true;
  }
  void set_default(Step step) { default_ = step; }
  void fail_posts(unsigned count) {
    const std::lock_guard lock(mutex_);
    failing_posts_ = count;
  }

 private:
  struct Queued {
    ULONG_PTR key;
    OVERLAPPED* overlapped;
    Packet packet;
    bool from_read;
    bool updates;  // of a read that was pending: its OVERLAPPED gets the status
  };

  Step next_step() {
    if (steps_.empty()) return default_;
    const Step step = steps_.front();
    steps_.pop_front();
    return step;
  }

  void push(OVERLAPPED* overlapped, Packet packet, bool pending) {
    waiting_.erase(overlapped);
    named_.insert(overlapped);
    queue_.push_back({kReadKey, overlapped, packet, true, pending});
  }

  // The drain thread asks for more only once it has handed over what it had.
  void wait_until_seen(std::unique_lock<std::mutex>& lock) {
    changed_.wait(lock, [this] { return queue_.empty() && drain_waits_; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Step> steps_;
  Step default_{.packet = Packet{}};
  std::deque<Queued> queue_;
  std::map<OVERLAPPED*, HANDLE> waiting_;
  std::multiset<OVERLAPPED*> named_;
  std::vector<Call> calls_;
  unsigned violations_ = 0;
  unsigned cancels_ = 0;
  unsigned failing_posts_ = 0;
  ULONG batch_ = 128;
  bool cancellable_ = true;
  bool released_ = false;
  bool drain_waits_ = false;
  bool closed_ = false;
  uint64_t size_ = 0;
  bool size_known_ = false;
};

}  // namespace overlapped::iocp
