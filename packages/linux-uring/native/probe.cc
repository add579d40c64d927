#include "probe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "ring.h"

namespace overlapped::uring {
namespace {

constexpr unsigned kProbeEntries = 8;
constexpr unsigned kProbeTimeoutMs = 5000;
// What a read of 16 bytes that is given up may take to end, at most: then its buffer is left to it.
constexpr int kPatience = 3;
constexpr int kMaxRefusals = 64;

using Bytes = std::array<char, 16>;

enum Token : uint64_t { kTarget = 1, kCancel = 2 };

bool is_again(int error) { return error == -EINTR || error == -EAGAIN; }

int submit(Ring& ring) {
  int taken = ring.submit();
  for (int i = 0; i < kMaxRefusals && is_again(taken); i++) taken = ring.submit();
  return taken;
}

// Waits for the target's completion, past any other. @return its result, or the error of the wait
int await_target(Ring& ring, bool* ended) {
  for (int refusals = 0;;) {
    const int waited = ring.wait(kProbeTimeoutMs);
    if (is_again(waited) && ++refusals <= kMaxRefusals) continue;
    if (waited < 0) return waited;
    io_uring_cqe* completion = nullptr;
    if (ring.peek(&completion, 1) != 1) return -EIO;
    const bool target = completion->user_data == kTarget;
    const int result = completion->res;
    ring.advance(1);
    if (!target) continue;
    *ended = true;
    return result;
  }
}

// Submits one entry and waits for it. @return the completion's result, or the error of the call itself
int run(Ring& ring, io_uring_sqe* entry, bool* ended) {
  entry->user_data = kTarget;
  const int taken = submit(ring);
  *ended = taken < 0;
  if (taken < 0) return taken;
  int result = await_target(ring, ended);
  for (int i = 0; i < kPatience && !*ended; i++) {
    io_uring_sqe* cancel = ring.next_entry();
    io_uring_prep_cancel64(cancel, kTarget, 0);
    cancel->user_data = kCancel;
    if (submit(ring) >= 0) (void)await_target(ring, ended);
  }
  return result;
}

ProbeReport& refuse(ProbeReport& report, const char* step, int error) {
  report.step = step;
  report.error = error;
  return report;
}

// Reads the file's first bytes twice. @return 0 if both ways say the same, -errno, or 1 if they differ
int compare_reads(Ring& ring, int fd) {
  Bytes expected{};
  auto actual = std::make_unique<Bytes>();
  const ssize_t there = pread(fd, expected.data(), expected.size(), 0);
  if (there < 0) return -errno;
  io_uring_sqe* entry = ring.next_entry();
  io_uring_prep_read(entry, fd, actual->data(), static_cast<unsigned>(actual->size()), 0);
  bool ended = false;
  const int result = run(ring, entry, &ended);
  const bool same = result == there && *actual == expected;
  // Closing the ring does not stop a read: one that did not end keeps its 16 bytes for ever.
  if (!ended) (void)actual.release();  // NOLINT(bugprone-unused-return-value): left to the kernel on purpose
  if (result < 0) return result;
  return same ? 0 : 1;
}

}  // namespace

ProbeReport probe(const char* path) {
  ProbeReport report;
  Ring ring;
  int error = ring.open({.entries = kProbeEntries, .completion_entries = 2 * kProbeEntries});
  if (error == Ring::kMissingFeatures) return refuse(report, "features", 0);
  if (error != 0) return refuse(report, "setup", -error);
  report.rung = ring.rung().name;
  report.features = ring.features();
  for (const int opcode : {IORING_OP_NOP, IORING_OP_READ, IORING_OP_ASYNC_CANCEL}) {
    if (!ring.supports(opcode)) return refuse(report, "opcodes", EOPNOTSUPP);
  }
  io_uring_sqe* entry = ring.next_entry();
  io_uring_prep_nop(entry);
  bool ended = false;
  error = run(ring, entry, &ended);
  if (error < 0) return refuse(report, "nop", -error);

  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return refuse(report, "read", errno);
  const int outcome = compare_reads(ring, fd);
  close(fd);
  if (outcome < 0) return refuse(report, "read", -outcome);
  if (outcome > 0) return refuse(report, "compare", 0);
  report.works = true;
  return report;
}

}  // namespace overlapped::uring
