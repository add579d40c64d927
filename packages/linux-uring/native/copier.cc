#include "copier.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <system_error>

#include "read.h"
#include "ring.h"

namespace overlapped::uring {
namespace {

// Reads in line that cost this are worth waking the thread, where it sleeps.
constexpr uint64_t kWorthWaking = 256 << 10;
// How long the thread looks for more before it sleeps: about as long as the JS thread takes between two
// submissions. A wake-up costs both of them more than this.
constexpr std::chrono::microseconds kPatience{20};
// Of what is in line, the part that the caller takes: one in this many. Small, because it also runs what
// follows from all of them.
constexpr uint64_t kOurPart = 4;
// But at least this much, because a system call's fixed price wants to be shared; and so much the thread
// takes at once, which wants to have something to report soon.
constexpr uint64_t kLeastOurs = 96 << 10;
constexpr uint64_t kTheirs = 96 << 10;
// A look at the scheduler's count is a system call.
constexpr unsigned kBatchesToALook = 256;

bool is_short(const Copy& copy) { return copy.length <= kLargestTakenBack; }

// Node's signals are for its own threads.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

class RingReader : public CacheReader {
 public:
  bool open() {
    const RingConfig config{.entries = kCopyBatch, .completion_entries = 2 * kCopyBatch, .two_threads = true};
    if (ring_.open(config) != 0) return false;
    if (ring_.register_buffer_table(kBufferTableEntries)) entered_.resize(kBufferTableEntries);
    return true;
  }

  void copy(const Copy* copies, uint32_t count, Copied* results) override {
    for (uint32_t i = 0; i < count; i++) {
      const Copy& copy = copies[i];
      results[i] = {copy.slot, -EAGAIN, copy.handed_over};
      io_uring_sqe* entry = ring_.next_entry();
      prepare_read(entry, copy.fd, copy, has_buffer(copy.buffer_index) ? copy.buffer_index : -1);
      entry->rw_flags = RWF_NOWAIT;
      entry->user_data = i;
    }
    for (uint32_t left = count; left > 0;) {
      const int entered = ring_.submit_and_wait(left);
      // The kernel took none of them: they are as good as not cached.
      if (entered < 0 && entered != -EINTR) {
        left -= ring_.unsubmitted();
        ring_.discard_unsubmitted();
      }
      io_uring_cqe* batch[kCopyBatch];
      const unsigned ended = ring_.peek(batch, kCopyBatch);
      for (unsigned i = 0; i < ended; i++) results[batch[i]->user_data].result = batch[i]->res;
      ring_.advance(ended);
      left -= ended;
    }
  }

  // To be refused costs nothing but speed: the copies name their addresses then.
  void set_buffer(uint32_t index, void* base, size_t bytes) override {
    if (index >= entered_.size()) return;
    const bool taken = ring_.set_buffer(index, base, bytes);
    entered_[index] = taken && bytes > 0 ? 1 : 0;
  }

 private:
  bool has_buffer(int index) const {
    const auto at = static_cast<uint32_t>(index);
    return index >= 0 && at < entered_.size() && entered_[at] != 0;
  }

  Ring ring_;
  // By index, a byte each: the other thread writes to those that no copy under way has.
  std::vector<uint8_t> entered_;
};

}  // namespace

std::unique_ptr<CacheReader> open_cache_reader() {
  auto reader = std::make_unique<RingReader>();
  if (!reader->open()) return nullptr;
  return reader;
}

Copier::Copier(uint32_t capacity, std::function<void()> wake, OpenReader open, SpareCores& cores,
               std::unique_ptr<CoreWait> wait)
    : wake_(std::move(wake)),
      open_(std::move(open)),
      cores_(cores),
      wait_(std::move(wait)),
      line_(capacity),
      ended_(capacity) {
  cores_.enter(*wait_);
}

Copier::~Copier() {
  stop();
  cores_.leave(*wait_);
}

uint32_t Copier::share(const Copy* fresh, uint32_t count, Copy* ours, Portion portion) {
  bool woken = false;
  uint32_t taken = 0;
  {
    const std::lock_guard lock(mutex_);
    for (uint32_t i = 0; i < count; i++) line_.put(fresh[i]);
    const bool is_worth_waking = line_.cost() >= kWorthWaking;
    taken = line_.take(ours, cost_of(portion), waiting(), Taker::Caller);
    if (waiting() > 0 && !awake_ && is_worth_waking) woken = awake_ = wake_thread();
    if (!awake_) taken += line_.take(ours + taken, line_.cost(), waiting(), Taker::Caller);
  }
  if (woken) changed_.notify_one();
  return taken;
}

bool Copier::hand_over(const Copy& copy) {
  bool woken = false;
  {
    const std::lock_guard lock(mutex_);
    const uint32_t count = handed_over_count_.load(std::memory_order_relaxed);
    if (count == kMostHandedOver) return false;
    if (!awake_) woken = awake_ = wake_thread();
    if (!awake_) return false;
    handed_over_[count] = copy;
    handed_over_count_.store(count + 1, std::memory_order_relaxed);
    if (is_short(copy)) short_ones_.fetch_add(1, std::memory_order_relaxed);
  }
  if (woken) changed_.notify_one();
  return true;
}

bool Copier::take_back(Copy* out, bool idle) {
  const uint32_t left = idle ? kLeftByIdle : kLeftByBusy;
  if (theirs() <= left) return false;
  const std::lock_guard lock(mutex_);
  if (theirs() <= left) return false;
  const auto* const end = handed_over_.begin() + handed_over_count_;
  const auto* const first = std::find_if(
      handed_over_.cbegin(), end, [&](const Copy& copy) { return is_short(copy) && (idle || !copy.async); });
  if (first == end) return false;
  *out = take_handed_over(static_cast<uint32_t>(first - handed_over_.begin()));
  return true;
}

uint32_t Copier::collect(Copied* out) {
  if (ended_count_.load(std::memory_order_relaxed) == 0) return 0;
  const std::lock_guard lock(mutex_);
  const uint32_t count = ended_count_.load(std::memory_order_relaxed);
  std::copy_n(ended_.begin(), count, out);
  ended_count_.store(0, std::memory_order_relaxed);
  return count;
}

void Copier::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

// The thread is made at its first use: most programs never need it.
bool Copier::wake_thread() {
  if (refused_ || stopping_ || !cores_.take()) return false;
  if (thread_.joinable()) return true;
  if (open_reader() && start_thread()) return true;
  refused_ = true;
  reader_.reset();
  cores_.give_back();
  return false;
}

bool Copier::start_thread() {
  try {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { run(); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

bool Copier::open_reader() {
  reader_ = open_();
  if (reader_ == nullptr) return false;
  for (uint32_t index = 0; index < buffers_.size(); index++) {
    const auto& [base, bytes] = buffers_[index];
    if (bytes > 0) reader_->set_buffer(index, base, bytes);
  }
  return true;
}

void Copier::set_buffer(uint32_t index, void* base, size_t bytes) {
  if (index >= buffers_.size()) buffers_.resize(index + 1);
  buffers_[index] = {base, bytes};
  if (reader_ != nullptr) reader_->set_buffer(index, base, bytes);
}

uint64_t Copier::cost_of(Portion portion) const {
  switch (portion) {
    case Portion::None:
      return 0;
    case Portion::Part:
      return std::max(line_.cost() / kOurPart, kLeastOurs);
    case Portion::All:
      return line_.cost();
  }
  return line_.cost();
}

void Copier::run() {
  std::array<Copy, kCopyBatch> copies;
  std::array<Copied, kCopyBatch> results;
  std::unique_lock lock(mutex_);
  for (unsigned batches = 1; sleep(lock); batches++) {
    const uint32_t count = take_theirs(copies.data());
    is_copying_ = true;
    lock.unlock();
    reader_->copy(copies.data(), count, results.data());
    lock.lock();
    is_copying_ = false;
    const uint32_t ended = ended_count_.load(std::memory_order_relaxed);
    std::copy_n(results.begin(), count, ended_.begin() + ended);
    ended_count_.store(ended + count, std::memory_order_relaxed);
    if (batches % kBatchesToALook == 0 && cores_.are_wanted()) abandon();
    lock.unlock();
    wake_();
    lock.lock();
  }
  abandon();
  wake_();
}

// A read that was handed over goes first, since hardly anybody else helps it on.
uint32_t Copier::take_theirs(Copy* out) {
  if (handed_over_count_ == 0) return line_.take(out, kTheirs, kCopyBatch, Taker::Thread);
  *out = take_handed_over(0);
  return 1;
}

Copy Copier::take_handed_over(uint32_t at) {
  const Copy copy = handed_over_[at];
  std::copy(handed_over_.begin() + at + 1, handed_over_.end(), handed_over_.begin() + at);
  handed_over_count_.fetch_sub(1, std::memory_order_relaxed);
  if (is_short(copy)) short_ones_.fetch_sub(1, std::memory_order_relaxed);
  return copy;
}

void Copier::retire() {
  if (awake_) cores_.give_back();
  awake_ = false;
}

// Gives up its core; what was handed over is for whoever comes.
void Copier::abandon() {
  retire();
  while (handed_over_count_ > 0) {
    Copy copy;
    take_theirs(&copy);
    line_.put(copy);
  }
}

// Waits until there is something to take. @return false when it is over
bool Copier::sleep(std::unique_lock<BriefMutex>& lock) {
  const auto called = [this] { return waiting() > 0 || handed_over_count_ > 0 || stopping_; };
  if (awake_ && !called()) {
    lock.unlock();
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!called() && std::chrono::steady_clock::now() < end) pause_briefly();
    lock.lock();
  }
  while (!stopping_ && (!awake_ || !called())) {
    retire();
    changed_.wait(lock, [this] { return awake_ || stopping_; });
  }
  return !stopping_;
}

}  // namespace overlapped::uring
