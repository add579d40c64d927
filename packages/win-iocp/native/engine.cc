#include "engine.h"

#include <overlapped/check.h>
#include <overlapped/invariant.h>

#include <atomic>
#include <system_error>
#include <utility>

namespace overlapped::iocp {
namespace {

std::atomic<uint32_t> engines_alive{0};

// An exception of JS becomes an uncaught one. Without one the environment is ending, and its hook drains us.
void report_exception(napi_env env) {
  bool pending = false;
  napi_value exception;
  if (failed(napi_is_exception_pending(env, &pending)) || !pending) return;
  if (failed(napi_get_and_clear_last_exception(env, &exception))) return;
  if (failed(napi_fatal_exception(env, exception))) return;  // refused only while the environment ends
}

void at_environment_end(void* engine) { static_cast<Engine*>(engine)->shut_down(); }

}  // namespace

void* Pages::map(size_t bytes) {
  return VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void Pages::unmap(void* base, size_t) { OVERLAPPED_INVARIANT(VirtualFree(base, 0, MEM_RELEASE)); }

Engine::Engine(napi_env env, const EngineOptions& options, std::function<void()> closed)
    : env_(env),
      options_(options),
      closed_(std::move(closed)),
      driver_(kernel_, options.capacity, ReleaseRegion{regions_.get()}, [this] { waker_.wake(); }) {
  engines_alive++;
}

Engine::~Engine() {
  OVERLAPPED_INVARIANT(driver_.in_flight() == 0);
  engines_alive--;
}

uint32_t Engine::alive() { return engines_alive; }

DWORD Engine::open() {
  state_ = State::Open;
  NAPI_MUST(waker_.open(
      env_, "overlapped:iocp", [](void* engine) { static_cast<Engine*>(engine)->on_wake(); },
      [](void* engine) { delete static_cast<Engine*>(engine); }, this));
  // Hooks run last in, first out: registered after the threadsafe function, this one runs before that is torn
  // down.
  NAPI_MUST(napi_add_env_cleanup_hook(env_, at_environment_end, this));
  const DWORD error = kernel_.open();
  if (error != kErrorSuccess) return error;
  try {
    driver_.start();
  } catch (const std::system_error&) {
    return kErrorNotEnoughMemory;
  }
  return kErrorSuccess;
}

DWORD Engine::resolve(const RequestEntry& request, napi_value pins, Read* read) {
  OVERLAPPED_INVARIANT(has_slot(request.slot));
  napi_value view;
  void* data = nullptr;
  size_t bytes = 0;
  napi_status status = napi_get_element(env_, pins, request.slot, &view);
  if (status == napi_ok) status = napi_get_buffer_info(env_, view, &data, &bytes);
  // JS has checked the range against the view's length; the view may have been detached since, so check the
  // truth. No view at all is a broken caller, or a worker that is being terminated: this read fails, no
  // other.
  const bool inside =
      status == napi_ok && request.target_offset <= bytes && request.length <= bytes - request.target_offset;
  if (!inside) return kErrorNoAccess;
  const bool known = request.file < files_.size() && files_[request.file].handle != nullptr;
  if (!known || files_[request.file].lost) return kErrorInvalidHandle;
  auto* address = static_cast<std::byte*>(data) + request.target_offset;
  File& file = files_[request.file];
  *read = {.file = file.handle->get(),
           .address = address,
           .length = request.length,
           .position = file.positioned ? request.position : 0,
           .direct = file.direct,
           .offloaded = file.synchronous || request.async,
           .lost = &file.lost,
           .hold = regions_->share(address)};
  return kErrorSuccess;
}

DWORD Engine::issue(const RequestEntry& request) {
  napi_value pins;
  Read read;
  NAPI_MUST(napi_get_reference_value(env_, options_.pins, &pins));
  DWORD error = resolve(request, pins, &read);
  if (error != kErrorSuccess) return error;
  error = driver_.issue(request.slot, request.generation, read);
  update_status();
  if (driver_.undelivered() > 0) waker_.wake();
  return error;
}

uint32_t Engine::submit(uint32_t first, uint32_t count) {
  CompletionWriter out(options_.completions, options_.capacity);
  napi_value pins;
  NAPI_MUST(napi_get_reference_value(env_, options_.pins, &pins));
  for (uint32_t i = first; i < first + count; i++) {
    stage(read_request(options_.requests + size_t{i} * kRequestWords), pins, out);
  }
  // What has completed meanwhile saves itself the way through the event loop.
  driver_.absorb();
  driver_.deliver(out);
  update_status();
  return out.count();
}

void Engine::stage(const RequestEntry& request, napi_value pins, CompletionWriter& refused) {
  if (request.opcode == Opcode::Cancel) {
    driver_.cancel(request.slot, request.generation);
    return;
  }
  Read read;
  const DWORD error = resolve(request, pins, &read);
  if (error != kErrorSuccess) {
    refused.write(request.slot, request.generation, error, 0);
  } else {
    driver_.queue(request.slot, request.generation, read);
  }
}

void Engine::on_wake() {
  if (state_ != State::Open) return;
  wakeups_++;
  CompletionWriter out(options_.completions, options_.capacity);
  driver_.absorb();
  driver_.deliver(out);
  update_status();
  if (out.count() == 0) return;

  napi_handle_scope scope;
  NAPI_MUST(napi_open_handle_scope(env_, &scope));
  napi_value receiver;
  napi_value dispatch;
  napi_value count;
  NAPI_MUST(napi_get_global(env_, &receiver));
  NAPI_MUST(napi_get_reference_value(env_, options_.dispatch, &dispatch));
  NAPI_MUST(napi_create_uint32(env_, out.count(), &count));
  // JS may close this engine in there: nothing of `this` is used afterwards.
  const napi_env env = env_;
  const napi_status status = napi_call_function(env, receiver, dispatch, 1, &count, nullptr);
  if (failed(status)) report_exception(env);
  NAPI_MUST(napi_close_handle_scope(env, scope));
}

void Engine::update_status() {
  const uint32_t pending = driver_.in_flight() + driver_.undelivered();
  options_.status[static_cast<uint32_t>(Status::InFlight)] = pending;
  // It can fail only while the environment ends, and then nothing has to be kept alive.
  if (failed(waker_.keep_alive(pending > 0))) return;
}

uint32_t Engine::add_file(const OpenResult& opened) {
  File file{.handle = std::make_shared<FileHandle>(opened.handle),
            .positioned = opened.kind == FileKind::Regular,
            .direct = opened.direct,
            .synchronous = opened.synchronous};
  if (free_files_.empty()) {
    files_.push_back(std::move(file));
    return static_cast<uint32_t>(files_.size() - 1);
  }
  const uint32_t id = free_files_.back();
  free_files_.pop_back();
  files_[id] = std::move(file);
  return id;
}

std::shared_ptr<FileHandle> Engine::file(uint32_t id) const {
  return id < files_.size() ? files_[id].handle : nullptr;
}

DWORD Engine::bind_file(uint32_t id) {
  const auto handle = file(id);
  return handle == nullptr ? kErrorInvalidHandle : kernel_.associate(handle->get());
}

std::shared_ptr<FileHandle> Engine::remove_file(uint32_t id) {
  auto handle = file(id);
  if (handle == nullptr) return nullptr;
  if (files_[id].lost) handle->forget();
  files_[id] = File{};
  free_files_.push_back(id);
  return handle;
}

void Engine::cancel_all() {
  driver_.cancel_all();
  update_status();
  if (driver_.undelivered() > 0) waker_.wake();
}

void Engine::shut_down() {
  if (state_ != State::Open) return;
  state_ = State::Closing;
  closed_();
  driver_.drain();
  files_.clear();
  kernel_.close();
  release_references();
  // No effect where the environment's end has called us.
  NAPI_MUST(napi_remove_env_cleanup_hook(env_, at_environment_end, this));
  if (!waker_.close()) delete this;
}

void Engine::release_references() {
  for (napi_ref table : options_.tables) NAPI_MUST(napi_delete_reference(env_, table));
  NAPI_MUST(napi_delete_reference(env_, options_.pins));
  NAPI_MUST(napi_delete_reference(env_, options_.dispatch));
}

}  // namespace overlapped::iocp
