// Reads that their caller wants together: both threads copy them, and the last ones are waited for.
#include "rig.h"

using namespace overlapped;
using namespace overlapped::uring;

namespace {

constexpr uint32_t kReads = 16;
constexpr uint32_t kLength = 4096;

// Of a warm file whose reads are over with their submission.
class BatchRig : public Rig {
 public:
  // @param leaves reads of the first part that stay in line
  // @param copied_at_a_look of these the other thread does so many each time that the caller looks
  BatchRig(uint32_t leaves, uint32_t copied_at_a_look) : Rig(kReads, kReads) {
    warm();
    together = true;
    kernel.inline_reads = true;
    copies.leaves = leaves;
    copies.copied_at_a_look = copied_at_a_look;
  }
  void read_batch() {
    for (uint32_t slot = 0; slot < kReads; slot++) read(slot, kLength);
  }
};

}  // namespace

TEST_CASE("of reads that are wanted together none is left when the submission returns") {
  BatchRig rig(3, 1);
  for (unsigned batch = 0; batch < 20; batch++) {
    rig.read_batch();
    CHECK(rig.pump().size() == kReads);
    CHECK(!rig.driver.has_copies_for_idle());
  }
  CHECK(rig.driver.stats().copied == 20 * 3);
  CHECK(rig.held.empty());
}

TEST_CASE("of what the other thread leaves in line the caller takes part after part") {
  BatchRig rig(15, 0);
  rig.copies.leaves_less = 5;
  rig.read_batch();
  CHECK(rig.pump().size() == kReads);
  CHECK(rig.driver.stats().copied == 0);
}

TEST_CASE("if the other thread does not come, its part is not waited for long, and the next batch is ours") {
  BatchRig rig(3, 0);
  rig.read_batch();
  CHECK(rig.pump().size() == kReads - 3);
  CHECK(rig.copies.looks > 100);
  CHECK(rig.copies.looks < 10'000);
  while (rig.copies.has_work()) rig.copies.copy_one();
  CHECK(rig.pump().size() == 3);
  rig.copies.looks = 0;
  rig.read_batch();
  CHECK(rig.pump().size() == kReads);
  CHECK(rig.copies.looks == 1);
}

TEST_CASE("a busy kernel is asked once a turn, also where a batch is waited for (R77)") {
  BatchRig rig(3, 1);
  rig.read_batch();
  rig.kernel.answers = {-EAGAIN};
  CHECK(rig.pump().empty());
  CHECK(rig.kernel.submits == 1);
  size_t ended = 0;
  for (unsigned turn = 0; turn < 4; turn++) ended += rig.pump().size();
  CHECK(ended == kReads);
}

TEST_CASE("with one among them that is not wanted with the others, nothing is waited for") {
  BatchRig rig(3, 1);
  for (uint32_t slot = 0; slot < kReads; slot++) {
    rig.together = slot != 7;
    rig.read(slot, kLength);
  }
  CHECK(rig.pump().size() == kReads - 3);
  CHECK(rig.copies.looks == 1);
  for (unsigned later = 0; later < 3; later++) CHECK(rig.pump().size() == 1);
}
