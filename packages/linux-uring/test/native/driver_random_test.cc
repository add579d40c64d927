// The driver against a kernel that answers at random: every read ends exactly once, every hold goes exactly
// once and never while the kernel has the buffer. OVERLAPPED_SEED repeats a run.
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>

#include "rig.h"

using namespace overlapped;
using namespace overlapped::uring;

namespace {

uint32_t seed() {
  const char* given = std::getenv("OVERLAPPED_SEED");
  const uint32_t value =
      given != nullptr ? static_cast<uint32_t>(std::strtoul(given, nullptr, 10)) : std::random_device()();
  std::printf("random driver test: OVERLAPPED_SEED=%u\n", value);
  return value;
}

class Chaos {
 public:
  Chaos(std::mt19937& random, uint32_t capacity, unsigned entries)
      : random_(random), capacity_(capacity), rig_(capacity, entries) {}

  void run(unsigned steps) {
    for (unsigned i = 0; i < steps; i++) step();
    rig_.kernel.default_answer = 0;
    rig_.kernel.answers.clear();
    rig_.copies.leaves = 0;
    for (unsigned i = 0; !live_.empty(); i++) {
      REQUIRE(i < 10'000);
      while (rig_.copies.has_work()) rig_.copies.copy_one();
      while (!rig_.kernel.reads.empty()) end_one();
      pump();
    }
    CHECK(rig_.driver.in_flight() == 0);
    for (unsigned i = 0; i < 4; i++) pump();  // what is left are cancellations whose reads have ended
    CHECK(rig_.driver.deferred() == 0);
    CHECK(started_ == ended_);
  }

 private:
  bool chance(unsigned percent) { return random_() % 100 < percent; }

  void step() {
    rig_.kernel.cancel_result_first = chance(50);
    rig_.kernel.obey_cancels = chance(70);
    for (unsigned n = random_() % 4; n > 0; n--) start_one();
    if (chance(30) && !live_.empty()) rig_.cancel(any(live_));
    if (chance(3)) rig_.driver.cancel_all();
    if (chance(20)) rig_.warm();
    rig_.copies.leaves = random_() % 5;
    rig_.copies.room = random_() % 3;
    for (unsigned n = random_() % 3; n > 0 && rig_.copies.has_work(); n--) copy_one();
    if (chance(25)) rig_.kernel.answers.push_back(answer());
    if (chance(5)) rig_.kernel.post(token(random_() % (capacity_ + 3), 1'000'000 + random_() % 10), 1);
    for (unsigned n = random_() % 4; n > 0 && !rig_.kernel.reads.empty(); n--) end_one();
    if (chance(80)) pump();
  }

  int answer() {
    constexpr int kAnswers[] = {-EINTR, -EAGAIN, -EBUSY, -EBADR, -ENOMEM, 0, 1, 2};
    return kAnswers[random_() % std::size(kAnswers)];
  }

  void start_one() {
    const uint32_t slot = random_() % capacity_;
    for (const uint64_t read : live_) {
      if (static_cast<uint32_t>(read) == slot) return;
    }
    const bool async = chance(20);
    live_.insert(rig_.read(slot, chance(10) ? 0 : 1 + random_() % 100'000, async, async && chance(50)));
    started_++;
  }

  void copy_one() {
    constexpr int32_t kResults[] = {-EAGAIN, -EOPNOTSUPP, 0, 1};
    if (chance(80)) {
      rig_.copies.copy_one();
    } else {
      rig_.copies.copy_one(kResults[random_() % (chance(1) ? 4 : 1)]);
    }
  }

  void end_one() {
    constexpr int kResults[] = {-EAGAIN, -EINTR, -EIO, -ECANCELED, 0};
    auto at = rig_.kernel.reads.begin();
    std::advance(at, random_() % rig_.kernel.reads.size());
    const int result =
        chance(60) ? static_cast<int>(at->second.len) : kResults[random_() % std::size(kResults)];
    if (chance(30)) {
      rig_.kernel.hide(at->first, result);
    } else {
      rig_.kernel.complete(at->first, result);
    }
  }

  void pump() {
    for (const Ended& ended : rig_.pump()) {
      REQUIRE_MESSAGE(live_.erase(token(ended.slot, ended.generation)) == 1,
                      "ended twice, or never begun: ", ended);
      ended_++;
    }
    REQUIRE(rig_.driver.in_flight() == live_.size());
    REQUIRE(rig_.held.size() == live_.size());
  }

  uint64_t any(const std::set<uint64_t>& reads) {
    auto at = reads.begin();
    std::advance(at, random_() % reads.size());
    return *at;
  }

  std::mt19937& random_;
  uint32_t capacity_;
  Rig rig_;
  std::set<uint64_t> live_;
  uint64_t started_ = 0;
  uint64_t ended_ = 0;
};

}  // namespace

TEST_CASE("whatever the kernel answers, every read ends exactly once") {
  static const uint32_t kSeed = seed();
  CAPTURE(kSeed);
  std::mt19937 random(kSeed);
  for (const auto& [capacity, entries] : {std::pair{1u, 1u}, {4u, 1u}, {16u, 4u}, {100u, 8u}, {64u, 64u}}) {
    CAPTURE(capacity);
    CAPTURE(entries);
    Chaos(random, capacity, entries).run(3000);
  }
}
