// Every row of the outcome table, in both orders of "packet dequeued" and "ReadFile returned", issued at
// once, queued, and from the helper thread: those that Wine can't produce among them, the article's own
// "Done." for one (O4).
#include <string>

#include "rig.h"

using namespace overlapped;
using namespace overlapped::iocp;

namespace {

constexpr DWORD kStatusPipeBroken = 0xc000'014b;

struct Row {
  const char* name;
  bool succeeded;
  DWORD error;
  std::optional<Packet> packet;
  // What `issue` answers; if that is 0 or 997, the completion's error and bytes follow.
  DWORD issued;
  DWORD completed;
  DWORD bytes;
  Outcome outcome;
};

const Row kRows[] = {
    {"O1 TRUE, data", true, 0, Packet{kStatusSuccess, 16}, 0, 0, 16, Outcome::O1},
    {"O2 997, data", false, 997, Packet{kStatusSuccess, 9}, 997, 0, 9, Outcome::O2},
    {"O3 997, end of file", false, 997, Packet{kStatusEndOfFile, 0}, 997, 38, 0, Outcome::O3},
    {"O4 38 at once", false, 38, {}, 38, 38, 0, Outcome::O4},
    {"O4 109 at once", false, 109, {}, 109, 109, 0, Outcome::O4},
    {"O4 233 at once", false, 233, {}, 233, 233, 0, Outcome::O4},
    {"O5 access denied", false, 5, {}, 5, 5, 0, Outcome::O5},
    {"O5 lock violation", false, 33, {}, 33, 33, 0, Outcome::O5},
    {"O6 997, broken pipe", false, 997, Packet{kStatusPipeBroken, 0}, 997, 109, 0, Outcome::O6},
    {"O7 997, cancelled", false, 997, Packet{kStatusCancelled, 0}, 997, 995, 0, Outcome::O7},
    {"O8 234, part of a message", false, 234, Packet{kStatusBufferOverflow, 16}, 997, 234, 16, Outcome::O8},
};

bool follows(const Row& row) { return row.issued == 0 || row.issued == 997; }

void check_ended(Rig& rig, const Row& row) {
  const auto ended = rig.wait_for(1);
  CHECK(ended.front() == Ended{1, rig.generation(1), row.completed, row.bytes});
  CHECK(rig.held() == 0);
  rig.settle();
  CHECK(rig.driver.stats().outcomes[row.outcome] == 1);
  CHECK(rig.driver.stats().outcomes[Outcome::Unknown] == 0);
  CHECK(rig.driver.stats().strays == 0);
  CHECK(rig.driver.stats().statusMismatches == 0);
  CHECK(rig.driver.quarantined() == 0);
}

}  // namespace

TEST_CASE("ReadFile's answer is handed on exactly, and a completion follows or does not") {
  for (const Row& row : kRows) {
    for (const bool early : {false, true}) {
      CAPTURE(row.name);
      CAPTURE(early);
      Rig rig;
      rig.start();
      rig.kernel.script({row.succeeded, row.error, row.packet, early && row.packet.has_value()});
      CHECK(rig.issue(1, rig.make(1)) == row.issued);
      if (follows(row)) {
        check_ended(rig, row);
      } else {
        CHECK(rig.held() == 0);
        rig.settle();
        CHECK(rig.driver.stats().outcomes[row.outcome] == 1);
      }
    }
  }
}

TEST_CASE("of a queued read every outcome is a completion") {
  for (const Row& row : kRows) {
    for (const bool early : {false, true}) {
      CAPTURE(row.name);
      CAPTURE(early);
      Rig rig;
      rig.start();
      rig.kernel.script({row.succeeded, row.error, row.packet, early && row.packet.has_value()});
      rig.queue(1, rig.make(1));
      check_ended(rig, row);
    }
  }
}

TEST_CASE("so is every outcome of a read that the helper thread issues, whichever is seen first") {
  for (const Row& row : kRows) {
    for (const bool early : {false, true}) {
      CAPTURE(row.name);
      CAPTURE(early);
      Rig rig;
      rig.start();
      const bool held = early && row.packet.has_value();
      rig.kernel.script({row.succeeded, row.error, row.packet, false, held});
      Read read = rig.make(1);
      read.offloaded = true;
      CHECK(rig.issue(1, read) == 997);
      if (held) {
        rig.kernel.wait_for_calls(1);
        rig.kernel.wait_until_seen();
        CHECK(rig.absorb().empty());  // the packet is here, ReadFile's answer is not: the read has not ended
        CHECK(rig.driver.stats().packets == 1);
        CHECK(rig.held() == 1);
        rig.kernel.release();
      }
      check_ended(rig, row);
    }
  }
}

TEST_CASE("X1: a stray after a failure is dropped, and its OVERLAPPED is not used before it has come") {
  for (const DWORD error : {DWORD{87}, DWORD{38}, DWORD{21}}) {
    for (const bool offloaded : {false, true}) {
      CAPTURE(error);
      CAPTURE(offloaded);
      Rig rig(2);
      rig.start();
      for (unsigned i = 0; i < 20; i++) {
        // The stray, and then a good read at once: 6.2's sequence.
        rig.kernel.script({false, error, Packet{0xc000'000d, 0}});
        rig.kernel.script({false, 997, Packet{kStatusSuccess, 16}});
        Read bad = rig.make(0);
        bad.offloaded = offloaded;
        rig.queue(0, bad);
        if (offloaded) rig.kernel.wait_for_calls(2 * i + 1);
        rig.queue(1, rig.make(1));
        auto ended = rig.wait_for(2);
        if (ended[0].slot == 1) std::swap(ended[0], ended[1]);
        CHECK(ended[0] == Ended{0, rig.generation(0), error, 0});
        CHECK(ended[1] == Ended{1, rig.generation(1), 0, 16});
      }
      rig.settle();
      CHECK(rig.driver.stats().strays == 20);
      CHECK(rig.driver.stats().outcomes[Outcome::X1] == 20);
      CHECK(rig.driver.stats().outcomes[Outcome::O2] == 20);
      CHECK(rig.driver.quarantined() == 0);
    }
  }
}

TEST_CASE("X1: also when the stray is seen before the helper thread's ReadFile returns") {
  Rig rig;
  rig.start();
  rig.kernel.script({false, 87, Packet{0xc000'000d, 0}, false, true});
  Read read = rig.make(0);
  read.offloaded = true;
  rig.queue(0, read);
  rig.kernel.wait_for_calls(1);
  rig.kernel.wait_until_seen();
  CHECK(rig.absorb().empty());
  rig.kernel.release();
  CHECK(rig.wait_for(1).front() == Ended{0, 1, 87, 0});
  CHECK(rig.driver.stats().outcomes[Outcome::X1] == 1);
}

TEST_CASE(
    "O9: success without a packet, which we never ask for, would not be mistaken for one that has ended") {
  Rig rig;
  rig.start();
  rig.kernel.script({true, 0, {}});
  CHECK(rig.issue(0, rig.make(0)) == 0);
  rig.settle();
  CHECK(rig.driver.in_flight() == 1);
  rig.kernel.complete(rig.kernel.calls().front().overlapped, {kStatusSuccess, 16});
  CHECK(rig.wait_for(1).front() == Ended{0, 1, 0, 16});
}

TEST_CASE("R36: packets that name no read in flight are counted, and never followed") {
  Rig rig;
  rig.start();
  CHECK(rig.issue(0, rig.make(0)) == 997);
  CHECK(rig.wait_for(1).size() == 1);
  OVERLAPPED* ours = rig.kernel.calls().front().overlapped;
  rig.kernel.inject(kReadKey, ours, {});                                                // ended before
  rig.kernel.inject(kReadKey, nullptr, {});                                             // nobody's
  rig.kernel.inject(kReadKey, reinterpret_cast<OVERLAPPED*>(uintptr_t{16}), {});        // wild
  rig.kernel.inject(kReadKey, reinterpret_cast<OVERLAPPED*>(uintptr_t(ours) + 8), {});  // inside one of ours
  rig.kernel.inject(kReadKey, reinterpret_cast<OVERLAPPED*>(uintptr_t(ours) + 65536), {});  // behind them all
  rig.settle();
  CHECK(rig.driver.stats().strays == 5);
  CHECK(rig.driver.stats().outcomes[Outcome::Unknown] == 5);
}

TEST_CASE("a packet whose entry and OVERLAPPED differ is believed as the documentation has it, and counted") {
  Rig rig;
  rig.start();
  rig.kernel.script({});
  CHECK(rig.issue(0, rig.make(0)) == 997);
  OVERLAPPED* overlapped = rig.kernel.calls().front().overlapped;
  overlapped->Internal = kStatusEndOfFile;
  rig.kernel.inject(kReadKey, overlapped, {kStatusSuccess, 0});
  CHECK(rig.wait_for(1).front() == Ended{0, 1, 38, 0});
  CHECK(rig.driver.stats().statusMismatches == 1);
}

TEST_CASE("R44: the position goes into both words, and a recycled OVERLAPPED starts from zero (R31)") {
  Rig rig;
  rig.start();
  for (const uint64_t position : {uint64_t{0}, uint64_t{0x1'0000'0000}, uint64_t{0x7fff'ffff'ffff'fff0}}) {
    CHECK(rig.issue(0, rig.make(0, 16, position)) == 997);
    const Call call = rig.kernel.calls().back();
    CHECK(call.position == position);
    CHECK(call.overlapped->hEvent == nullptr);
    rig.wait_for(1);
  }
}

TEST_CASE("R57: error 87 of an unbuffered read beyond the end is the end of the file") {
  Rig rig;
  rig.kernel.set_size(5000);
  rig.start();
  const struct {
    bool direct;
    uint64_t position;
    DWORD expected;
  } kCases[] = {{true, 5000, 38}, {true, 8192, 38}, {true, 4096, 87}, {false, 8192, 87}};
  for (const auto& [direct, position, expected] : kCases) {
    rig.kernel.script({false, 87});
    Read read = rig.make(0, 4096, position);
    read.direct = direct;
    CHECK(rig.issue(0, read) == expected);
  }
}

TEST_CASE("R61: reading no bytes succeeds, also where Windows calls it the end of the file") {
  Rig rig;
  rig.start();
  rig.kernel.script({false, 38});
  CHECK(rig.issue(0, rig.make(0, 0)) == 0);
  CHECK(rig.wait_for(1).front() == Ended{0, 1, 0, 0});
  rig.kernel.script({false, 997, Packet{kStatusEndOfFile, 0}});
  CHECK(rig.issue(0, rig.make(0, 0)) == 997);
  CHECK(rig.wait_for(1).front() == Ended{0, 2, 0, 0});
  rig.kernel.script({false, 38});
  rig.queue(0, rig.make(0, 0));
  CHECK(rig.wait_for(1).front() == Ended{0, 3, 0, 0});
}

TEST_CASE("R56: a handle that Windows no longer knows is marked") {
  Rig rig;
  rig.start();
  bool lost = false;
  rig.kernel.script({false, 6});
  Read read = rig.make(0);
  read.lost = &lost;
  CHECK(rig.issue(0, read) == 6);
  CHECK(lost);
}
