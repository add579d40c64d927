// The part of libuv's stable C ABI that the waker uses. Node exports these functions from its executable;
// declaring them here means that building needs no uv.h, which node-api-headers lacks and not every Node
// installs. Sizes come from uv_handle_size at run time. Values from uv.h of libuv 1.x, unchanged since 1.0.
#pragma once

#include <cstddef>

struct uv_loop_s;

extern "C" {
using uv_handle_t = void;  // opaque: allocated by size, never looked into
using uv_poll_cb = void (*)(uv_handle_t* handle, int status, int events);
using uv_close_cb = void (*)(uv_handle_t* handle);

size_t uv_handle_size(int type);
void uv_handle_set_data(uv_handle_t* handle, void* data);
void* uv_handle_get_data(const uv_handle_t* handle);
int uv_poll_init(uv_loop_s* loop, uv_handle_t* handle, int fd);
int uv_poll_start(uv_handle_t* handle, int events, uv_poll_cb callback);
int uv_poll_stop(uv_handle_t* handle);
void uv_ref(uv_handle_t* handle);
void uv_unref(uv_handle_t* handle);
void uv_close(uv_handle_t* handle, uv_close_cb callback);
}

namespace overlapped::uring {
inline constexpr int kUvPollType = 8;  // UV_POLL of uv_handle_type
inline constexpr int kUvReadable = 1;  // UV_READABLE of uv_poll_event
}  // namespace overlapped::uring
