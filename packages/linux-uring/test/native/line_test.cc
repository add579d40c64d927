// The line that two threads take from: whose reads each takes first, and that none is passed over for long.
#include "line.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "brief_mutex.h"

using namespace overlapped::uring;

namespace {

constexpr uint32_t kLength = 4096;
const uint64_t kCost = Copy{.length = kLength}.cost();

// Reads into neighbours of one slab: those of even slots are the caller's half.
Copy copy_of(uint32_t slot) {
  auto* address = reinterpret_cast<std::byte*>(uintptr_t{slot} * kLength);
  return {.slot = slot, .address = address, .length = kLength};
}

std::vector<uint32_t> take(Line& line, uint32_t count, Taker taker) {
  std::vector<Copy> copies(line.count());
  copies.resize(line.take(copies.data(), count * kCost, line.count(), taker));
  std::vector<uint32_t> slots;
  for (const Copy& copy : copies) slots.push_back(copy.slot);
  return slots;
}

using Slots = std::vector<uint32_t>;

}  // namespace

TEST_CASE("a thread takes the oldest read, then those of its own half, then the others") {
  Line line(8);
  for (uint32_t slot = 0; slot < 8; slot++) line.put(copy_of(slot));
  CHECK(line.count() == 8);
  CHECK(line.cost() == 8 * kCost);
  CHECK(take(line, 3, Taker::Thread) == Slots{0, 1, 3});
  CHECK(take(line, 2, Taker::Caller) == Slots{2, 4});
  CHECK(take(line, 2, Taker::Caller) == Slots{5, 6});
  CHECK(take(line, 1, Taker::Caller) == Slots{7});
  CHECK(line.count() == 0);
  CHECK(line.cost() == 0);
  CHECK(take(line, 1, Taker::Thread).empty());
}

TEST_CASE("who takes all of it takes it in order") {
  Line line(5);
  for (const uint32_t slot : {3, 1, 4, 0, 2}) line.put(copy_of(slot));
  CHECK(take(line, 5, Taker::Thread) == Slots{3, 1, 4, 0, 2});
}

TEST_CASE("a read that costs more than what is wanted is taken, one at least") {
  Line line(2);
  line.put(copy_of(0));
  line.put(copy_of(1));
  std::array<Copy, 2> out;
  CHECK(line.take(out.data(), 1, 2, Taker::Caller) == 1);
  CHECK(line.take(out.data(), 0, 2, Taker::Caller) == 0);
  CHECK(line.take(out.data(), 9 * kCost, 0, Taker::Caller) == 0);
  CHECK(line.count() == 1);
}

TEST_CASE("no read is lost or taken twice, and none waits for more takes than stood before it") {
  std::minstd_rand random(7);
  constexpr uint32_t kCapacity = 64;
  Line line(kCapacity);
  std::vector<uint32_t> waits(kCapacity, 0);
  std::vector<uint32_t> free;
  for (uint32_t slot = 0; slot < kCapacity; slot++) free.push_back(slot);
  std::vector<bool> waiting(kCapacity, false);
  std::vector<uint32_t> ahead(kCapacity, 0);
  for (unsigned round = 0; round < 20'000; round++) {
    for (auto count = random() % 12; count > 0 && !free.empty(); count--) {
      const auto at = random() % free.size();
      const uint32_t slot = free[at];
      free.erase(free.begin() + static_cast<std::ptrdiff_t>(at));
      waiting[slot] = true;
      ahead[slot] = line.count();
      waits[slot] = 0;
      line.put(copy_of(slot));
    }
    const uint32_t before = line.count();
    const auto wanted = static_cast<uint32_t>(1 + random() % 9);
    const auto taker = random() % 2 == 0 ? Taker::Caller : Taker::Thread;
    const Slots taken = take(line, wanted, taker);
    REQUIRE(taken.size() == std::min(wanted, before));
    for (const uint32_t slot : taken) {
      REQUIRE(waiting[slot]);
      waiting[slot] = false;
      free.push_back(slot);
    }
    for (uint32_t slot = 0; slot < kCapacity; slot++) {
      if (waiting[slot]) REQUIRE(++waits[slot] <= ahead[slot]);
    }
  }
}

TEST_CASE("a brief mutex lets one in, also where another holds it for long") {
  BriefMutex mutex;
  unsigned counter = 0;
  {
    std::vector<std::thread> threads;
    mutex.lock();
    for (unsigned i = 0; i < 4; i++) {
      threads.emplace_back([&] {
        for (unsigned turn = 0; turn < 10'000; turn++) {
          const std::lock_guard lock(mutex);
          counter++;
        }
      });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(counter == 0);
    mutex.unlock();
    for (std::thread& thread : threads) thread.join();
  }
  CHECK(counter == 40'000);
}
