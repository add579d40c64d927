// One completion port with its threads, its tables, its files and its place in the event loop. One JS thread
// owns it.
#pragma once

#include <node_api.h>
#include <overlapped/engine_tables.h>
#include <overlapped/region_registry.h>
#include <overlapped/tables.h>

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "driver.h"
#include "files.h"
#include "kernel.h"
#include "waker.h"

namespace overlapped::iocp {

struct Pages {
  static void* map(size_t bytes);
  static void unmap(void* base, size_t bytes);
};
using Regions = RegionRegistry<Pages>;

class Engine {
 public:
  // What JS is told then.
  static constexpr const char* kClosed = "the completion port is closed";

  // `closed` is called by the first `shut_down`: from then on nobody may use the engine.
  Engine(napi_env env, const EngineTables& tables, std::function<void()> closed);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // 0 or the last error; the engine is unusable after a failure, but destroys cleanly.
  DWORD open();

  bool has_slot(uint32_t slot) const { return tables_.has_slot(slot); }
  bool has_requests(uint32_t first, uint32_t count) const { return tables_.has_requests(first, count); }

  // The article's ReadFile, now. @return 0 or 997: a completion follows; else the error, and none does
  DWORD issue(const RequestEntry& request, napi_value view);

  // Requests [first, first + count) go to Windows. @return completions in the table; kUnlawful if one asks
  // for what JS may not ask: it and those behind it are not taken, those before it end by `dispatch`
  static constexpr uint32_t kUnlawful = UINT32_MAX;
  uint32_t submit(uint32_t first, uint32_t count, const napi_value* views);

  uint32_t add_file(const OpenResult& opened);
  // 0 or the last error (R10, R11)
  DWORD bind_file(uint32_t id);
  // Shared with whoever uses it on another thread; null for a file that is not open.
  std::shared_ptr<FileHandle> file(uint32_t id) const;
  std::shared_ptr<FileHandle> remove_file(uint32_t id);
  void cancel_all();

  const std::shared_ptr<Regions>& regions() const { return regions_; }
  const Driver<Kernel, Regions::Release>& driver() const { return driver_; }
  uint64_t wakeups() const { return wakeups_; }
  uint32_t open_files() const { return static_cast<uint32_t>(files_.size() - free_files_.size()); }
  // Engines of this process that are not destroyed yet.
  static uint32_t alive();

  // Cancels, drains, joins, then closes files and port (R73, R74), in that order, whoever asks: JS, or the
  // environment's end. Idempotent. The engine destroys itself afterwards.
  void shut_down();

 private:
  enum class State : uint8_t { Closed, Open, Closing };

  struct File {
    std::shared_ptr<FileHandle> handle;
    bool positioned = true;
    bool direct = false;
    bool synchronous = false;
    bool lost = false;  // Windows no longer knows the handle (R56)
  };

  // Fills in `read`. @return 0, or why it can't be read
  DWORD resolve(const RequestEntry& request, napi_value view, Read* read);
  [[nodiscard]] bool stage(const RequestEntry& request, napi_value view);
  // Whether the read's slot is free, and its completion will find room.
  bool is_lawful(const RequestEntry& request) const;
  void on_wake();
  void update_status();

  napi_env env_;
  EngineTables tables_;
  std::function<void()> closed_;
  State state_ = State::Closed;
  std::shared_ptr<Regions> regions_ = std::make_shared<Regions>();
  Kernel kernel_;
  Waker waker_;
  Driver<Kernel, Regions::Release> driver_;
  std::deque<File> files_;  // a deque: the driver has addresses of its elements
  std::vector<uint32_t> free_files_;
  uint64_t wakeups_ = 0;
};

}  // namespace overlapped::iocp
