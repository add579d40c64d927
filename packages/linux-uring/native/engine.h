// One ring with its tables, its files and its place in the event loop. One JS thread owns it.
#pragma once

#include <node_api.h>
#include <overlapped/engine_tables.h>
#include <overlapped/region_registry.h>
#include <overlapped/tables.h>

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "buffer_table.h"
#include "driver.h"
#include "file.h"
#include "opener.h"
#include "ring.h"
#include "waker.h"

namespace overlapped::uring {

struct Pages {
  static void* map(size_t bytes);
  static void unmap(void* base, size_t bytes);
};
using Regions = RegionRegistry<Pages, Registration>;

class Engine {
 public:
  // What JS is told then.
  static constexpr const char* kClosed = "the io_uring engine is closed";

  // @param queue_entries of the submission queue: a batch size, not a limit
  Engine(napi_env env, const EngineTables& tables, uint32_t queue_entries);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // 0 or -errno; the engine is unusable after a failure, but destroys cleanly.
  int open();

  // The hot call: requests [first, first + count) go to the kernel. @return completions in the table;
  // kUnlawful if one asks for what JS may not ask: it and those behind it are not taken, those before it end
  // by `dispatch`
  static constexpr uint32_t kUnlawful = UINT32_MAX;
  uint32_t submit(uint32_t first, uint32_t count, const napi_value* views);
  bool has_requests(uint32_t first, uint32_t count) const { return tables_.has_requests(first, count); }

  // Opens a file if that takes no time. @return its descriptor, which is the caller's, or -1
  int open_at_once(const char* path, bool direct) { return opener_.open(path, direct); }
  uint32_t add_file(int fd, bool positioned);
  // @return whether its descriptor can be closed at once, without waiting; nothing if there is no such file
  std::optional<bool> remove_file(uint32_t id);
  void cancel_all();

  const std::shared_ptr<Regions>& regions() const { return regions_; }
  const DriverStats& stats() const { return driver_.stats(); }
  const Ring& ring() const { return ring_; }
  uint64_t wakeups() const { return wakeups_; }
  // Files that the ring can hold in its table, and those that it holds.
  uint32_t file_table() const { return file_table_; }
  uint32_t registered() const { return registered_; }
  const auto& buffers() const { return buffers_; }

  // Cancels, drains, then frees (R74), in that order, whoever asks: JS, or the environment's end. Idempotent.
  void shut_down();

 private:
  enum class State : uint8_t { Closed, Open, Closing };

  // A read that ended before the driver had it.
  struct Refused {
    uint32_t slot;
    uint32_t generation;
    uint32_t error;
  };

  [[nodiscard]] bool stage(const RequestEntry& request, napi_value view);
  void on_wake();
  void pump(CompletionWriter& out, bool idle);
  void listen();
  void update_status();

  napi_env env_;
  EngineTables tables_;
  uint32_t queue_entries_;
  State state_ = State::Closed;
  std::shared_ptr<Regions> regions_ = std::make_shared<Regions>();
  Ring ring_;
  Waker waker_;
  Copier copier_;
  Driver<Ring, Regions::Release, Copier> driver_;
  BufferTable<Ring, Copier, Regions::Region> buffers_;
  // Stays in place while it grows: reads in flight point to their file's warmth.
  std::deque<File> files_;
  std::vector<uint32_t> free_files_;
  Opener opener_;
  uint32_t file_table_ = 0;  // entries of the ring's table of files; 0 where there is none
  uint32_t registered_ = 0;
  std::vector<Refused> refused_;  // that JS has not heard of
  uint64_t wakeups_ = 0;
  napi_async_context async_context_ = nullptr;
  napi_async_cleanup_hook_handle cleanup_ = nullptr;
};

}  // namespace overlapped::uring
