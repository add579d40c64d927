#include "waker.h"

#include <overlapped/check.h>
#include <overlapped/invariant.h>

namespace overlapped::iocp {

napi_status Waker::open(napi_env env, const char* name, Callback on_wake, Callback closed, void* context) {
  env_ = env;
  on_wake_ = on_wake;
  closed_ = closed;
  context_ = context;
  napi_value resource_name;
  napi_status status = napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &resource_name);
  if (failed(status)) return status;
  status = napi_create_threadsafe_function(
      env, nullptr, nullptr, resource_name, 0, 1, this,
      [](napi_env, void* data, void*) {
        auto* self = static_cast<Waker*>(data);
        self->closed_(self->context_);
      },
      this,
      [](napi_env call_env, napi_value, void* data, void*) {
        if (call_env == nullptr) return;  // the environment ends
        auto* self = static_cast<Waker*>(data);
        // First: whatever arrives from here on wakes us again.
        self->pending_.store(false, std::memory_order_seq_cst);
        self->on_wake_(self->context_);
      },
      &function_);
  return failed(status) ? status : napi_unref_threadsafe_function(env, function_);
}

napi_status Waker::keep_alive(bool alive) {
  if (alive == alive_) return napi_ok;
  alive_ = alive;
  return alive ? napi_ref_threadsafe_function(env_, function_)
               : napi_unref_threadsafe_function(env_, function_);
}

void Waker::wake() {
  if (pending_.exchange(true, std::memory_order_seq_cst)) return;
  // Closing means that the environment ends: its hook takes what is in the inbox.
  const napi_status status = napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking);
  OVERLAPPED_INVARIANT(status == napi_ok || status == napi_closing);
}

bool Waker::close() {
  if (function_ == nullptr) return false;
  NAPI_MUST(napi_release_threadsafe_function(function_, napi_tsfn_abort));
  return true;
}

}  // namespace overlapped::iocp
