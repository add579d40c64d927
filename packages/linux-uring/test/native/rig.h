// A driver on a scripted kernel, with every completion and every hold accounted for.
#pragma once

#include <map>
#include <vector>

#include "driver.h"
#include "ended.h"
#include "scripted_copies.h"
#include "scripted_kernel.h"

namespace overlapped::uring {

class Rig {
  struct Release {
    Rig* rig;
    void operator()(void* hold) const { rig->release(hold); }
  };

 public:
  explicit Rig(uint32_t capacity, unsigned entries = 8)
      : kernel(entries),
        driver(kernel, capacity, Release{this}, copies),
        out(table_for(capacity), capacity),
        memory_(capacity),
        generations_(capacity) {}
  ~Rig() { CHECK_MESSAGE(held.empty(), "a hold was never released"); }

  ScriptedKernel kernel;
  ScriptedCopies copies;
  Warmth warmth;  // of the one file
  Driver<ScriptedKernel, Release, ScriptedCopies> driver;
  std::map<void*, uint64_t> held;  // address of the buffer, to the read that holds it

  // Of the memory of the reads that follow, in the ring's table.
  int buffer_index = -1;
  // Their caller waits for all of them.
  bool together = false;

  uint64_t read(uint32_t slot, uint32_t length = 16, bool async = false, bool alone = false) {
    const uint32_t generation = ++generations_[slot];
    void* hold = &memory_[slot];
    REQUIRE(held.emplace(hold, token(slot, generation)).second);
    driver.stage_read(slot, generation,
                      {.fd = 3,
                       .buffer_index = buffer_index,
                       .address = &memory_[slot],
                       .length = length,
                       .async = async,
                       .alone = alone,
                       .together = together,
                       .warmth = &warmth,
                       .hold = hold});
    return token(slot, generation);
  }
  // From here on reads are shared with the copier.
  void warm() {
    for (unsigned i = 0; i < 100; i++) warmth.cached(false);
  }
  void cancel(uint64_t read) {
    driver.stage_cancel(static_cast<uint32_t>(read), static_cast<uint32_t>(read >> 32));
  }

  // One pump, and what it reported.
  std::vector<Ended> pump(bool idle = false) {
    out.rewind();
    driver.pump(out, idle);
    return reported();
  }
  bool drain() {
    out.rewind();
    return driver.drain(out);
  }
  static Ended ended(uint64_t read, uint32_t error, uint32_t bytes = 0) {
    return {static_cast<uint32_t>(read), static_cast<uint32_t>(read >> 32), error, bytes};
  }

 private:
  uint32_t* table_for(uint32_t capacity) {
    table_.resize(size_t{capacity} * kCompletionWords);
    return table_.data();
  }
  std::vector<Ended> reported() const {
    std::vector<Ended> all;
    for (uint32_t i = 0; i < out.count(); i++) {
      const uint32_t* entry = &table_[size_t{i} * kCompletionWords];
      all.push_back({entry[0], entry[1], entry[2], entry[3]});
    }
    return all;
  }
  void release(void* hold) {
    const auto at = held.find(hold);
    REQUIRE_MESSAGE(at != held.end(), "a hold was released twice");
    REQUIRE_MESSAGE(kernel.reads.count(at->second) == 0, "released while the kernel still fills the buffer");
    held.erase(at);
  }

  std::vector<uint32_t> table_;
  CompletionWriter out;
  std::vector<std::byte> memory_;
  std::vector<uint32_t> generations_;
};

}  // namespace overlapped::uring
