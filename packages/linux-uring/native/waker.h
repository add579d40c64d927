// Wakes the event loop for completions: an eventfd that the ring signals, watched by libuv. The ring's own
// descriptor must not be watched: with DEFER_TASKRUN it loses wake-ups.
#pragma once

#include <atomic>
#include <memory>

#include "uv_abi.h"

namespace overlapped::uring {

class Waker {
 public:
  using Callback = void (*)(void* context);

  Waker() = default;
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;
  ~Waker();

  // 0 or -errno. The loop is not kept alive until `keep_alive(true)`.
  int open(uv_loop_s* loop, Callback on_wake, void* context);
  int fd() const { return fd_; }

  // Reads in flight keep the event loop alive; an idle backend does not (R75).
  void keep_alive(bool alive);

  // Wakes the loop as a completion would. From any thread; costs nothing while a wake-up is on its way.
  void wake();

  // Stops at once; `closed(context)` is called from the event loop when libuv has let go of the handle, or at
  // once where it never had one.
  void close(Callback closed, void* context);

 private:
  void drain_eventfd();

  int fd_ = -1;
  uv_handle_t* handle_ = nullptr;  // libuv's until the close callback
  Callback on_wake_ = nullptr;
  Callback closed_ = nullptr;
  void* context_ = nullptr;
  bool alive_ = false;
  std::atomic<bool> signalled_ = false;
};

}  // namespace overlapped::uring
