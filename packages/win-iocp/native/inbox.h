// What other threads tell the JS thread, in order: packets and fences from the drain thread, ReadFile's
// returns from the helper thread. It holds at most a packet, a stray and a return for each OVERLAPPED, and
// one fence.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "kernel.h"
#include "win32.h"

namespace overlapped::iocp {

struct Message {
  enum class Kind : uint8_t { Packet, Fence, Return };
  Kind kind;
  OVERLAPPED* overlapped = nullptr;
  DWORD status = 0;               // Packet: the entry's NTSTATUS
  DWORD bytes = 0;                // Packet
  ReadReturn returned{false, 0};  // Return
};

class Inbox {
 public:
  void push(const Message* messages, size_t count) {
    {
      const std::lock_guard lock(mutex_);
      messages_.insert(messages_.end(), messages, messages + count);
    }
    arrived_.notify_one();
  }

  // Everything there is, in order. `into` must be empty; its memory is used for what comes next.
  void take(std::vector<Message>& into) {
    const std::lock_guard lock(mutex_);
    messages_.swap(into);
  }

  // Until something is there, or the time is over.
  void wait(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, limit, [this] { return !messages_.empty(); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Message> messages_;
};

}  // namespace overlapped::iocp
