// The copier with its thread, on scripted copies and on a real ring: every read is taken once, by one of the
// two.
#include "copier.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <set>

#include "scripted_reader.h"
#include "scripted_wait.h"

using namespace overlapped::uring;

namespace {

constexpr uint32_t kLength = 64 << 10;

// Lets the copier's wake-ups be waited for, as the event loop does.
class Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    rings_++;
    changed_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return rings_ > 0; });
    rings_ = 0;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned rings_ = 0;
};

// Fills each buffer's first word with its position, as a file of such words would.
void copy_scripted(const Copy* copies, uint32_t count, Copied* results) {
  for (uint32_t i = 0; i < count; i++) {
    std::memcpy(copies[i].address, &copies[i].position, sizeof copies[i].position);
    results[i] = {copies[i].slot, static_cast<int32_t>(copies[i].length), copies[i].handed_over};
  }
}

OpenReader scripted() { return reader_of(copy_scripted); }

OpenReader none() {
  return [] { return nullptr; };
}

// A caller with `capacity` slots that keeps them all busy.
class Caller {
 public:
  Caller(uint32_t capacity, SpareCores& cores, OpenReader open)
      : copier(
            capacity, [this] { bell.ring(); }, std::move(open), cores),
        memory_(capacity),
        ours_(capacity),
        copied_(capacity) {}

  // Reads until `total` have ended. @return how many of them the copier has ended
  uint32_t run(uint32_t total) {
    uint32_t begun = 0;
    uint32_t theirs = 0;
    std::vector<uint32_t> free(memory_.size());
    std::iota(free.begin(), free.end(), 0);
    std::set<uint32_t> busy;
    for (uint32_t ended = 0; ended < total;) {
      std::vector<Copy> fresh;
      for (; begun < total && !free.empty(); begun++) {
        const uint32_t slot = free.back();
        free.pop_back();
        busy.insert(slot);
        memory_[slot] = 0;
        fresh.push_back({.slot = slot,
                         .address = reinterpret_cast<std::byte*>(&memory_[slot]),
                         .length = kLength,
                         .position = begun + 1});
      }
      const auto end = [&](uint32_t slot) {
        REQUIRE_MESSAGE(busy.erase(slot) == 1, "a read ended twice");
        REQUIRE(memory_[slot] != 0);
        free.push_back(slot);
        ended++;
      };
      const uint32_t taken =
          copier.share(fresh.data(), static_cast<uint32_t>(fresh.size()), ours_.data(), Portion::Part);
      std::vector<Copied> results(taken);
      copy_scripted(ours_.data(), taken, results.data());
      for (const Copied& copied : results) end(copied.slot);
      const uint32_t count = copier.collect(copied_.data());
      for (uint32_t i = 0; i < count; i++) end(copied_[i].slot);
      theirs += count;
      if (taken == 0 && count == 0 && ended < total) bell.wait();
    }
    CHECK(busy.empty());
    CHECK(copier.waiting() == 0);
    return theirs;
  }

  Bell bell;
  Copier copier;

 private:
  std::vector<uint64_t> memory_;
  std::vector<Copy> ours_;
  std::vector<Copied> copied_;
};

}  // namespace

TEST_CASE("two threads share one line, and every read ends once") {
  SpareCores cores(1);
  Caller caller(100, cores, scripted());
  uint32_t theirs = 0;
  for (unsigned i = 0; i < 100 && theirs == 0; i++) theirs += caller.run(20'000);
  CHECK(theirs > 0);
  caller.copier.stop();
  CHECK(cores.take());  // given back
}

TEST_CASE("without a spare core, a thread or a ring the caller does everything") {
  SpareCores no_core(0);
  SpareCores one(1);
  CHECK(Caller(10, no_core, scripted()).run(1000) == 0);
  CHECK(Caller(10, one, none()).run(1000) == 0);
  CHECK(one.take());
}

TEST_CASE("a thread whose core is wanted gives it up with its line, and no read is lost") {
  SpareCores cores(1);
  Caller caller(100, cores, scripted());
  std::array<CrowdedOut, 2> others;
  const auto run_until = [&](bool helped) {
    unsigned runs = 0;
    while ((caller.run(20'000) > 0) != helped && runs < 1000) runs++;
    CHECK(runs < 1000);
  };
  run_until(true);
  for (CoreWait& other : others) cores.enter(other);
  run_until(false);
  CHECK(caller.run(20'000) == 0);
  CHECK(!cores.take());
  for (CoreWait& other : others) cores.leave(other);
  run_until(true);
}

TEST_CASE("a line that the caller takes at once wakes nobody") {
  Bell bell;
  SpareCores cores(1);
  Copier copier(2, [&] { bell.ring(); }, scripted(), cores);
  std::array<uint64_t, 2> memory{};
  std::array<Copy, 2> reads;
  for (uint32_t i = 0; i < 2; i++) {
    reads[i] = {.slot = i, .address = reinterpret_cast<std::byte*>(&memory[i]), .length = 1 << 20};
  }
  std::array<Copy, 2> ours;
  CHECK(copier.share(reads.data(), 1, ours.data(), Portion::Part) == 1);
  REQUIRE(cores.take());  // the thread has not
  cores.give_back();
  CHECK(copier.share(reads.data(), 2, ours.data(), Portion::Part) == 1);
  bell.wait();
  std::array<Copied, 2> copied;
  CHECK(copier.collect(copied.data()) == 1);
}

TEST_CASE("after stop nobody takes what waits but the caller") {
  SpareCores cores(1);
  Caller caller(10, cores, scripted());
  caller.run(100);
  caller.copier.stop();
  CHECK(caller.run(100) == 0);
  caller.copier.stop();
}

TEST_CASE("stopped in the middle, the thread has written its last byte, and no read is lost") {
  constexpr uint32_t kCapacity = 64;
  for (unsigned round = 0; round < 500; round++) {
    SpareCores cores(1);
    Bell bell;
    std::vector<uint64_t> memory(kCapacity);
    std::vector<Copy> fresh;
    for (uint32_t slot = 0; slot < kCapacity; slot++) {
      auto* address = reinterpret_cast<std::byte*>(&memory[slot]);
      fresh.push_back({.slot = slot, .address = address, .length = kLength, .position = slot + 1});
    }
    std::vector<Copy> ours(kCapacity);
    std::vector<Copied> copied(kCapacity);
    Copier copier(kCapacity, [&bell] { bell.ring(); }, scripted(), cores);
    uint32_t ended = copier.share(fresh.data(), kCapacity, ours.data(), Portion::Part);
    if (round % 2 == 0 && ended < kCapacity) bell.wait();  // it is at work
    copier.stop();
    // Nobody writes there now: a late copy would be a race, or would be seen.
    std::fill(memory.begin(), memory.end(), 0);
    ended += copier.collect(copied.data());
    ended += copier.share(nullptr, 0, ours.data(), Portion::All);
    CHECK(ended == kCapacity);
    CHECK(std::count(memory.begin(), memory.end(), 0) == kCapacity);
  }
}

TEST_CASE(
    "what is handed over is the thread's alone, a few at a time, and comes back where it has not begun") {
  constexpr uint32_t kReads = 1000;
  SpareCores cores(1);
  Bell bell;
  std::vector<uint64_t> memory(kReads);
  std::vector<Copy> ours(kReads);
  std::vector<Copied> copied(kReads);
  const auto copy_of = [&](uint32_t slot) {
    memory[slot] = 0;
    auto* address = reinterpret_cast<std::byte*>(&memory[slot]);
    return Copy{.slot = slot, .address = address, .length = kLength, .position = slot + 1};
  };
  Copier copier(kReads, [&bell] { bell.ring(); }, scripted(), cores);
  uint32_t ended = 0;
  for (uint32_t slot = 0; slot < kReads; slot++) {
    while (!copier.hand_over(copy_of(slot))) {
      bell.wait();
      ended += copier.collect(copied.data());
    }
    CHECK(copier.share(nullptr, 0, ours.data(), Portion::All) == 0);
  }
  copier.stop();
  ended += copier.collect(copied.data());
  const uint32_t back = copier.share(nullptr, 0, ours.data(), Portion::All);
  CHECK(ended + back == kReads);
  for (uint32_t i = 0; i < back; i++) CHECK(memory[ours[i].slot] == 0);
  CHECK(std::count(memory.begin(), memory.end(), 0) == back);
  CHECK(!copier.hand_over(copy_of(0)));
  CHECK(cores.take());
}

TEST_CASE("what was handed over is taken back, the oldest first, while the thread has others") {
  SpareCores cores(1);
  std::mutex gate;
  Bell begun;
  Bell bell;
  const auto held = [&](const Copy* copies, uint32_t count, Copied* results) {
    begun.ring();
    const std::lock_guard lock(gate);
    copy_scripted(copies, count, results);
  };
  std::vector<uint64_t> memory(5);
  Copier copier(5, [&bell] { bell.ring(); }, reader_of(held), cores);
  const auto hand_over = [&](uint32_t slot, uint32_t length, bool async) {
    auto* address = reinterpret_cast<std::byte*>(&memory[slot]);
    return copier.hand_over(
        {.slot = slot, .address = address, .length = length, .position = slot + 1, .async = async});
  };
  Copy copy;
  CHECK(!copier.take_back(&copy, true));
  {
    const std::lock_guard lock(gate);
    REQUIRE(hand_over(0, kLength, false));
    begun.wait();
    CHECK(!copier.take_back(&copy, true));  // the thread has it
    REQUIRE(hand_over(1, kLargestTakenBack + 1, true));
    CHECK(!copier.has_to_take_back());  // too long for the caller
    REQUIRE(hand_over(2, kLength, true));
    REQUIRE(hand_over(3, kLength, false));
    REQUIRE(hand_over(4, kLength, false));
    REQUIRE(copier.take_back(&copy, false));
    CHECK(copy.slot == 3);  // the first that is not async
    REQUIRE(copier.take_back(&copy, false));
    CHECK(copy.slot == 4);
    CHECK(!copier.take_back(&copy, false));
    REQUIRE(copier.take_back(&copy, true));
    CHECK(copy.slot == 2);
    CHECK(!copier.take_back(&copy, true));
  }
  std::vector<Copied> copied(4);
  for (uint32_t ended = 0; ended < 2; ended += copier.collect(copied.data())) bell.wait();
  CHECK(memory == std::vector<uint64_t>{1, 2, 0, 0, 0});
}

TEST_CASE("nothing is handed over where there is no spare core, or no ring") {
  SpareCores no_core(0);
  Copier alone(4, [] {}, scripted(), no_core);
  CHECK(!alone.hand_over({.slot = 1, .length = kLength}));
  SpareCores one(1);
  Copier ringless(4, [] {}, none(), one);
  CHECK(!ringless.hand_over({.slot = 2, .length = kLength}));
  CHECK(one.take());
}

TEST_CASE("lent memory is entered with the reader, whether it was there before it or came later") {
  SpareCores cores(1);
  Bell bell;
  ScriptedBuffers buffers;
  std::array<uint64_t, 3> memory{};
  Copier copier(4, [&bell] { bell.ring(); }, reader_of(copy_scripted, &buffers), cores);
  copier.set_buffer(0, &memory[0], 8);
  copier.set_buffer(2, &memory[2], 8);
  copier.set_buffer(0, nullptr, 0);
  CHECK(buffers.empty());
  REQUIRE(copier.hand_over({.slot = 1, .address = reinterpret_cast<std::byte*>(&memory[1]), .length = 8}));
  CHECK(buffers == ScriptedBuffers{{2, &memory[2]}});
  copier.set_buffer(1, &memory[1], 8);
  copier.set_buffer(2, nullptr, 0);
  CHECK(buffers == ScriptedBuffers{{1, &memory[1]}});
}

TEST_CASE("the default copies what is cached, and says how much it could not") {
  char path[] = "/tmp/overlapped-copier-XXXXXX";
  const int fd = mkstemp(path);
  REQUIRE(fd >= 0);
  unlink(path);
  std::vector<char> content(3 * kLength);
  for (size_t i = 0; i < content.size(); i++) content[i] = static_cast<char>(i * 7 >> 8);
  REQUIRE(write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()));

  const auto reader = open_cache_reader();
  REQUIRE_MESSAGE(reader != nullptr, "io_uring is not available here");
  std::vector<char> memory(4 * kLength);
  // The first and the third read go to memory that is entered, the second's is no more.
  for (const uint32_t index : {0, 1, 2}) reader->set_buffer(index, memory.data(), memory.size());
  reader->set_buffer(1, nullptr, 0);
  std::vector<Copy> copies;
  for (uint32_t i = 0; i < 4; i++) {
    copies.push_back({.slot = 10 + i,
                      .fd = i == 3 ? -1 : fd,
                      .buffer_index = static_cast<int>(i),
                      .address = reinterpret_cast<std::byte*>(&memory[size_t{i} * kLength]),
                      .length = kLength,
                      .position = size_t{i} * kLength + 100});
  }
  std::vector<Copied> results(4);
  reader->copy(copies.data(), 4, results.data());
  close(fd);
  for (uint32_t i = 0; i < 4; i++) CHECK(results[i].slot == 10 + i);
  CHECK(results[0].result == kLength);
  CHECK(results[1].result == kLength);
  CHECK(results[2].result == kLength - 100);  // the file ends there
  CHECK(results[3].result == -EBADF);
  CHECK(std::memcmp(memory.data(), content.data() + 100, content.size() - 100) == 0);
}
