#include "engine.h"

#include <overlapped/check.h>
#include <overlapped/invariant.h>
#include <sys/mman.h>

#include <cerrno>

namespace overlapped::uring {
namespace {

// Files beyond these are looked up by the kernel at each read.
constexpr unsigned kFileTableEntries = 1024;

// Reads after which a file is entered in the ring's table: that and taking it out cost as much as it saves in
// so many.
constexpr uint32_t kWorthRegistering = 64;

}  // namespace

void* Pages::map(size_t bytes) {
  void* base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return base == MAP_FAILED ? nullptr : base;
}

void Pages::unmap(void* base, size_t bytes) { munmap(base, bytes); }

Engine::Engine(napi_env env, const EngineTables& tables, uint32_t queue_entries)
    : env_(env),
      tables_(tables),
      queue_entries_(queue_entries),
      copier_(tables.capacity, [this] { waker_.wake(); }),
      driver_(ring_, tables.capacity, Regions::Release{regions_.get()}, copier_),
      buffers_(ring_, copier_) {}

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
  int error = ring_.open({.entries = queue_entries_, .completion_entries = 2 * tables_.capacity});
  if (error != 0) return error;
  error = waker_.open(loop, [](void* engine) { static_cast<Engine*>(engine)->on_wake(); }, this);
  if (error != 0) return error;
  error = ring_.register_eventfd(waker_.fd());
  if (error != 0) return error;
  ring_.set_notifications(false);
  if (ring_.register_file_table(kFileTableEntries)) file_table_ = kFileTableEntries;
  buffers_.open();
  regions_->before_unmap = [this](Regions::Region& region) { buffers_.leave(region); };
  return error;
}

uint32_t Engine::submit(uint32_t first, uint32_t count, const napi_value* views) {
  bool lawful = true;
  for (uint32_t i = 0; lawful && i < count; i++) lawful = stage(tables_.request(first + i), views[i]);
  if (!lawful) {
    update_status();
    waker_.wake();
    return kUnlawful;
  }
  CompletionWriter out = tables_.writer();
  pump(out, false);
  listen();
  return out.count();
}

// @return false for a request that no lawful caller makes
bool Engine::stage(const RequestEntry& request, napi_value view) {
  if (request.opcode == Opcode::Cancel) {
    driver_.stage_cancel(request.slot, request.generation);
    return true;
  }
  const bool lawful = request.opcode == Opcode::Read && driver_.is_free(request.slot) &&
                      tables_.has_room(static_cast<uint32_t>(refused_.size()) + driver_.in_flight());
  if (!lawful) return false;
  std::byte* address = target_of(env_, view, request);
  const bool known = request.file < files_.size() && files_[request.file].fd >= 0;
  if (address == nullptr || !known) {
    refused_.push_back({request.slot, request.generation, static_cast<uint32_t>(known ? EFAULT : EBADF)});
    return true;
  }
  // A kernel's worker is for copying. What waits for data is polled: it may wait for ever, and a cancellation
  // may miss the moment in which a worker takes it up.
  File& file = files_[request.file];
  const bool async = file.positioned && (request.async || file.may_wait);
  if (!file.registered && ++file.reads == kWorthRegistering && request.file < file_table_) {
    file.registered = ring_.set_file(request.file, file.fd);
    registered_ += file.registered ? 1 : 0;
  }
  auto* region = regions_->share(address);
  const bool may_be_entered = region != nullptr && file.positioned;
  driver_.stage_read(request.slot, request.generation,
                     {.fd = file.fd,
                      .file_index = file.registered ? static_cast<int>(request.file) : -1,
                      .buffer_index = may_be_entered ? buffers_.index_for(*region, request.length) : -1,
                      .address = address,
                      .length = request.length,
                      .position = file.positioned ? request.position : 0,
                      .async = async,
                      .alone = async && request.alone,
                      .together = request.together,
                      .warmth = file.positioned && !file.may_wait ? &file.warmth : nullptr,
                      .hold = region});
  return true;
}

// Submits and reaps. What completes from here on signals nobody, until `listen`.
void Engine::pump(CompletionWriter& out, bool idle) {
  for (const auto& [slot, generation, error] : refused_) out.write(slot, generation, error, 0);
  refused_.clear();
  ring_.set_notifications(false);
  driver_.pump(out, idle);
  update_status();
}

// Makes sure that whatever is left wakes us.
void Engine::listen() {
  if (driver_.in_flight() == 0) return;
  ring_.set_notifications(true);
  // Signalled by hand, since nobody else will: what completed before the switch, and what the pump's round
  // limit or a busy kernel left over.
  const bool left = ring_.has_hidden_work() || ring_.has_completions() || driver_.deferred() > 0;
  if (left || driver_.has_copies_for_idle()) waker_.wake();
}

void Engine::update_status() {
  const uint32_t pending = driver_.in_flight() + static_cast<uint32_t>(refused_.size());
  tables_.set_in_flight(pending);
  waker_.keep_alive(pending > 0);
}

void Engine::on_wake() {
  if (state_ != State::Open) return;
  wakeups_++;
  CompletionWriter out = tables_.writer();
  pump(out, !tables_.more_to_come());
  // JS first: a device may be idle until it gets what follows.
  if (out.count() > 0) dispatch_completions(env_, tables_.dispatch, out.count(), async_context_);
  if (state_ == State::Open) listen();
}

uint32_t Engine::add_file(int fd, bool positioned) {
  uint32_t id = static_cast<uint32_t>(files_.size());
  if (free_files_.empty()) {
    files_.emplace_back();
  } else {
    id = free_files_.back();
    free_files_.pop_back();
  }
  files_[id] = {};
  files_[id].fd = fd;
  files_[id].positioned = positioned;
  files_[id].may_wait = positioned && may_wait(fd);
  if (positioned) opener_.learn(fd, files_[id].may_wait);
  return id;
}

std::optional<bool> Engine::remove_file(uint32_t id) {
  if (id >= files_.size() || files_[id].fd < 0) return std::nullopt;
  File& file = files_[id];
  const bool at_once = closes_at_once(file);
  // The table holds the file open until it is taken out. Where the kernel refuses that, the place stays
  // taken.
  const bool vacant = !file.registered || ring_.set_file(id, -1);
  registered_ -= file.registered && vacant ? 1 : 0;
  file = {};
  if (vacant) free_files_.push_back(id);
  return at_once;
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
    CompletionWriter out = tables_.writer();  // JS does not look any more
    // Without an answer the buffers can be neither freed nor kept: the environment's memory is about to go.
    OVERLAPPED_INVARIANT(driver_.drain(out));
    regions_->before_unmap = nullptr;  // they may outlive the ring
    ring_.close();
    buffers_.close();
  }
  tables_.release(env_);
  if (async_context_ != nullptr) NAPI_MUST(napi_async_destroy(env_, async_context_));
  waker_.close(
      [](void* context) {
        const std::unique_ptr<Engine> engine(static_cast<Engine*>(context));
        NAPI_MUST(napi_remove_async_cleanup_hook(engine->cleanup_));
      },
      this);
}

}  // namespace overlapped::uring
