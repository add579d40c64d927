// A driver on a scripted kernel, with every completion and every hold accounted for. The test plays the JS
// thread.
#pragma once

#include <doctest/doctest.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <vector>

#include "driver.h"
#include "ended.h"
#include "scripted_kernel.h"

namespace overlapped::iocp {

class Rig {
  struct Release {
    Rig* rig;
    void operator()(void* hold) const { rig->release(hold); }
  };

 public:
  explicit Rig(uint32_t capacity = 4)
      : driver(kernel, capacity, Release{this}, [this] { wake(); }),
        table_(size_t{capacity} * kCompletionWords),
        capacity_(capacity),
        memory_(capacity),
        generations_(capacity) {}

  ~Rig() {
    driver.drain();
    CHECK(driver.in_flight() == 0);
    CHECK_MESSAGE(held_.empty(), "a hold was never released");
    CHECK(kernel.violations() == 0);
  }

  void start() { driver.start(); }

  Read make(uint32_t slot, uint32_t length = 16, uint64_t position = 0) {
    generations_[slot]++;
    void* hold = &memory_[slot];
    REQUIRE(held_.insert(hold).second);
    return {.file = this, .address = &memory_[slot], .length = length, .position = position, .hold = hold};
  }
  DWORD issue(uint32_t slot, const Read& read) { return driver.issue(slot, generations_[slot], read); }
  void queue(uint32_t slot, const Read& read) { driver.queue(slot, generations_[slot], read); }
  void cancel(uint32_t slot) { driver.cancel(slot, generations_[slot]); }
  uint32_t generation(uint32_t slot) const { return generations_[slot]; }
  size_t held() const { return held_.size(); }

  // What the JS thread hears at one wake-up.
  std::vector<Ended> absorb() {
    driver.absorb();
    CompletionWriter out(table_.data(), capacity_);
    driver.deliver(out);
    std::vector<Ended> ended;
    for (uint32_t i = 0; i < out.count(); i++) {
      const uint32_t* words = table_.data() + size_t{i} * kCompletionWords;
      ended.push_back({words[0], words[1], words[2], words[3]});
    }
    return ended;
  }

  // Wake-ups until that many completions have come. More than that is a failure.
  std::vector<Ended> wait_for(size_t count) {
    std::vector<Ended> all = absorb();
    while (all.size() < count) {
      wait_for_wake();
      for (const Ended& ended : absorb()) all.push_back(ended);
    }
    CHECK(all.size() == count);
    return all;
  }

  // Everything that was to come has come, and nothing completed.
  void settle() {
    kernel.wait_until_seen();
    CHECK(absorb().empty());
    kernel.wait_until_seen();  // the fence that the first call may have posted
    CHECK(absorb().empty());
  }

  void wait_for_wake() {
    std::unique_lock lock(mutex_);
    woken_.wait(lock, [this] { return wakes_ > 0; });
    wakes_ = 0;
  }

  ScriptedKernel kernel;
  Driver<ScriptedKernel, Release> driver;

 private:
  void wake() {
    const std::lock_guard lock(mutex_);
    wakes_++;
    woken_.notify_all();
  }

  void release(void* hold) { REQUIRE_MESSAGE(held_.erase(hold) == 1, "a hold was released twice"); }

  std::mutex mutex_;
  std::condition_variable woken_;
  unsigned wakes_ = 0;
  std::vector<uint32_t> table_;
  uint32_t capacity_;
  std::vector<std::byte> memory_;
  std::vector<uint32_t> generations_;
  std::set<void*> held_;
};

}  // namespace overlapped::iocp
