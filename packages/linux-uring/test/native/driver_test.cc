// The driver on a scripted kernel: every answer that io_uring_enter and a completion can give.
#include "rig.h"

using namespace overlapped;
using namespace overlapped::uring;

using Reports = std::vector<Ended>;

TEST_CASE("a read ends once, with its bytes, and its hold goes with it") {
  Rig rig(4);
  const auto read = rig.read(2, 100);
  CHECK(rig.pump().empty());
  CHECK(rig.driver.in_flight() == 1);
  CHECK(rig.held.size() == 1);
  rig.kernel.complete(read, 60);
  CHECK(rig.pump() == Reports{Rig::ended(read, 0, 60)});
  CHECK(rig.driver.in_flight() == 0);
  CHECK(rig.held.empty());
}

TEST_CASE("no bytes are the end of the file, unless none were asked for (R19, R61)") {
  Rig rig(2);
  const auto some = rig.read(0, 16);
  const auto none = rig.read(1, 0);
  rig.pump();
  rig.kernel.complete(some, 0);
  rig.kernel.complete(none, 0);
  CHECK(rig.pump() == Reports{Rig::ended(some, kCompletionEndOfFile), Rig::ended(none, 0)});
}

TEST_CASE("a read asks for no more than the kernel's limit, and in a worker where it says so") {
  Rig rig(2);
  const auto read = rig.read(0, 0x7fff'ffff, true);
  rig.pump();
  const io_uring_sqe entry = rig.kernel.reads.at(read);
  CHECK(entry.len == 0x7fff'f000);
  CHECK((entry.flags & IOSQE_ASYNC) != 0);
  CHECK(rig.driver.stats().offloaded == 1);
  rig.kernel.complete(read, -EIO);
  CHECK(rig.pump() == Reports{Rig::ended(read, EIO)});
}

TEST_CASE("memory that is in the ring's table is named by its place there, and by its address elsewhere") {
  Rig rig(2);
  const auto elsewhere = rig.read(0);
  rig.buffer_index = 7;
  const auto entered = rig.read(1);
  rig.pump();
  CHECK(rig.kernel.reads.at(elsewhere).opcode == IORING_OP_READ);
  const io_uring_sqe entry = rig.kernel.reads.at(entered);
  CHECK(entry.opcode == IORING_OP_READ_FIXED);
  CHECK(unsigned{entry.buf_index} == 7);
  // Once more, after a part that the kernel was not ready for.
  rig.kernel.complete(entered, -EAGAIN);
  rig.pump();
  CHECK(unsigned{rig.kernel.reads.at(entered).buf_index} == 7);
  for (const auto read : {elsewhere, entered}) rig.kernel.complete(read, 16);
  CHECK(rig.pump().size() == 2);
}

TEST_CASE("a queue that is full passes the reads on in their order") {
  Rig rig(40, 4);
  std::vector<uint64_t> reads;
  for (uint32_t slot = 0; slot < 40; slot++) reads.push_back(rig.read(slot));
  CHECK(rig.driver.deferred() == 40);
  rig.kernel.inline_reads = true;
  Reports all;
  unsigned pumps = 0;
  for (; rig.driver.in_flight() > 0; pumps++) {
    REQUIRE(pumps < 10);
    const auto some = rig.pump();
    all.insert(all.end(), some.begin(), some.end());
  }
  CHECK(pumps == 2);  // 8 rounds of 4, then the event loop has its turn
  CHECK(rig.kernel.taken == reads);
  CHECK(all.size() == 40);
}

TEST_CASE("an interrupted enter goes again at once") {
  Rig rig(2);
  rig.kernel.answers = {-EINTR, -EINTR};
  const auto read = rig.read(0);
  CHECK(rig.pump().empty());
  CHECK(rig.kernel.reads.count(read) == 1);
  CHECK(rig.driver.stats().enterErrors == 2);
  rig.kernel.complete(read, 1);
  CHECK(rig.pump().size() == 1);
}

TEST_CASE("a kernel that takes part of the queue gets the rest") {
  Rig rig(6);
  rig.kernel.answers = {2, 0, 1};
  for (uint32_t slot = 0; slot < 6; slot++) rig.read(slot);
  rig.pump();
  CHECK(rig.kernel.reads.size() == 6);
  CHECK(rig.driver.deferred() == 0);
  CHECK(rig.drain());
}

TEST_CASE("a busy kernel (EAGAIN, EBUSY) is asked again on another turn, and nothing is lost (R77)") {
  for (const int error : {EAGAIN, EBUSY}) {
    CAPTURE(error);
    Rig rig(3);
    rig.kernel.answers = {-error};
    const auto read = rig.read(0);
    CHECK(rig.pump().empty());
    CHECK(rig.kernel.submits == 1);  // not in a loop: the event loop goes first
    CHECK(rig.driver.deferred() == 1);
    CHECK(rig.pump().empty());
    CHECK(rig.kernel.reads.count(read) == 1);
    CHECK(rig.drain());
  }
}

TEST_CASE("a kernel that stays busy with nothing to do fails the reads it does not take, after a while") {
  Rig rig(3);
  rig.kernel.default_answer = -EAGAIN;
  const auto one = rig.read(0);
  const auto two = rig.read(1);
  rig.cancel(two);  // its entry must not make two waiting reads look like three
  Reports ended;
  unsigned pumps = 0;
  while (ended.empty()) {
    REQUIRE(++pumps < 1000);
    ended = rig.pump();
  }
  CHECK(pumps > kMaxStalls);
  CHECK(ended == Reports{Rig::ended(one, EAGAIN), Rig::ended(two, EAGAIN)});
}

TEST_CASE("a kernel that stays busy with reads of ours is waited for") {
  Rig rig(3);
  const auto waiting = rig.read(0);
  rig.pump();
  rig.kernel.default_answer = -EAGAIN;
  const auto late = rig.read(1);
  for (unsigned i = 0; i < 3 * kMaxStalls; i++) CHECK(rig.pump().empty());
  rig.kernel.default_answer = 0;
  rig.kernel.complete(waiting, 5);
  CHECK(rig.pump() == Reports{Rig::ended(waiting, 0, 5)});
  CHECK(rig.kernel.reads.count(late) == 1);
  CHECK(rig.drain());
}

TEST_CASE("a refused call ends every read that it carried, and no other") {
  Rig rig(5, 2);
  const auto early = rig.read(0);
  rig.pump();
  std::vector<uint64_t> late;
  for (uint32_t slot = 1; slot < 5; slot++) late.push_back(rig.read(slot));
  rig.kernel.answers = {-EBADR};
  CHECK(rig.pump() == Reports{Rig::ended(late[0], EBADR), Rig::ended(late[1], EBADR)});
  CHECK(rig.driver.in_flight() == 3);
  rig.pump();
  CHECK(rig.kernel.reads.size() == 3);  // the two behind them had their own call
  rig.kernel.complete(early, 1);
  CHECK(rig.pump() == Reports{Rig::ended(early, 0, 1)});
  CHECK(rig.drain());
}

TEST_CASE("a cancellation that a refused call carried is not lost") {
  Rig rig(2);
  const auto read = rig.read(0);
  rig.pump();
  rig.kernel.answers = {-EBADR};
  rig.cancel(read);
  CHECK(rig.pump().empty());
  CHECK(rig.pump() == Reports{Rig::ended(read, ECANCELED)});
}

TEST_CASE("a cancellation that is refused for ever stops asking, and can be asked for anew") {
  Rig rig(2);
  const auto read = rig.read(0);
  rig.pump();
  rig.kernel.default_answer = -EBADR;
  rig.cancel(read);
  for (unsigned i = 0; i < 4u * kMaxRetries; i++) CHECK(rig.pump().empty());
  CHECK(rig.driver.deferred() == 0);
  rig.kernel.default_answer = 0;
  CHECK(rig.pump().empty());
  rig.cancel(read);
  CHECK(rig.pump() == Reports{Rig::ended(read, ECANCELED)});
}

TEST_CASE("a read that is cancelled before the kernel saw it never reaches the kernel") {
  Rig rig(3, 1);
  const auto first = rig.read(0);
  const auto second = rig.read(1);
  rig.cancel(second);
  rig.cancel(second);
  CHECK(rig.pump() == Reports{Rig::ended(second, ECANCELED)});
  CHECK(rig.kernel.taken == std::vector<uint64_t>{first});
  CHECK(rig.drain());
}

TEST_CASE("a cancellation's own result may come before its target's, or after (R64)") {
  for (const bool first : {true, false}) {
    CAPTURE(first);
    Rig rig(2);
    rig.kernel.cancel_result_first = first;
    const auto read = rig.read(0);
    rig.pump();
    rig.cancel(read);
    rig.cancel(read);
    CHECK(rig.pump() == Reports{Rig::ended(read, ECANCELED)});
    CHECK(rig.driver.stats().cancels == 1);
    CHECK(rig.driver.stats().strays == 0);
  }
}

TEST_CASE("a cancellation that misses its read is asked again (R63)") {
  Rig rig(2);
  const auto read = rig.read(0);
  rig.pump();
  rig.kernel.missed_cancels = 5;
  rig.cancel(read);
  CHECK(rig.pump() == Reports{Rig::ended(read, ECANCELED)});
}

TEST_CASE("a cancellation that always misses its read stops asking, and can be asked for anew") {
  Rig rig(2);
  const auto read = rig.read(0);
  rig.pump();
  rig.kernel.missed_cancels = 1 + kMaxRetries;
  rig.cancel(read);
  for (unsigned i = 0; i < 4u * kMaxRetries; i++) CHECK(rig.pump().empty());
  CHECK(rig.kernel.missed_cancels == 0);
  CHECK(rig.driver.deferred() == 0);
  rig.cancel(read);
  CHECK(rig.pump() == Reports{Rig::ended(read, ECANCELED)});
}

TEST_CASE("teardown asks again for as long as cancellations miss their reads (R74)") {
  for (const unsigned missed : {5u, 10u * kMaxRetries}) {
    CAPTURE(missed);
    Rig rig(3, 2);
    for (uint32_t slot = 0; slot < 3; slot++) rig.read(slot);
    rig.pump();
    rig.kernel.missed_cancels = missed;
    CHECK(rig.drain());
    CHECK(rig.driver.in_flight() == 0);
  }
}

TEST_CASE("a read and its cancellation in one call go in order") {
  Rig rig(2);
  const auto read = rig.read(0);
  rig.cancel(read);
  CHECK(rig.pump() == Reports{Rig::ended(read, ECANCELED)});
  CHECK(rig.kernel.taken == std::vector<uint64_t>{read, read | kCancelFlag});
}

TEST_CASE("a cancellation waits behind the reads before it, and names no later use of its slot") {
  Rig rig(4, 1);
  const auto target = rig.read(0);
  rig.pump();
  rig.read(1);
  rig.read(2);
  rig.cancel(target);
  rig.kernel.complete(target, 7);  // it wins against its cancellation (R67)
  rig.kernel.answers = {-EAGAIN};
  CHECK(rig.pump() == Reports{Rig::ended(target, 0, 7)});
  const auto next = rig.read(0);
  CHECK(rig.pump().empty());
  CHECK(rig.kernel.reads.count(next) == 1);
  CHECK(rig.kernel.reads.size() == 3);
  CHECK(rig.drain());
}

TEST_CASE("a read whose cancellation finds nothing ends by itself (R63, R65)") {
  Rig rig(1);
  rig.kernel.obey_cancels = false;
  const auto read = rig.read(0);
  rig.pump();
  rig.cancel(read);
  CHECK(rig.pump().empty());
  CHECK(rig.held.size() == 1);
  rig.kernel.complete(read, 3);
  CHECK(rig.pump() == Reports{Rig::ended(read, 0, 3)});
}

TEST_CASE("a completion of no read in flight is counted and dropped (R36)") {
  Rig rig(2);
  const auto read = rig.read(0);
  rig.pump();
  rig.kernel.post(token(0, 77), 5);    // another generation
  rig.kernel.post(token(1, 1), 5);     // a free slot
  rig.kernel.post(token(9999, 1), 5);  // no slot at all
  CHECK(rig.pump().empty());
  CHECK(rig.driver.stats().strays == 3);
  rig.kernel.complete(read, 5);
  rig.kernel.post(read, 5);
  CHECK(rig.pump() == Reports{Rig::ended(read, 0, 5)});
  CHECK(rig.driver.stats().strays == 4);
}

TEST_CASE("EAGAIN and EINTR of a read are the kernel's business, but not for ever") {
  for (const int error : {EAGAIN, EINTR}) {
    CAPTURE(error);
    Rig rig(2);
    const auto read = rig.read(0);
    rig.pump();
    for (int i = 0; i < kMaxRetries; i++) {
      rig.kernel.complete(read, -error);
      CHECK(rig.pump().empty());
      REQUIRE(rig.kernel.reads.count(read) == 1);
    }
    rig.kernel.complete(read, -error);
    CHECK(rig.pump() == Reports{Rig::ended(read, static_cast<uint32_t>(error))});
    CHECK(rig.driver.stats().retries == kMaxRetries);
  }
}

TEST_CASE("a read that its cancellation interrupted is cancelled, whatever the kernel calls it (R66)") {
  for (const int error : {EAGAIN, EINTR, ECANCELED}) {
    CAPTURE(error);
    Rig rig(1);
    rig.kernel.obey_cancels = false;
    const auto read = rig.read(0);
    rig.pump();
    rig.cancel(read);
    rig.pump();
    rig.kernel.complete(read, -error);
    CHECK(rig.pump() == Reports{Rig::ended(read, ECANCELED)});
  }
}

TEST_CASE("a read that waits for its second try can be cancelled") {
  Rig rig(2);
  const auto read = rig.read(0);
  rig.pump();
  rig.kernel.complete(read, -EAGAIN);
  rig.kernel.answers = {-EBUSY, -EBUSY};
  CHECK(rig.pump().empty());
  rig.cancel(read);
  CHECK(rig.pump() == Reports{});
  CHECK(rig.pump() == Reports{Rig::ended(read, ECANCELED)});
}

TEST_CASE("completions that only another enter shows are fetched with nothing to submit") {
  Rig rig(2);
  const auto read = rig.read(0);
  rig.pump();
  rig.kernel.hide(read, 9);
  CHECK(rig.pump() == Reports{Rig::ended(read, 0, 9)});
}

TEST_CASE("more completions than one batch are taken in one pump") {
  constexpr uint32_t kReads = 5 * kReapBatch + 1;
  Rig rig(kReads, 512);
  std::vector<uint64_t> reads;
  for (uint32_t slot = 0; slot < kReads; slot++) reads.push_back(rig.read(slot));
  rig.pump();
  for (const auto read : reads) rig.kernel.complete(read, 1);
  CHECK(rig.pump().size() == kReads);
}

TEST_CASE("drain cancels what waits, in the kernel, in the queue and in the backlog (R74)") {
  Rig rig(8, 2);
  for (uint32_t slot = 0; slot < 3; slot++) {
    rig.read(slot);
    rig.pump();
  }
  for (uint32_t slot = 3; slot < 8; slot++) rig.read(slot);
  CHECK(rig.drain());
  CHECK(rig.driver.in_flight() == 0);
  CHECK(rig.kernel.reads.empty());
}

TEST_CASE("drain waits for a read that can't be cancelled") {
  Rig rig(1);
  rig.kernel.obey_cancels = false;
  const auto read = rig.read(0);
  rig.pump();
  rig.kernel.hide(read, 4);
  CHECK(rig.drain());
}

TEST_CASE("drain says so when the kernel refuses to be waited for") {
  Rig rig(1);
  const auto read = rig.read(0);
  rig.pump();
  rig.kernel.default_answer = -EPERM;
  rig.kernel.wait_answer = -EPERM;
  CHECK_FALSE(rig.drain());
  CHECK(rig.held.size() == 1);  // the kernel may still fill it
  rig.kernel.complete(read, 1);
  CHECK(rig.pump().size() == 1);
}
