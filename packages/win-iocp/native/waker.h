// Wakes the event loop for completions: a threadsafe function, called at most once until the loop has
// answered.
#pragma once

#include <node_api.h>

#include <atomic>

namespace overlapped::iocp {

class Waker {
 public:
  using Callback = void (*)(void* context);

  // `on_wake` runs on the JS thread; `closed`, once, when the function is gone. The loop is not kept alive
  // until `keep_alive(true)`.
  napi_status open(napi_env env, const char* name, Callback on_wake, Callback closed, void* context);

  // Reads in flight keep the event loop alive; an idle backend does not (R75).
  napi_status keep_alive(bool alive);

  // From any thread, as long as `close` was not called.
  void wake();

  // @return false if it was never open, and `closed` will not be called
  bool close();

 private:
  napi_env env_ = nullptr;
  napi_threadsafe_function function_ = nullptr;
  Callback on_wake_ = nullptr;
  Callback closed_ = nullptr;
  void* context_ = nullptr;
  std::atomic<bool> pending_{false};
  bool alive_ = false;
};

}  // namespace overlapped::iocp
