#include "ring.h"

#include <algorithm>
#include <cerrno>
#include <memory>

namespace overlapped::uring {
namespace {

constexpr unsigned kSized = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
constexpr unsigned kCooperative =
    IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL;

// No SQPOLL on any rung: its kernel thread keeps the credentials of whoever made the ring (CVE-2024-22017).
constexpr Rung kLadder[] = {
    {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
         IORING_SETUP_SUBMIT_ALL | kSized,
     "defer-taskrun", "6.1"},
    {IORING_SETUP_SINGLE_ISSUER | kCooperative | kSized, "single-issuer", "6.0"},
    {kCooperative | kSized, "coop-taskrun", "5.19"},
    {kSized, "plain", "5.13"},
};
// The first rung that leaves the ring to more than one thread.
constexpr const Rung* kForTwoThreads = &kLadder[2];

// FEAT_RSRC_TAGS marks 5.13, the oldest kernel whose fixes we rely on; NODROP means that completions are
// never lost.
constexpr unsigned kRequiredFeatures = IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE |
                                       IORING_FEAT_FAST_POLL | IORING_FEAT_EXT_ARG |
                                       IORING_FEAT_NATIVE_WORKERS | IORING_FEAT_RSRC_TAGS;

// Kernels before 5.12, and 6.18 again, count rings against RLIMIT_MEMLOCK, and fragmented memory refuses
// large ones: ask for less.
constexpr unsigned kSmallestQueue = 32;
// IORING_MAX_ENTRIES.
constexpr unsigned kLargestQueue = 32'768;

}  // namespace

int Ring::open(const RingConfig& config) {
  unsigned entries = std::min(config.entries, kLargestQueue);
  unsigned completion_entries =
      std::max(config.completion_entries, 2 * entries);  // less than entries is EINVAL
  int error = -EINVAL;
  for (const Rung* rung = config.two_threads ? kForTwoThreads : kLadder; rung != std::end(kLadder);) {
    io_uring_params params{};
    params.flags = rung->flags;
    params.cq_entries = completion_entries;
    error = io_uring_queue_init_params(entries, &ring_, &params);
    if (error == 0) {
      rung_ = rung;
      break;
    }
    if (error == -ENOMEM && entries > kSmallestQueue) {
      entries /= 2;
      completion_entries /= 2;
    } else if (error == -EINVAL) {
      ++rung;
    } else {
      return error;
    }
  }
  if (error != 0) return error;
  open_ = true;
  if ((ring_.features & kRequiredFeatures) != kRequiredFeatures) {
    close();
    return kMissingFeatures;
  }
  // A child between fork and exec must not see the ring. Where this fails the child only has a useless
  // mapping.
  (void)io_uring_ring_dontfork(&ring_);
  // Saves the kernel a descriptor lookup per call, since 5.18; without it nothing changes. It is this
  // thread's.
  if (!config.two_threads) (void)io_uring_register_ring_fd(&ring_);
  return 0;
}

void Ring::close() {
  if (!open_) return;
  open_ = false;
  io_uring_queue_exit(&ring_);
}

bool Ring::supports(int opcode) {
  const std::unique_ptr<io_uring_probe, decltype(&io_uring_free_probe)> probe(io_uring_get_probe_ring(&ring_),
                                                                              &io_uring_free_probe);
  return probe != nullptr && io_uring_opcode_supported(probe.get(), opcode) != 0;
}

bool Ring::has_hidden_work() const {
  return (__atomic_load_n(ring_.sq.kflags, __ATOMIC_RELAXED) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) !=
         0;
}

int Ring::submit() {
  return has_hidden_work() ? io_uring_submit_and_get_events(&ring_) : io_uring_submit(&ring_);
}

int Ring::wait(unsigned milliseconds) {
  __kernel_timespec timeout{.tv_sec = milliseconds / 1000, .tv_nsec = (milliseconds % 1000) * 1'000'000LL};
  io_uring_cqe* entry = nullptr;
  return io_uring_wait_cqe_timeout(&ring_, &entry, &timeout);
}

}  // namespace overlapped::uring
