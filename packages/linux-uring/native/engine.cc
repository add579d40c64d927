#include "engine.h"

#include <overlapped/check.h>
#include <overlapped/invariant.h>
#include <sys/mman.h>

#include <cerrno>

namespace overlapped::uring {
namespace {

// Files beyond these are looked up by the kernel at each read.
constexpr unsigned kFileTableEntries = 1024;

// An exception of JS becomes an uncaught one. Without one the environment is ending, and its hook drains us.
void report_exception(napi_env env) {
  bool pending = false;
  napi_value exception;
  if (failed(napi_is_exception_pending(env, &pending)) || !pending) return;
  if (failed(napi_get_and_clear_last_exception(env, &exception))) return;
  if (failed(napi_fatal_exception(env, exception))) return;  // refused only while the environment ends
}

}  // namespace

void* Pages::map(size_t bytes) {
  void* base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return base == MAP_FAILED ? nullptr : base;
}

void Pages::unmap(void* base, size_t bytes) { munmap(base, bytes); }

Engine::Engine(napi_env env, const EngineOptions& options)
    : env_(env), options_(options), driver_(ring_, options.capacity, ReleaseRegion{regions_.get()}) {}

Engine::~Engine() { OVERLAPPED_INVARIANT(driver_.in_flight() == 0); }

int Engine::open() {
  uv_loop_s* loop = nullptr;
  NAPI_MUST(napi_get_uv_event_loop(env_, &loop));
  // From here on shut_down runs at the environment's end, before the memory that reads fill goes away.
  NAPI_MUST(napi_add_async_cleanup_hook(
      env_, [](napi_async_cleanup_hook_handle, void* engine) { static_cast<Engine*>(engine)->shut_down(); },
      this, &cleanup_));
  state_ = State::Open;
  napi_value name;
  NAPI_MUST(napi_create_string_utf8(env_, "overlapped:io_uring", NAPI_AUTO_LENGTH, &name));
  NAPI_MUST(napi_async_init(env_, nullptr, name, &async_context_));
  // A read and its cancellation each have a completion, so a queue of this size can't overflow.
  int error = ring_.open({.entries = options_.queue_entries, .completion_entries = 2 * options_.capacity});
  if (error != 0) return error;
  error = waker_.open(loop, [](void* engine) { static_cast<Engine*>(engine)->on_wake(); }, this);
  if (error != 0) return error;
  error = ring_.register_eventfd(waker_.fd());
  if (error != 0) return error;
  ring_.set_notifications(false);
  if (ring_.register_file_table(kFileTableEntries)) file_table_ = kFileTableEntries;
  return error;
}

uint32_t Engine::submit(uint32_t first, uint32_t count) {
  CompletionWriter out(options_.completions, options_.capacity);
  napi_value pins;
  NAPI_MUST(napi_get_reference_value(env_, options_.pins, &pins));
  for (uint32_t i = first; i < first + count; i++) {
    stage(read_request(options_.requests + size_t{i} * kRequestWords), pins, out);
  }
  pump(out);
  return out.count();
}

void Engine::stage(const RequestEntry& request, napi_value pins, CompletionWriter& out) {
  if (request.opcode == Opcode::Cancel) {
    driver_.stage_cancel(request.slot, request.generation);
    return;
  }
  OVERLAPPED_INVARIANT(request.slot < options_.capacity);
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
  const bool known = request.file < files_.size() && files_[request.file].fd >= 0;
  if (!inside || !known) {
    out.write(request.slot, request.generation, inside ? EBADF : EFAULT, 0);
    return;
  }
  auto* address = static_cast<std::byte*>(data) + request.target_offset;
  const File& file = files_[request.file];
  driver_.stage_read(request.slot, request.generation,
                     {.fd = file.registered ? static_cast<int>(request.file) : file.fd,
                      .registered = file.registered,
                      .address = address,
                      .length = request.length,
                      .position = file.positioned ? request.position : 0,
                      .async = request.async,
                      .hold = regions_->share(address)});
}

// Submits, reaps, and makes sure that whatever is left wakes us.
void Engine::pump(CompletionWriter& out) {
  ring_.set_notifications(false);
  driver_.pump(out);
  if (driver_.in_flight() > 0) {
    ring_.set_notifications(true);
    // What completed before the switch has signalled nobody: look once more.
    if (has_completions()) driver_.pump(out);
    // What the pump's round limit or a busy kernel left over is signalled by hand: the loop's other work goes
    // first.
    if (has_completions() || driver_.deferred() > 0) waker_.wake();
  }
  options_.status[static_cast<uint32_t>(Status::InFlight)] = driver_.in_flight();
  waker_.keep_alive(driver_.in_flight() > 0);
}

void Engine::on_wake() {
  if (state_ != State::Open) return;
  wakeups_++;
  CompletionWriter out(options_.completions, options_.capacity);
  pump(out);
  if (out.count() == 0) return;

  napi_handle_scope scope;
  NAPI_MUST(napi_open_handle_scope(env_, &scope));
  napi_value receiver;
  napi_value dispatch;
  napi_value count;
  NAPI_MUST(napi_get_global(env_, &receiver));
  NAPI_MUST(napi_get_reference_value(env_, options_.dispatch, &dispatch));
  NAPI_MUST(napi_create_uint32(env_, out.count(), &count));
  // Runs microtasks after the call. JS may close this engine in there: nothing of `this` is used afterwards.
  const napi_env env = env_;
  const napi_status status = napi_make_callback(env, async_context_, receiver, dispatch, 1, &count, nullptr);
  if (failed(status)) report_exception(env);
  NAPI_MUST(napi_close_handle_scope(env, scope));
}

uint32_t Engine::add_file(int fd, bool positioned) {
  uint32_t id = static_cast<uint32_t>(files_.size());
  if (free_files_.empty()) {
    files_.emplace_back();
  } else {
    id = free_files_.back();
    free_files_.pop_back();
  }
  const bool registered = id < file_table_ && ring_.set_file(id, fd);
  files_[id] = {fd, positioned, registered};
  return id;
}

bool Engine::remove_file(uint32_t id) {
  if (id >= files_.size() || files_[id].fd < 0) return false;
  // The table holds the file open until it is taken out. Where the kernel refuses that, the place stays
  // taken.
  const bool vacant = !files_[id].registered || ring_.set_file(id, -1);
  files_[id] = {};
  if (vacant) free_files_.push_back(id);
  return true;
}

void Engine::cancel_all() {
  driver_.cancel_all();
  ring_.set_notifications(true);
  waker_.wake();  // the pump of the wake-up submits them
}

void Engine::shut_down() {
  if (state_ != State::Open) return;
  state_ = State::Closing;
  if (ring_.is_open()) {
    std::vector<uint32_t> scratch(size_t{options_.capacity} * kCompletionWords);
    CompletionWriter out(scratch.data(), options_.capacity);
    // Without an answer the buffers can be neither freed nor kept: the environment's memory is about to go.
    OVERLAPPED_INVARIANT(driver_.drain(out));
    ring_.close();
  }
  release_references();
  waker_.close(
      [](void* context) {
        const std::unique_ptr<Engine> engine(static_cast<Engine*>(context));
        NAPI_MUST(napi_remove_async_cleanup_hook(engine->cleanup_));
      },
      this);
}

void Engine::release_references() {
  for (napi_ref table : options_.tables) NAPI_MUST(napi_delete_reference(env_, table));
  NAPI_MUST(napi_delete_reference(env_, options_.pins));
  NAPI_MUST(napi_delete_reference(env_, options_.dispatch));
  if (async_context_ != nullptr) NAPI_MUST(napi_async_destroy(env_, async_context_));
}

}  // namespace overlapped::uring
