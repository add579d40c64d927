#include "waker.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>

namespace overlapped::uring {

Waker::~Waker() {
  if (fd_ >= 0) ::close(fd_);
}

int Waker::open(uv_loop_s* loop, Callback on_wake, void* context) {
  fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd_ < 0) return -errno;
  on_wake_ = on_wake;
  context_ = context;
  handle_ = std::calloc(1, uv_handle_size(kUvPollType));
  if (handle_ == nullptr) return -ENOMEM;
  int error = uv_poll_init(loop, handle_, fd_);
  if (error != 0) {
    std::free(handle_);  // libuv has not taken it
    handle_ = nullptr;
    return error;
  }
  uv_handle_set_data(handle_, this);
  uv_unref(handle_);
  return uv_poll_start(handle_, kUvReadable, [](uv_handle_t* handle, int, int) {
    auto* self = static_cast<Waker*>(uv_handle_get_data(handle));
    self->drain_eventfd();
    self->on_wake_(self->context_);
  });
}

void Waker::keep_alive(bool alive) {
  if (alive == alive_ || handle_ == nullptr) return;
  alive_ = alive;
  if (alive) {
    uv_ref(handle_);
  } else {
    uv_unref(handle_);
  }
}

void Waker::wake() {
  if (signalled_.exchange(true)) return;
  const uint64_t one = 1;
  // EAGAIN means that the counter is full: the loop will wake anyway.
  while (::write(fd_, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void Waker::close(Callback closed, void* context) {
  if (handle_ == nullptr) {
    closed(context);
    return;
  }
  closed_ = closed;
  context_ = context;
  uv_poll_stop(handle_);
  uv_handle_t* handle = handle_;
  handle_ = nullptr;
  uv_close(handle, [](uv_handle_t* closing) {
    auto* self = static_cast<Waker*>(uv_handle_get_data(closing));
    std::free(closing);
    self->closed_(self->context_);
  });
}

void Waker::drain_eventfd() {
  uint64_t count;
  // EAGAIN means that somebody else has read it: nothing to do, the completion queue says what there is.
  while (::read(fd_, &count, sizeof count) < 0 && errno == EINTR) {
  }
  // Whoever signals from here on writes again; what was said before is seen by the look that follows.
  signalled_ = false;
}

}  // namespace overlapped::uring
