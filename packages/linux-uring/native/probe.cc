#include "probe.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "ring.h"

namespace overlapped::uring {
namespace {

constexpr unsigned kProbeEntries = 8;
constexpr unsigned kProbeTimeoutMs = 5000;
constexpr size_t kProbeBytes = 16;

// Submits one entry and waits for it. @return the completion's result, or the error of the call itself
int run(Ring& ring, io_uring_sqe* entry) {
  entry->user_data = 1;
  const int taken = ring.submit();
  if (taken < 0) return taken;
  const int waited = ring.wait(kProbeTimeoutMs);
  if (waited < 0) return waited;
  io_uring_cqe* completion = nullptr;
  if (ring.peek(&completion, 1) != 1) return -EIO;
  const int result = completion->res;
  ring.advance(1);
  return result;
}

ProbeReport& refuse(ProbeReport& report, const char* step, int error) {
  report.step = step;
  report.error = error;
  return report;
}

}  // namespace

ProbeReport probe(const char* path) {
  ProbeReport report;
  Ring ring;
  int error = ring.open({.entries = kProbeEntries, .completion_entries = 2 * kProbeEntries});
  if (error != 0) return refuse(report, error == -ENOTSUP ? "features" : "setup", -error);
  report.rung = ring.rung().name;
  report.features = ring.features();
  for (const int opcode : {IORING_OP_NOP, IORING_OP_READ, IORING_OP_ASYNC_CANCEL}) {
    if (!ring.supports(opcode)) return refuse(report, "opcodes", EOPNOTSUPP);
  }
  io_uring_sqe* entry = ring.next_entry();
  io_uring_prep_nop(entry);
  error = run(ring, entry);
  if (error < 0) return refuse(report, "nop", -error);

  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return refuse(report, "read", errno);
  char expected[kProbeBytes] = {};
  char actual[kProbeBytes] = {};
  const ssize_t there = pread(fd, expected, sizeof expected, 0);
  entry = ring.next_entry();
  io_uring_prep_read(entry, fd, actual, sizeof actual, 0);
  const int result = run(ring, entry);
  // `actual` is on the stack: a read that timed out must not outlive it. Closing the ring would not stop it.
  if (result == -ETIME) {
    entry = ring.next_entry();
    io_uring_prep_cancel64(entry, 1, 0);
    while (run(ring, entry) == -ETIME) {
    }
  }
  close(fd);
  if (result < 0) return refuse(report, "read", -result);
  if (result != there || std::memcmp(expected, actual, sizeof expected) != 0)
    return refuse(report, "compare", 0);
  report.works = true;
  return report;
}

}  // namespace overlapped::uring
