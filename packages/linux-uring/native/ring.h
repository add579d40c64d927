// The io_uring calls that the driver uses, and nothing else: the seam that tests replace.
#pragma once

#include <liburing.h>

#include <sys/uio.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace overlapped::uring {

// One step of the setup ladder: kernels refuse flags they don't know with EINVAL, so the next step asks for
// less.
struct Rung {
  unsigned flags;
  const char* name;   // as the doctor prints it
  const char* since;  // first kernel that has it
};

// Places in a ring's table of buffers.
inline constexpr uint32_t kBufferTableEntries = 1024;

struct RingConfig {
  unsigned entries;             // submission queue, a batch size
  unsigned completion_entries;  // so large that it can't overflow; made larger where the queue needs it
  bool two_threads = false;     // one reads through it, another may enter buffers
};

class Ring {
 public:
  Ring() = default;
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring() { close(); }

  // The kernel makes rings, but lacks what we need. An errno that io_uring_setup has no use for: sandboxes
  // answer EOPNOTSUPP.
  static constexpr int kMissingFeatures = -EPROTONOSUPPORT;

  // 0, or -errno of the last rung tried, or kMissingFeatures.
  int open(const RingConfig& config);
  void close();
  bool is_open() const { return open_; }

  const Rung& rung() const { return *rung_; }
  unsigned features() const { return ring_.features; }
  bool supports(int opcode);

  // Next free entry, or null when the queue is full until the next submit.
  io_uring_sqe* next_entry() { return io_uring_get_sqe(&ring_); }
  unsigned unsubmitted() const { return io_uring_sq_ready(&ring_); }

  // Hands the queue to the kernel and, where it has work of ours to finish, lets it do that. @return taken,
  // or -errno
  int submit();
  // Tells `entry` the user data of every entry that the kernel has not taken. Without SQPOLL nobody else
  // reads the queue between two calls.
  template <class Callback>
  void each_unsubmitted(Callback entry) const {
    const io_uring_sq& queue = ring_.sq;
    for (unsigned at = *queue.khead; at != queue.sqe_tail; at++) {
      entry(uint64_t{queue.sqes[at & queue.ring_mask].user_data});
    }
  }
  // Takes all of them back.
  void discard_unsubmitted() {
    io_uring_sq& queue = ring_.sq;
    const unsigned head = *queue.khead;
    queue.sqe_head = queue.sqe_tail = head;
    __atomic_store_n(queue.ktail, head, __ATOMIC_RELEASE);
  }
  // Submits, and waits until `count` completions are there. @return taken, or -errno
  int submit_and_wait(unsigned count) { return io_uring_submit_and_wait(&ring_, count); }
  // Waits for at least one completion. @return 0 or -errno (-ETIME)
  int wait(unsigned milliseconds);

  unsigned peek(io_uring_cqe** out, unsigned max) { return io_uring_peek_batch_cqe(&ring_, out, max); }
  void advance(unsigned count) { io_uring_cq_advance(&ring_, count); }
  // True if the kernel has completions that only another enter brings to the queue.
  bool has_hidden_work() const;
  bool has_completions() const { return io_uring_cq_ready(&ring_) > 0; }

  // A table of files that the kernel has looked up once. Needs 5.19 and room under RLIMIT_NOFILE; without it
  // every read looks its file up. @return false where there is none
  bool register_file_table(unsigned entries) { return io_uring_register_files_sparse(&ring_, entries) == 0; }
  // Puts a file into the table, or with -1 takes it out. @return false if the kernel refuses
  bool set_file(unsigned index, int fd) { return io_uring_register_files_update(&ring_, index, &fd, 1) == 1; }

  // A table of memory that the kernel has pinned once, and reaches by its own mapping. Needs 5.19. @return
  // false where there is none
  bool register_buffer_table(unsigned entries) {
    return io_uring_register_buffers_sparse(&ring_, entries) == 0;
  }
  // Puts memory into the table; without any, takes out what is there. Reads in flight keep it until they end.
  // @return false if the kernel refuses
  bool set_buffer(unsigned index, void* base, size_t bytes) {
    const iovec memory{base, bytes};
    const __u64 tag = 0;
    return io_uring_register_buffers_update_tag(&ring_, index, &memory, &tag, 1) == 1;
  }

  int register_eventfd(int fd) { return io_uring_register_eventfd(&ring_, fd); }
  // A plain memory write: no wake-ups while we are pumping anyway. Whoever switches them on must look for
  // completions once more, and the fence keeps that look from happening first: the kernel publishes its work,
  // then reads this switch; we set the switch, then read what it published.
  void set_notifications(bool on) {
    (void)io_uring_cq_eventfd_toggle(&ring_, on);
    if (on) __atomic_thread_fence(__ATOMIC_SEQ_CST);
  }

 private:
  io_uring ring_{};
  const Rung* rung_ = nullptr;
  bool open_ = false;
};

}  // namespace overlapped::uring
