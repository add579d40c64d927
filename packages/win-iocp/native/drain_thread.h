// The port's one reader: takes packets in batches, hands them to the inbox as they are, and wakes the JS
// thread. It follows no pointer and decides nothing.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <thread>

#include "inbox.h"
#include "kernel.h"

namespace overlapped::iocp {

inline constexpr ULONG kDequeueBatch = 128;
// A port that has no memory for the exit packet gets some back when packets are dequeued.
inline constexpr unsigned kPostAttempts = 100;

template <class Kernel>
class DrainThread {
 public:
  DrainThread(Kernel& kernel, Inbox& inbox, std::function<void()> wake)
      : kernel_(kernel), inbox_(inbox), wake_(std::move(wake)) {}

  // @throws std::system_error if the system has no thread for us
  void start() {
    thread_ = std::thread([this] { run(); });
  }

  // A posted packet wakes it; closing the port would do so on Windows (735), but not on Wine (R73).
  void stop() {
    if (!thread_.joinable()) return;
    bool posted = kernel_.post(kExitKey);
    for (unsigned i = 0; !posted && i < kPostAttempts; i++) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      posted = kernel_.post(kExitKey);
    }
    if (!posted) kernel_.close();
    thread_.join();
  }

 private:
  void run() {
    std::array<OVERLAPPED_ENTRY, kDequeueBatch> entries;
    std::array<Message, kDequeueBatch> messages;
    for (bool running = true; running;) {
      const ULONG count = kernel_.dequeue(entries.data(), kDequeueBatch);
      size_t filled = 0;
      for (ULONG i = 0; i < count; i++) {
        if (entries[i].lpCompletionKey == kExitKey) {
          running = false;
        } else {
          messages[filled++] = message_of(entries[i]);
        }
      }
      running = running && count > 0;
      if (filled == 0) continue;
      inbox_.push(messages.data(), filled);
      wake_();
    }
  }

  static Message message_of(const OVERLAPPED_ENTRY& entry) {
    if (entry.lpCompletionKey == kFenceKey) return {.kind = Message::Kind::Fence};
    return {.kind = Message::Kind::Packet,
            .overlapped = entry.lpOverlapped,
            .status = static_cast<DWORD>(entry.Internal),
            .bytes = entry.dwNumberOfBytesTransferred};
  }

  Kernel& kernel_;
  Inbox& inbox_;
  std::function<void()> wake_;
  std::thread thread_;
};

}  // namespace overlapped::iocp
