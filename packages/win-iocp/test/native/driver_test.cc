// Exhaustion, cancellation, fences and teardown.
#include <thread>

#include "rig.h"

using namespace overlapped;
using namespace overlapped::iocp;

namespace {

constexpr DWORD kExhausted[] = {1784, 8, 1450, 1453, 1816};
const Step kWaits{};

OVERLAPPED* overlapped_of(Rig& rig, size_t call) { return rig.kernel.calls()[call].overlapped; }

}  // namespace

TEST_CASE("R77: a read that Windows has no room for waits for the next completion, in order") {
  for (const DWORD error : kExhausted) {
    CAPTURE(error);
    Rig rig;
    rig.start();
    rig.kernel.script(kWaits);
    rig.queue(0, rig.make(0));
    rig.kernel.script({false, error});
    rig.queue(1, rig.make(1));
    rig.queue(2, rig.make(2));  // behind it
    rig.settle();
    CHECK(rig.kernel.calls().size() == 2);
    CHECK(rig.driver.in_flight() == 3);
    rig.kernel.complete(overlapped_of(rig, 0), {kStatusSuccess, 16});
    const auto ended = rig.wait_for(3);
    CHECK(ended[0] == Ended{0, 1, 0, 16});
    CHECK(ended[1] == Ended{1, 1, 0, 0});
    CHECK(ended[2] == Ended{2, 1, 0, 0});
    CHECK(rig.driver.stats().parked == 1);
  }
}

TEST_CASE("R77: alone in flight it has nothing to wait for, and the caller hears") {
  for (const DWORD error : kExhausted) {
    Rig rig;
    rig.start();
    rig.kernel.script({false, error});
    rig.queue(0, rig.make(0));
    CHECK(rig.wait_for(1).front() == Ended{0, 1, error, 0});
  }
}

TEST_CASE("R77: issued at once, the article's caller hears of it in any case") {
  Rig rig;
  rig.start();
  rig.kernel.script(kWaits);
  CHECK(rig.issue(0, rig.make(0)) == 997);
  rig.kernel.script({false, 1784});
  CHECK(rig.issue(1, rig.make(1)) == 1784);
  CHECK(rig.held() == 1);
}

TEST_CASE("R77: refused again and again it keeps its place, and never waits for nothing") {
  Rig rig;
  rig.start();
  for (unsigned i = 0; i < 2; i++) rig.kernel.script(kWaits);
  for (unsigned i = 0; i < 3; i++) rig.kernel.script({false, 1450});
  rig.queue(0, rig.make(0));
  rig.queue(1, rig.make(1));
  rig.queue(2, rig.make(2));
  rig.queue(3, rig.make(3));
  rig.kernel.complete(overlapped_of(rig, 0), {kStatusSuccess, 16});
  CHECK(rig.wait_for(1).front().slot == 0);
  rig.kernel.complete(overlapped_of(rig, 1), {kStatusSuccess, 16});
  // Now nothing is in flight that could make room: the third refusal is the caller's, and the next read is
  // tried.
  const auto ended = rig.wait_for(3);
  CHECK(ended[0].slot == 1);
  CHECK(ended[1] == Ended{2, 1, 1450, 0});
  CHECK(ended[2] == Ended{3, 1, 0, 0});
}

TEST_CASE("a read that waits for room is cancelled without Windows hearing of it") {
  Rig rig;
  rig.start();
  rig.kernel.script(kWaits);
  rig.queue(0, rig.make(0));
  rig.kernel.script({false, 1784});
  rig.queue(1, rig.make(1));
  rig.cancel(1);
  CHECK(rig.wait_for(1).front() == Ended{1, 1, 995, 0});
  CHECK(rig.kernel.cancels() == 0);
  CHECK(rig.driver.in_flight() == 1);
}

TEST_CASE("R63: cancelling asks Windows, and the packet says what came of it") {
  Rig rig;
  rig.start();
  rig.kernel.script(kWaits);
  rig.kernel.script(kWaits);
  rig.queue(0, rig.make(0));
  rig.queue(1, rig.make(1));
  rig.cancel(0);
  rig.cancel(0);  // once is enough
  CHECK(rig.wait_for(1).front() == Ended{0, 1, 995, 0});
  CHECK(rig.kernel.cancels() == 1);
  CHECK(rig.driver.in_flight() == 1);
  rig.cancel(0);  // it has ended
  CHECK(rig.kernel.cancels() == 1);
}

TEST_CASE("R67: a read that ends with data although it was cancelled is a success") {
  Rig rig;
  rig.kernel.set_cancellable(false);
  rig.start();
  rig.kernel.script(kWaits);
  rig.queue(0, rig.make(0));
  rig.cancel(0);
  rig.settle();
  CHECK(rig.held() == 1);  // R65: cancelling frees nothing
  rig.kernel.complete(overlapped_of(rig, 0), {kStatusSuccess, 16});
  CHECK(rig.wait_for(1).front() == Ended{0, 1, 0, 16});
}

TEST_CASE("a read that the helper thread has not begun is taken back; one that it has begun is cancelled") {
  Rig rig;
  rig.start();
  rig.kernel.script({false, 997, {}, false, true});
  for (const uint32_t slot : {0u, 1u}) {
    Read read = rig.make(slot);
    read.offloaded = true;
    rig.queue(slot, read);
  }
  rig.kernel.wait_for_calls(1);
  rig.cancel(1);
  CHECK(rig.wait_for(1).front() == Ended{1, 1, 995, 0});
  CHECK(rig.kernel.cancels() == 0);
  rig.cancel(0);
  CHECK(rig.kernel.cancels() == 1);
  rig.kernel.release();
  CHECK(rig.wait_for(1).front() == Ended{0, 1, 995, 0});
  CHECK(rig.kernel.calls().size() == 1);
}

TEST_CASE("exhaustion on the helper thread waits like any other") {
  Rig rig;
  rig.start();
  rig.kernel.script(kWaits);
  rig.queue(0, rig.make(0));
  rig.kernel.script({false, 1816});
  Read read = rig.make(1);
  read.offloaded = true;
  rig.queue(1, read);
  while (rig.driver.stats().parked == 0) {
    rig.wait_for_wake();
    CHECK(rig.absorb().empty());
  }
  rig.kernel.complete(overlapped_of(rig, 0), {kStatusSuccess, 16});
  const auto ended = rig.wait_for(2);
  CHECK(ended[1] == Ended{1, 1, 0, 0});
  CHECK(rig.driver.stats().offloaded == 1);
}

TEST_CASE("more failures than there are OVERLAPPEDs wait for the fence, and for nothing else") {
  Rig rig(2);
  rig.start();
  for (unsigned i = 0; i < 100; i++) {
    rig.kernel.script({false, 38});
    CHECK(rig.issue(0, rig.make(0)) == 38);
  }
  CHECK(rig.driver.stats().outcomes[Outcome::O4] == 100);
  rig.settle();
  CHECK(rig.driver.quarantined() == 0);
}

TEST_CASE("a fence that can't be posted is posted later; meanwhile too much is in flight") {
  Rig rig(1);
  rig.start();
  rig.kernel.fail_posts(1000);
  for (unsigned i = 0; i < 2; i++) {
    rig.kernel.script({false, 38});
    CHECK(rig.issue(0, rig.make(0)) == 38);
  }
  CHECK(rig.issue(0, rig.make(0)) == 1784);
  CHECK(rig.driver.quarantined() == 2);
  rig.kernel.fail_posts(0);
  CHECK(rig.absorb().empty());
  rig.settle();
  CHECK(rig.driver.quarantined() == 0);
  CHECK(rig.issue(0, rig.make(0)) == 997);
  rig.wait_for(1);
}

TEST_CASE("packets come in batches of any size, and none is lost") {
  for (const ULONG batch : {1u, 3u, 128u}) {
    Rig rig(64);
    rig.kernel.set_batch(batch);
    rig.start();
    for (uint32_t slot = 0; slot < 64; slot++) rig.queue(slot, rig.make(slot));
    CHECK(rig.wait_for(64).size() == 64);
    CHECK(rig.driver.stats().packets == 64);
  }
}

TEST_CASE("R74: teardown waits for every packet, whatever state the reads are in") {
  Rig rig(8);
  rig.start();
  rig.kernel.script(kWaits);
  rig.queue(0, rig.make(0));  // in flight
  rig.kernel.script({false, 1784});
  rig.queue(1, rig.make(1));  // waits for room
  rig.queue(2, rig.make(2));  // behind it
  rig.driver.drain();
  CHECK(rig.driver.in_flight() == 0);
  CHECK(rig.held() == 0);
}

TEST_CASE("R74: teardown with reads that the helper thread has, or has not begun") {
  Rig rig(8);
  rig.start();
  rig.kernel.script({false, 997, {}, false, true});
  for (const uint32_t slot : {0u, 1u, 2u}) {
    Read read = rig.make(slot);
    read.offloaded = true;
    rig.queue(slot, read);
  }
  rig.kernel.wait_for_calls(1);
  std::thread later([&] { rig.kernel.release(); });
  rig.driver.drain();
  later.join();
  CHECK(rig.held() == 0);
}

TEST_CASE("R74: a read that can't be cancelled holds teardown up until it ends by itself") {
  Rig rig;
  rig.kernel.set_cancellable(false);
  rig.start();
  rig.kernel.script(kWaits);
  rig.queue(0, rig.make(0));
  std::thread later([&] { rig.kernel.complete(overlapped_of(rig, 0), {kStatusSuccess, 16}); });
  rig.driver.drain();
  later.join();
  CHECK(rig.held() == 0);
}

TEST_CASE("R73: the exit packet is tried again, and without one the port is closed") {
  for (const unsigned failures : {3u, 1'000'000u}) {
    Rig rig;
    rig.start();
    rig.kernel.fail_posts(failures);
    rig.driver.drain();
  }
}

TEST_CASE("a driver that was never started ends all the same") { Rig rig; }

TEST_CASE(
    "what fails while a fence is under way waits for the next one: its stray may come behind the first") {
  Rig rig;
  rig.start();
  for (unsigned i = 0; i < 2; i++) {
    rig.kernel.script({false, 87});
    CHECK(rig.issue(0, rig.make(0)) == 87);
  }
  rig.kernel.wait_until_seen();
  CHECK(rig.absorb().empty());  // the first fence
  CHECK(rig.driver.quarantined() == 1);
  rig.settle();
  CHECK(rig.driver.quarantined() == 0);
  CHECK(rig.driver.stats().fences == 2);
}
