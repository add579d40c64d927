// A second thread for cached reads. The ring copies what is in the page cache inside the system call that
// submits it, on the JS thread; where many such reads wait and a core is idle, this thread takes some of
// them. Both take from one line, so that neither waits for the other: a copier that gets no processor time
// takes none.
#pragma once

#include <sys/uio.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "brief_mutex.h"
#include "copy.h"
#include "core_wait.h"
#include "line.h"
#include "spare_cores.h"

namespace overlapped::uring {

inline constexpr uint32_t kCopyBatch = 16;

// How the copier's thread reads.
class CacheReader {
 public:
  virtual ~CacheReader() = default;
  // Copies `count` reads, at most kCopyBatch. None waits for a disk: what is not cached fails with EAGAIN.
  virtual void copy(const Copy* copies, uint32_t count, Copied* results) = 0;
  // Enters lent memory in its table, or without any takes it out. The other thread calls it, for an index
  // that no copy under way has.
  virtual void set_buffer(uint32_t index, void* base, size_t bytes) = 0;
};
// Reads that were handed over and that the copier has not begun: so many that it has one to go on with while
// the caller, who is slow to come, has another.
inline constexpr uint32_t kMostHandedOver = 8;
// Who has nothing else to do leaves the thread one read when it takes one back, who has leaves one more: it
// comes again later.
inline constexpr uint32_t kLeftByIdle = 1;
inline constexpr uint32_t kLeftByBusy = 2;
// The caller takes none back that would keep it for longer than a turn's budget of reads.
inline constexpr uint32_t kLargestTakenBack = 2 << 20;

// What the caller of `share` takes itself. A part: so much that it soon has completions to go on with.
enum class Portion : uint8_t { None, Part, All };

// Called once, by the thread that shares. The default has a ring of its own. @return null if it can't be had
using OpenReader = std::function<std::unique_ptr<CacheReader>()>;
std::unique_ptr<CacheReader> open_cache_reader();

class Copier {
 public:
  // @param capacity the most copies at once
  // @param wake called on the copier's thread when there is something to collect
  // @param wait of the thread that shares, which makes the copier
  Copier(uint32_t capacity, std::function<void()> wake, OpenReader open = open_cache_reader,
         SpareCores& cores = SpareCores::of_process(),
         std::unique_ptr<CoreWait> wait = std::make_unique<CoreWait>());
  ~Copier();
  Copier(const Copier&) = delete;
  Copier& operator=(const Copier&) = delete;

  // Puts `count` reads in line, and takes from its front what the caller is to do itself: `portion`, or all
  // of it where there is nobody to share with.
  // @param ours has room for `capacity`
  // @return how many were written to `ours`
  uint32_t share(const Copy* fresh, uint32_t count, Copy* ours, Portion portion);
  // Hands the thread a read that the caller would rather not copy; if the thread ends before it began, the
  // read goes in line. @return false if it has kMostHandedOver already, or there is no thread
  bool hand_over(const Copy& copy);
  // Takes back the oldest read that was handed over and is for this caller, if that leaves the thread some:
  // kLeftByIdle or kLeftByBusy, with the one that it is at. @return false if there is none
  bool take_back(Copy* out, bool idle);
  // Whether there is likely to be one for a caller with nothing else to do.
  bool has_to_take_back() const { return theirs() > kLeftByIdle; }
  // Writes every ended copy to `out`, which has room for `capacity`. @return how many
  uint32_t collect(Copied* out);
  // Lent memory, as CacheReader has it.
  void set_buffer(uint32_t index, void* base, size_t bytes);
  // Reads in line that nobody has taken.
  uint32_t waiting() const { return line_.count(); }

  // Ends the thread after the copies it is at; what waits in line stays there for `share`. Idempotent.
  void stop();

 private:
  // How many of those that a caller could take back the thread has, with the one that it is at.
  uint32_t theirs() const {
    return short_ones_.load(std::memory_order_relaxed) +
           (is_copying_.load(std::memory_order_relaxed) ? 1 : 0);
  }
  bool wake_thread();
  bool open_reader();
  bool start_thread();
  void run();
  uint32_t take_theirs(Copy* out);
  Copy take_handed_over(uint32_t at);
  bool sleep(std::unique_lock<BriefMutex>& lock);
  void retire();
  void abandon();
  uint64_t cost_of(Portion portion) const;

  const std::function<void()> wake_;
  const OpenReader open_;
  SpareCores& cores_;
  const std::unique_ptr<CoreWait> wait_;

  BriefMutex mutex_;
  std::condition_variable_any changed_;
  Line line_;
  std::array<Copy, kMostHandedOver> handed_over_;
  std::vector<Copied> ended_;
  // All change under the lock; reading them without it tells whether a look is worth one.
  std::atomic<uint32_t> handed_over_count_ = 0;
  std::atomic<uint32_t> short_ones_ = 0;  // of them: kLargestTakenBack or less
  std::atomic<bool> is_copying_ = false;
  std::atomic<uint32_t> ended_count_ = 0;
  std::atomic<bool> stopping_ = false;
  bool awake_ = false;
  bool refused_ = false;  // the system has no thread, or no ring, for us
  // The sharing thread's: what was entered, for a reader that is yet to be opened.
  std::vector<iovec> buffers_;
  std::unique_ptr<CacheReader> reader_;
  std::thread thread_;
};

}  // namespace overlapped::uring
