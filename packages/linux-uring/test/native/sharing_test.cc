// Reads of warm files: which of them the copier gets, and what becomes of those that it does not copy.
#include "rig.h"

using namespace overlapped;
using namespace overlapped::uring;

using Reports = std::vector<Ended>;

namespace {

constexpr uint32_t kLarge = 100'000;  // alone worth sharing

}  // namespace

TEST_CASE(
    "a file is warm when many reads in a row were over with their submission, and a read that was not cools "
    "it") {
  Rig rig(64);
  rig.kernel.inline_reads = true;
  for (unsigned round = 0; round < 2; round++) {
    for (uint32_t slot = 0; slot < 20; slot++) rig.read(slot, kLarge);
    CHECK(rig.pump().size() == 20);
    CHECK(rig.warmth.is_warm() == (round == 1));
  }
  rig.kernel.inline_reads = false;
  const auto late = rig.read(0, 16);
  rig.pump();
  rig.kernel.complete(late, 16);
  rig.pump();
  CHECK(!rig.warmth.is_warm());
}

TEST_CASE("reads of a warm file are shared: one part goes to the ring, the rest to the copier") {
  Rig rig(8);
  rig.warm();
  rig.copies.leaves = 2;
  const auto ours = rig.read(0, kLarge);
  const auto theirs = rig.read(1, kLarge);
  const auto waiting = rig.read(2, kLarge);
  CHECK(rig.pump().empty());
  CHECK(rig.kernel.reads.count(ours) == 1);
  CHECK(rig.kernel.reads.size() == 1);
  CHECK(rig.driver.has_copies_for_idle());
  rig.copies.copy_one();
  rig.copies.leaves = 0;
  CHECK(rig.pump() == Reports{Rig::ended(theirs, 0, kLarge)});
  CHECK(rig.driver.stats().copied == 1);
  CHECK(rig.kernel.reads.count(waiting) == 0);  // there is a completion to go on with: it stays in line
  CHECK(rig.pump().empty());
  CHECK(rig.kernel.reads.count(waiting) == 1);  // nobody came for it: it is ours again
  rig.kernel.complete(ours, kLarge);
  rig.kernel.complete(waiting, kLarge);
  CHECK(rig.pump().size() == 2);
  CHECK(rig.held.empty());
}

TEST_CASE("small reads of a warm file are not worth sharing") {
  Rig rig(2);
  rig.warm();
  rig.copies.leaves = 2;
  const auto read = rig.read(0, 16);
  rig.pump();
  CHECK(rig.kernel.reads.count(read) == 1);
  rig.kernel.complete(read, 16);
  CHECK(rig.pump().size() == 1);
}

TEST_CASE("what the copier could not copy goes to the ring, whose answer counts") {
  struct Case {
    int32_t copied;
    bool stays_warm;
    bool may_warm_again;
  };
  for (const auto& [copied, stays_warm, may_warm_again] :
       {Case{-EAGAIN, false, true}, Case{0, true, true}, Case{5, true, true},
        Case{-EOPNOTSUPP, false, false}}) {
    CAPTURE(copied);
    Rig rig(2);
    rig.warm();
    rig.copies.leaves = 1;
    const auto read = rig.read(0, kLarge);
    rig.pump();
    rig.copies.copy_one(copied);
    CHECK(rig.pump().empty());
    CHECK(rig.driver.stats().missed == 1);
    CHECK(rig.warmth.is_warm() == stays_warm);
    REQUIRE(rig.kernel.reads.count(read) == 1);
    rig.kernel.complete(read, 7);
    const uint32_t before = copied > 0 ? static_cast<uint32_t>(copied) : 0;
    CHECK(rig.pump() == Reports{Rig::ended(read, 0, before + 7)});
    for (unsigned i = 0; i < 100; i++) rig.warmth.cached(false);
    CHECK(rig.warmth.is_warm() == may_warm_again);
  }
}

TEST_CASE("the ring reads what is behind the copied bytes, and these stand whatever it says (R43)") {
  for (const int rest : {0, -EIO, -ECANCELED, 10}) {
    CAPTURE(rest);
    Rig rig(1);
    rig.warm();
    rig.copies.leaves = 1;
    const auto read = rig.read(0, kLarge);
    rig.pump();
    rig.copies.copy_one(90'000);
    CHECK(rig.pump().empty());
    CHECK(rig.kernel.reads.at(read).len == kLarge - 90'000);
    CHECK(rig.kernel.reads.at(read).off == 90'000);
    rig.kernel.complete(read, rest);
    CHECK(rig.pump() == Reports{Rig::ended(read, 0, 90'000 + std::max(rest, 0))});
  }
}

TEST_CASE("a read cancelled in line ends when it is taken; one that the copier has ends as it ends (R63)") {
  Rig rig(2);
  rig.warm();
  rig.copies.leaves = 2;
  const auto first = rig.read(0, kLarge);
  const auto second = rig.read(1, kLarge);
  rig.pump();
  rig.cancel(first);
  rig.cancel(second);
  CHECK(rig.pump().empty());
  rig.copies.copy_one();
  rig.copies.leaves = 0;
  CHECK(rig.pump() == Reports{Rig::ended(first, 0, kLarge)});
  CHECK(rig.pump() == Reports{Rig::ended(second, ECANCELED)});
}

TEST_CASE(
    "large reads are handed over to the copier as long as it takes them; the others go to the ring's "
    "workers") {
  Rig rig(4);
  rig.copies.room = 2;
  const auto first = rig.read(0, kLarge, true);
  const auto second = rig.read(1, kLarge, true);
  const auto third = rig.read(2, kLarge, true);
  const auto huge = rig.read(3, 100 << 20, true);
  CHECK(rig.pump().empty());  // who has something else to do takes none of them
  CHECK(rig.kernel.reads.count(third) + rig.kernel.reads.count(huge) == 2);
  CHECK(rig.kernel.reads.size() == 2);
  CHECK(rig.driver.has_copies_for_idle());  // of two, one is for who has not
  rig.copies.copy_one();
  rig.copies.copy_one();
  CHECK(rig.pump() == Reports{Rig::ended(first, 0, kLarge), Rig::ended(second, 0, kLarge)});
  CHECK(rig.driver.stats().copied == 2);
  rig.kernel.complete(third, kLarge);
  rig.kernel.complete(huge, kLarge);
  CHECK(rig.pump().size() == 2);
  CHECK(rig.held.empty());
}

TEST_CASE("a caller with nothing else to do copies one large read, and leaves one to the copier") {
  Rig rig(4);
  rig.copies.room = 4;
  rig.kernel.inline_reads = true;
  for (uint32_t slot = 0; slot < 3; slot++) rig.read(slot, kLarge, true);
  CHECK(rig.driver.has_copies_for_idle());
  CHECK(rig.pump().empty());          // it has something else to do
  CHECK(rig.pump(true).size() == 1);  // one at a time
  rig.copies.copy_one();
  CHECK(rig.pump(true).size() == 1);  // there is a completion to go on with: no other is taken
  CHECK(!rig.driver.has_copies_for_idle());
  CHECK(rig.pump(true).empty());  // the copier is about to begin it
  rig.copies.is_copying = true;   // or is at another one
  CHECK(rig.driver.has_copies_for_idle());
  CHECK(rig.pump(true).size() == 1);
  CHECK(rig.driver.in_flight() == 0);
  CHECK(rig.driver.stats().copied == 1);
}

TEST_CASE("cached reads that take as long as a wake-up are handed over where there are several, one is not") {
  constexpr uint32_t kLong = 128 << 10;
  Rig rig(5);
  rig.warm();
  rig.kernel.inline_reads = true;
  rig.copies.room = 3;
  rig.read(0, kLong);
  CHECK(rig.pump().size() == 1);
  rig.copies.room = 2;
  const auto first = rig.read(0, kLong);
  const auto second = rig.read(1, kLong);
  CHECK(rig.pump().empty());
  const auto short_one = rig.read(2, kLong - 1);
  const auto no_room = rig.read(3, kLong);
  CHECK(rig.pump() == Reports{Rig::ended(short_one, 0, kLong - 1), Rig::ended(no_room, 0, kLong)});
  rig.copies.copy_one();
  rig.copies.room = 1;
  const auto third = rig.read(2, kLong);  // in company, since another is under way
  CHECK(rig.pump() == Reports{Rig::ended(first, 0, kLong)});
  rig.copies.copy_one();
  rig.copies.copy_one();
  CHECK(rig.pump() == Reports{Rig::ended(second, 0, kLong), Rig::ended(third, 0, kLong)});
  rig.copies.room = 1;
  rig.read(0, kLong);
  CHECK(rig.pump().size() == 1);
}

TEST_CASE(
    "a caller that comes by with something else to do takes one long read back, but none that is async") {
  constexpr uint32_t kLong = 128 << 10;
  for (const bool async : {false, true}) {
    CAPTURE(async);
    Rig rig(4);
    rig.warm();
    rig.copies.room = 4;
    rig.kernel.inline_reads = true;
    for (uint32_t slot = 0; slot < 3; slot++) rig.read(slot, kLong, async);
    CHECK(rig.pump().size() == (async ? 0 : 1));
    CHECK(rig.pump().empty());  // two are left
    while (rig.copies.has_work()) rig.copies.copy_one();
    CHECK(rig.pump().size() == (async ? 3 : 2));
  }
}

TEST_CASE("a large read that was cancelled with the copier and is taken back is not read (R63)") {
  Rig rig(2);
  rig.copies.room = 2;
  rig.copies.is_copying = true;
  const auto cancelled = rig.read(0, kLarge, true);
  rig.cancel(cancelled);
  CHECK(rig.pump(true) == Reports{Rig::ended(cancelled, ECANCELED)});
  CHECK(rig.kernel.reads.empty());
}

TEST_CASE("a large read that the copier finds uncached goes to the ring, and fewer are handed over") {
  Rig rig(2);
  rig.copies.room = 100;
  const auto handed_over = rig.read(0, kLarge, true);
  rig.copies.copy_one(-EAGAIN);
  CHECK(rig.pump().empty());
  REQUIRE(rig.kernel.reads.count(handed_over) == 1);
  rig.kernel.complete(handed_over, kLarge);
  CHECK(rig.pump().size() == 1);
  for (unsigned i = 0; i < 8; i++) {
    const auto read = rig.read(0, kLarge, true);
    rig.pump();
    REQUIRE(rig.kernel.reads.count(read) == 1);
    rig.kernel.complete(read, kLarge);
    CHECK(rig.pump().size() == 1);
  }
  CHECK(rig.copies.room == 99);
  const auto again = rig.read(0, kLarge, true);
  CHECK(rig.copies.room == 98);
  rig.copies.copy_one();
  CHECK(rig.pump() == Reports{Rig::ended(again, 0, kLarge)});
}

TEST_CASE(
    "a large read that is alone is copied with its submission, less and less often where it is not cached") {
  Rig rig(1);
  rig.copies.room = 100;
  rig.kernel.inline_reads = true;
  const auto cached = rig.read(0, kLarge, true, true);
  CHECK(rig.pump() == Reports{Rig::ended(cached, 0, kLarge)});
  CHECK(rig.driver.stats().offloaded == 0);
  rig.kernel.inline_reads = false;
  const auto uncached = rig.read(0, kLarge, true, true);
  CHECK(rig.pump().empty());
  CHECK((rig.kernel.reads.at(uncached).flags & IOSQE_ASYNC) == 0);
  rig.kernel.complete(uncached, kLarge);
  CHECK(rig.pump().size() == 1);
  for (unsigned i = 0; i < 8; i++) {
    const auto read = rig.read(0, kLarge, true, true);
    CHECK(rig.pump().empty());
    CHECK((rig.kernel.reads.at(read).flags & IOSQE_ASYNC) != 0);
    rig.kernel.complete(read, kLarge);
    CHECK(rig.pump().size() == 1);
  }
  CHECK(rig.driver.stats().offloaded == 8);
  CHECK(rig.copies.room == 100);  // nobody was woken for them
  rig.kernel.inline_reads = true;
  rig.read(0, kLarge, true, true);
  CHECK(rig.pump().size() == 1);
  CHECK(!rig.warmth.is_warm());
}

TEST_CASE("large reads say nothing of how warm a file is, but for one whose file system always waits") {
  for (const bool waits : {false, true}) {
    CAPTURE(waits);
    Rig rig(1);
    rig.warm();
    rig.copies.room = 1;
    const auto read = rig.read(0, kLarge, true);
    rig.copies.copy_one(waits ? -EOPNOTSUPP : -EAGAIN);
    rig.pump();
    rig.kernel.complete(read, kLarge);
    CHECK(rig.pump().size() == 1);
    CHECK(rig.warmth.is_warm() == !waits);
  }
}

TEST_CASE("a large read cancelled with the copier ends as it ends (R63), and drain gets it back (R74)") {
  Rig rig(3);
  rig.copies.room = 3;
  const auto copied = rig.read(0, kLarge, true);
  const auto missed = rig.read(1, kLarge, true);
  rig.cancel(copied);
  rig.cancel(missed);
  rig.copies.copy_one();
  rig.copies.copy_one(5);
  CHECK(rig.pump() == Reports{Rig::ended(copied, 0, kLarge), Rig::ended(missed, 0, 5)});
  rig.read(0, kLarge, true);
  CHECK(rig.drain());
  CHECK(rig.driver.in_flight() == 0);
  CHECK(rig.kernel.reads.empty());
}

TEST_CASE("drain stops the copier, and nothing in line is read any more (R74)") {
  Rig rig(4);
  rig.warm();
  rig.copies.leaves = 3;
  for (uint32_t slot = 0; slot < 3; slot++) rig.read(slot, kLarge);
  rig.pump();
  rig.copies.copy_one();
  CHECK(rig.drain());
  CHECK(rig.copies.stopped);
  CHECK(rig.driver.in_flight() == 0);
  CHECK(rig.kernel.reads.empty());
}

TEST_CASE("what fails is tried less and less often, but not never, until it succeeds") {
  Backoff backoff(100);
  CHECK(backoff.is_due());
  for (unsigned round = 0; round < 20; round++) {
    backoff.failed();
    CHECK(!backoff.is_due());
    for (unsigned i = 0; !backoff.is_due(); i++) REQUIRE(i < 100);
  }
  for (unsigned i = 0; i < 10; i++) backoff.succeeded();
  backoff.failed();
  for (unsigned i = 0; i < 8; i++) CHECK(!backoff.is_due());
  CHECK(backoff.is_due());
}

TEST_CASE("a caller with nothing else to do takes all that is in line, and keeps the next reads to itself") {
  Rig rig(4);
  rig.warm();
  rig.kernel.inline_reads = true;
  rig.copies.leaves = 3;
  for (uint32_t slot = 0; slot < 3; slot++) rig.read(slot, kLarge);
  CHECK(rig.pump().empty());
  CHECK(rig.driver.has_copies_for_idle());
  CHECK(rig.pump(true).size() == 3);
  for (uint32_t slot = 0; slot < 3; slot++) rig.read(slot, kLarge);
  CHECK(rig.pump().size() == 3);
}

TEST_CASE("a caller that is idle time after time keeps more and more batches to itself") {
  Rig rig(4);
  rig.warm();
  rig.kernel.inline_reads = true;
  rig.copies.leaves = 3;
  unsigned shared = 0;
  for (unsigned batch = 0; batch < 200; batch++) {
    for (uint32_t slot = 0; slot < 3; slot++) rig.read(slot, kLarge);
    if (rig.pump().size() == 3) continue;
    shared++;
    CHECK(rig.pump(true).size() == 3);
  }
  CHECK(shared == 4);  // the first, and then after 8, 24, and 56 that were not
}
