// The driver with its second thread: teardown in the middle of the thread's work. Each buffer is freed as
// soon as its hold is given back, so that a later byte is one that a sanitizer sees.
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "driver.h"
#include "scripted_kernel.h"
#include "scripted_reader.h"

using namespace overlapped;
using namespace overlapped::uring;

namespace {

constexpr uint32_t kCapacity = 64;
constexpr uint32_t kLength = 8 << 10;

void copy_scripted(const Copy* copies, uint32_t count, Copied* results) {
  for (uint32_t i = 0; i < count; i++) {
    std::fill_n(copies[i].address, copies[i].length, std::byte{1});
    results[i] = {copies[i].slot, static_cast<int32_t>(copies[i].length), copies[i].handed_over};
  }
}

using Memory = std::unique_ptr<std::byte[]>;

struct Release {
  std::map<void*, Memory>* buffers;
  void operator()(void* hold) const { REQUIRE(buffers->erase(hold) == 1); }
};

class Life {
 public:
  explicit Life(std::mt19937& random) : random_(random) {
    for (unsigned i = 0; i < 100; i++) warmth_.cached(false);
    kernel_.inline_reads = true;
  }

  void run() {
    uint32_t generation = 0;
    for (unsigned turns = random_() % 20; turns > 0; turns--) {
      generation++;
      for (uint32_t slot = 0; slot < kCapacity; slot++) {
        if (driver_.is_free(slot)) stage(slot, generation);
      }
      if (random_() % 4 == 0) driver_.stage_cancel(random_() % kCapacity, generation);
      CompletionWriter out(table_.data(), kCapacity);
      driver_.pump(out, random_() % 8 == 0);
    }
    CompletionWriter scratch(table_.data(), kCapacity);
    CHECK(driver_.drain(scratch));
    CHECK(driver_.in_flight() == 0);
    CHECK(buffers_.empty());
  }

  uint64_t copied() const { return driver_.stats().copied; }

 private:
  void stage(uint32_t slot, uint32_t generation) {
    Memory memory(new std::byte[kLength]);
    std::byte* address = memory.get();
    buffers_.emplace(address, std::move(memory));
    driver_.stage_read(slot, generation,
                       {.fd = 3, .address = address, .length = kLength, .warmth = &warmth_, .hold = address});
  }

  std::mt19937& random_;
  std::map<void*, Memory> buffers_;
  std::vector<uint32_t> table_ = std::vector<uint32_t>(size_t{kCapacity} * kCompletionWords);
  Warmth warmth_;
  SpareCores cores_{1};
  ScriptedKernel kernel_{16};
  Copier copier_{kCapacity, [] {}, reader_of(copy_scripted), cores_};
  Driver<ScriptedKernel, Release, Copier> driver_{kernel_, kCapacity, Release{&buffers_}, copier_};
};

}  // namespace

TEST_CASE(
    "teardown while the second thread copies: it ends before any buffer goes, and no read is lost (R74)") {
  std::mt19937 random(1);
  uint64_t copied = 0;
  for (unsigned life = 0; life < 300; life++) {
    Life one(random);
    one.run();
    copied += one.copied();
  }
  CHECK(copied > 0);  // the thread was at work
}
