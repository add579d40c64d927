// What JS hands an engine when it makes one (the three tables, the callback), and what every engine does with
// them. Plain Node-API.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>

#include "check.h"
#include "invariant.h"
#include "tables.h"

namespace overlapped {

struct EngineTables {
  uint32_t capacity = 0;
  uint32_t* requests = nullptr;
  uint32_t request_entries = 0;
  uint32_t* completions = nullptr;
  uint32_t* status = nullptr;
  // Strong references for the engine's life: the three tables stay where they are.
  napi_ref owners[3] = {};
  napi_ref dispatch = nullptr;

  bool has_slot(uint32_t slot) const { return slot < capacity; }
  bool has_requests(uint32_t first, uint32_t count) const {
    return first <= request_entries && count <= request_entries - first;
  }
  RequestEntry request(uint32_t index) const {
    return read_request(requests + size_t{index} * kRequestWords);
  }
  CompletionWriter writer() const { return {completions, capacity}; }
  bool more_to_come() const { return status[static_cast<uint32_t>(Status::MoreToCome)] != 0; }
  // Whether one more request can have its completion: JS asks for no more than there are slots.
  bool has_room(uint32_t completions_to_come) const { return completions_to_come < capacity; }
  void set_in_flight(uint32_t count) const { status[static_cast<uint32_t>(Status::InFlight)] = count; }

  void release(napi_env env) const {
    for (napi_ref owner : owners) NAPI_MUST(napi_delete_reference(env, owner));
    NAPI_MUST(napi_delete_reference(env, dispatch));
  }
};

// Where a request's bytes go. Null if its view does not hold them: JS has checked the range against the
// view's length, but the view may have been detached since. No view at all is a broken caller, or a worker
// that is being terminated: that read fails, no other.
inline std::byte* target_of(napi_env env, napi_value view, const RequestEntry& request) {
  void* data = nullptr;
  size_t bytes = 0;
  if (failed(napi_get_buffer_info(env, view, &data, &bytes))) return nullptr;
  const bool inside = request.target_offset <= bytes && request.length <= bytes - request.target_offset;
  if (!inside) return nullptr;
  // An empty view may have no memory, and needs none.
  static std::byte nowhere{};
  return data == nullptr ? &nowhere : static_cast<std::byte*>(data) + request.target_offset;
}

// Tells JS that `count` completions are in the table; with an async context microtasks run afterwards. JS may
// close the engine in there, so the caller must not use it after this. An exception of JS becomes an uncaught
// one; without one, a failure means that the environment is ending, and its hook drains the engine.
inline void dispatch_completions(napi_env env, napi_ref dispatch, uint32_t count,
                                 napi_async_context context) {
  napi_handle_scope scope;
  NAPI_MUST(napi_open_handle_scope(env, &scope));
  napi_value receiver;
  napi_value function;
  napi_value argument;
  NAPI_MUST(napi_get_global(env, &receiver));
  NAPI_MUST(napi_get_reference_value(env, dispatch, &function));
  NAPI_MUST(napi_create_uint32(env, count, &argument));
  const napi_status status =
      context == nullptr ? napi_call_function(env, receiver, function, 1, &argument, nullptr)
                         : napi_make_callback(env, context, receiver, function, 1, &argument, nullptr);
  bool pending = false;
  napi_value exception;
  if (failed(status) && !failed(napi_is_exception_pending(env, &pending)) && pending &&
      !failed(napi_get_and_clear_last_exception(env, &exception)) &&
      failed(napi_fatal_exception(env, exception))) {
    // Refused only while the environment ends.
  }
  NAPI_MUST(napi_close_handle_scope(env, scope));
}

}  // namespace overlapped
