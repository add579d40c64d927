#include "engine.h"

#include <overlapped/check.h>
#include <overlapped/invariant.h>

#include <atomic>
#include <system_error>
#include <utility>

namespace overlapped::iocp {
namespace {

std::atomic<uint32_t> engines_alive{0};

void at_environment_end(void* engine) { static_cast<Engine*>(engine)->shut_down(); }

}  // namespace

void* Pages::map(size_t bytes) {
  return VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void Pages::unmap(void* base, size_t) { OVERLAPPED_INVARIANT(VirtualFree(base, 0, MEM_RELEASE)); }

Engine::Engine(napi_env env, const EngineTables& tables, std::function<void()> closed)
    : env_(env),
      tables_(tables),
      closed_(std::move(closed)),
      driver_(kernel_, tables.capacity, Regions::Release{regions_.get()}, [this] { waker_.wake(); }) {
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

DWORD Engine::resolve(const RequestEntry& request, napi_value view, Read* read) {
  std::byte* address = target_of(env_, view, request);
  if (address == nullptr) return kErrorNoAccess;
  const bool known = request.file < files_.size() && files_[request.file].handle != nullptr;
  if (!known || files_[request.file].lost) return kErrorInvalidHandle;
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

bool Engine::is_lawful(const RequestEntry& request) const {
  return request.opcode == Opcode::Read && driver_.is_free(request.slot) &&
         tables_.has_room(driver_.in_flight() + driver_.undelivered());
}

DWORD Engine::issue(const RequestEntry& request, napi_value view) {
  if (!is_lawful(request)) return kErrorInvalidParameter;
  Read read;
  DWORD error = resolve(request, view, &read);
  if (error != kErrorSuccess) return error;
  error = driver_.issue(request.slot, request.generation, read);
  update_status();
  if (driver_.undelivered() > 0) waker_.wake();
  return error;
}

uint32_t Engine::submit(uint32_t first, uint32_t count, const napi_value* views) {
  for (uint32_t i = 0; i < count; i++) {
    if (stage(tables_.request(first + i), views[i])) continue;
    update_status();
    waker_.wake();
    return kUnlawful;
  }
  // What has completed meanwhile saves itself the way through the event loop.
  CompletionWriter out = tables_.writer();
  driver_.absorb();
  driver_.deliver(out);
  update_status();
  return out.count();
}

// @return false for a request that no lawful caller makes
bool Engine::stage(const RequestEntry& request, napi_value view) {
  if (request.opcode == Opcode::Cancel) {
    driver_.cancel(request.slot, request.generation);
    return true;
  }
  if (!is_lawful(request)) return false;
  Read read;
  const DWORD error = resolve(request, view, &read);
  if (error != kErrorSuccess) {
    driver_.refuse(request.slot, request.generation, error);
  } else {
    driver_.queue(request.slot, request.generation, read);
  }
  return true;
}

void Engine::on_wake() {
  if (state_ != State::Open) return;
  wakeups_++;
  CompletionWriter out = tables_.writer();
  driver_.absorb();
  driver_.deliver(out);
  update_status();
  if (out.count() == 0) return;

  // A threadsafe function's callback has an async context of its own.
  dispatch_completions(env_, tables_.dispatch, out.count(), nullptr);
}

void Engine::update_status() {
  const uint32_t pending = driver_.in_flight() + driver_.undelivered();
  tables_.set_in_flight(pending);
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
  tables_.release(env_);
  // No effect where the environment's end has called us.
  NAPI_MUST(napi_remove_env_cleanup_hook(env_, at_environment_end, this));
  if (!waker_.close()) delete this;
}

}  // namespace overlapped::iocp
