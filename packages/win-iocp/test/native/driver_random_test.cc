// The driver against a kernel that answers at random: every read ends exactly once, every hold goes exactly
// once, and no OVERLAPPED is used while a packet may name it. OVERLAPPED_SEED repeats the kernel's answers;
// the threads' timing is their own.
#include <cstdio>
#include <cstdlib>
#include <random>

#include "rig.h"

using namespace overlapped;
using namespace overlapped::iocp;

namespace {

constexpr uint32_t kCapacity = 16;

uint32_t seed() {
  const char* given = std::getenv("OVERLAPPED_SEED");
  const uint32_t value =
      given != nullptr ? static_cast<uint32_t>(std::strtoul(given, nullptr, 10)) : std::random_device()();
  std::printf("random completion port test: OVERLAPPED_SEED=%u\n", value);
  return value;
}

Step any_step(std::mt19937& random) {
  static const Step kSteps[] = {
      {true, 0, Packet{kStatusSuccess, 16}},
      {false, 997, Packet{kStatusSuccess, 16}},
      {false, 997, Packet{kStatusEndOfFile, 0}},
      {false, 997, {}},
      {false, 38},
      {false, 5},
      {false, 38, Packet{kStatusEndOfFile, 0}},
      {false, 87, Packet{0xc000'000d, 0}},
      {false, 1784},
      {false, 234, Packet{kStatusBufferOverflow, 16}},
  };
  return kSteps[random() % std::size(kSteps)];
}

class Chaos {
 public:
  explicit Chaos(uint32_t seed) : random_(seed) { rig_.start(); }

  void run(unsigned steps) {
    for (unsigned i = 0; i < steps; i++) step();
    for (uint32_t slot = 0; slot < kCapacity; slot++) rig_.cancel(slot);
    while (rig_.driver.in_flight() + rig_.driver.undelivered() > 0) {
      hear(rig_.absorb());
      rig_.driver.cancel_all();
    }
    CHECK(started_ == ended_);
    CHECK(rig_.driver.stats().outcomes[Outcome::Unknown] == 0);
  }

  // Ends with reads in flight on both threads: the rig drains, and checks that nothing is left.
  void abandon(unsigned steps) {
    for (unsigned i = 0; i < steps; i++) step();
  }

 private:
  bool chance(unsigned percent) { return random_() % 100 < percent; }

  void step() {
    const uint32_t slot = random_() % kCapacity;
    if (busy_[slot]) {
      if (chance(30)) rig_.cancel(slot);
    } else {
      start(slot);
    }
    if (chance(30)) hear(rig_.absorb());
  }

  void start(uint32_t slot) {
    rig_.kernel.script(any_step(random_));
    Read read = rig_.make(slot, chance(10) ? 0 : 16, random_());
    read.offloaded = chance(30);
    started_++;
    busy_[slot] = true;
    if (chance(50)) {
      rig_.queue(slot, read);
      return;
    }
    const DWORD error = rig_.issue(slot, read);
    if (error == 0 || error == 997) return;
    busy_[slot] = false;
    ended_++;
  }

  void hear(const std::vector<Ended>& ended) {
    for (const auto& [slot, generation, error, bytes] : ended) {
      REQUIRE(busy_[slot]);
      REQUIRE(generation == rig_.generation(slot));
      busy_[slot] = false;
      ended_++;
    }
  }

  std::mt19937 random_;
  Rig rig_{kCapacity};
  bool busy_[kCapacity] = {};
  unsigned started_ = 0;
  unsigned ended_ = 0;
};

}  // namespace

TEST_CASE("whatever the kernel answers, every read ends exactly once") {
  const uint32_t first = seed();
  for (uint32_t i = 0; i < 20; i++) {
    CAPTURE(first + i);
    Chaos(first + i).run(1000);
  }
}

TEST_CASE("teardown in the middle of whatever the kernel answers: the threads end, and no hold stays (R74)") {
  for (uint32_t i = 0; i < 200; i++) Chaos(i).abandon(i % 40);
}
