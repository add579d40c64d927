// Which lent memory is entered in the rings' tables, when, and what becomes of it.
#include "buffer_table.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <overlapped/region_registry.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "read.h"
#include "ring.h"
#include "scripted_reader.h"

using namespace overlapped;
using namespace overlapped::uring;

namespace {

constexpr size_t kBytes = 64 << 10;
constexpr size_t kBoth = 2 * kBytes;  // in two rings

struct Pages {
  static void* map(size_t bytes) {
    void* base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return base == MAP_FAILED ? nullptr : base;
  }
  static void unmap(void* base, size_t bytes) { munmap(base, bytes); }
};
using Regions = RegionRegistry<Pages, Registration>;

struct Tables {
  bool has_table = true;
  bool refuses = false;
  ScriptedBuffers kernel;
  ScriptedBuffers copies;
};

struct Kernel {
  Tables& tables;
  bool register_buffer_table(unsigned) { return tables.has_table; }
  bool set_buffer(unsigned index, void* base, size_t bytes) {
    if (tables.refuses) return false;
    CHECK((bytes > 0 || tables.kernel.count(index) == 1));
    tables.kernel.set(index, base, bytes);
    return true;
  }
};

struct Copies {
  Tables& tables;
  void set_buffer(uint32_t index, void* base, size_t bytes) { tables.copies.set(index, base, bytes); }
};

class Rig {
 public:
  explicit Rig(size_t budget_bytes, bool has_table = true) : budget(budget_bytes) {
    tables.has_table = has_table;
    table.open();
    regions.before_unmap = [this](Regions::Region& region) { table.leave(region); };
  }

  Regions::Region* region(size_t bytes = kBytes) {
    auto* made = regions.allocate(bytes);
    REQUIRE(made != nullptr);
    return made;
  }
  // Reads into all of it, and a little more. @return its place
  int use(Regions::Region* region) {
    CHECK(table.index_for(*region, static_cast<uint32_t>(region->bytes)) == -1);
    return table.index_for(*region, 1);
  }

  Tables tables;
  PinBudget budget;
  Kernel kernel{tables};
  Copies copies{tables};
  BufferTable<Kernel, Copies, Regions::Region> table{kernel, copies, budget};
  Regions regions;  // goes first: its regions leave the table
};

}  // namespace

TEST_CASE(
    "a region is entered once it has been read into all over, in both rings, and leaves with its last "
    "share") {
  Rig rig(kBoth);
  auto* region = rig.region();
  CHECK(rig.table.index_for(*region, kBytes / 2) == -1);
  CHECK(rig.table.index_for(*region, kBytes / 2) == -1);
  CHECK(rig.tables.kernel.empty());
  CHECK(rig.table.index_for(*region, 1) == 0);
  CHECK(rig.table.index_for(*region, 1) == 0);
  const ScriptedBuffers entered{{0, region->base}};
  CHECK(rig.tables.kernel == entered);
  CHECK(rig.tables.copies == entered);
  CHECK(rig.table.count() == 1);
  CHECK(rig.table.bytes() == kBytes);
  auto* read = rig.regions.share(region->base);
  rig.regions.drop(region);
  CHECK(rig.table.count() == 1);  // a read still fills it
  rig.regions.drop(read);
  CHECK(rig.tables.kernel.empty());
  CHECK(rig.tables.copies.empty());
  CHECK(rig.table.count() == 0);
  CHECK(rig.table.bytes() == 0);
  CHECK(rig.budget.take(kBoth));
}

TEST_CASE("what the budget does not pay for is read into by its address, and is asked for once") {
  Rig rig(kBoth + kBoth / 2);
  auto* first = rig.region();
  auto* second = rig.region();
  CHECK(rig.use(first) == 0);
  CHECK(rig.use(second) == -1);
  rig.regions.drop(first);
  CHECK(rig.table.index_for(*second, kBytes) == -1);
  auto* third = rig.region();
  CHECK(rig.use(third) == 0);
  rig.regions.drop(second);
  rig.regions.drop(third);
  CHECK(rig.budget.take(kBoth + kBoth / 2));
}

TEST_CASE("a kernel that refuses, or has no table, is not asked again") {
  Rig refused(SIZE_MAX);
  refused.tables.refuses = true;
  Rig without(SIZE_MAX, false);
  for (Rig* rig : {&refused, &without}) {
    CHECK(rig->use(rig->region()) == -1);
    rig->tables.refuses = false;
    CHECK(rig->use(rig->region()) == -1);
    CHECK(rig->tables.kernel.empty());
    CHECK(rig->budget.take(SIZE_MAX));
  }
}

TEST_CASE("the table has an end, and places are used again") {
  Rig rig(SIZE_MAX);
  std::vector<Regions::Region*> all;
  for (uint32_t i = 0; i < kBufferTableEntries; i++) {
    all.push_back(rig.region(1));
    REQUIRE(rig.use(all.back()) == static_cast<int>(i));
  }
  auto* late = rig.region(1);
  CHECK(rig.use(late) == -1);
  rig.regions.drop(all[500]);
  auto* next = rig.region(1);
  CHECK(rig.use(next) == 500);
  CHECK(rig.tables.kernel.at(500) == next->base);
  CHECK(rig.table.count() == kBufferTableEntries);
}

TEST_CASE("after close nothing is entered, and the budget is whole") {
  Rig rig(SIZE_MAX);
  rig.use(rig.region());
  rig.regions.before_unmap = nullptr;
  rig.table.close();
  CHECK(rig.table.count() == 0);
  CHECK(rig.budget.take(SIZE_MAX));
  CHECK(rig.use(rig.region()) == -1);
}

TEST_CASE("on a real ring: reads by place, and memory that is unmapped with a read in flight (R74)") {
  Ring ring;
  REQUIRE_MESSAGE(ring.open({.entries = 8, .completion_entries = 16}) == 0, "io_uring is not available here");
  REQUIRE(ring.register_buffer_table(kBufferTableEntries));
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  auto* base = static_cast<std::byte*>(Pages::map(kBytes));
  REQUIRE(ring.set_buffer(3, base, kBytes));
  const auto read = [&](std::byte* address, uint32_t length = 5) {
    struct {
      std::byte* address;
      uint32_t length;
      uint64_t position;
    } const operation{address, length, 0};
    io_uring_sqe* entry = ring.next_entry();
    prepare_read(entry, ends[0], operation, 3);
    REQUIRE(ring.submit() == 1);
  };
  const auto result = [&] {
    REQUIRE(ring.wait(5000) == 0);
    io_uring_cqe* completion = nullptr;
    REQUIRE(ring.peek(&completion, 1) == 1);
    const int answer = completion->res;
    ring.advance(1);
    return answer;
  };
  REQUIRE(write(ends[1], "hello", 5) == 5);
  read(base + 100);
  CHECK(result() == 5);
  CHECK(std::memcmp(base + 100, "hello", 5) == 0);
  read(base, 0);
  CHECK(result() == 0);
  read(base + kBytes - 4);  // beyond its end
  CHECK(result() == -EFAULT);
  // The kernel keeps what it pinned until its read has ended, so that it never fills what is somebody else's.
  read(base);
  CHECK(ring.set_buffer(3, nullptr, 0));
  Pages::unmap(base, kBytes);
  REQUIRE(write(ends[1], "later", 5) == 5);
  CHECK(result() == 5);
  read(base);
  CHECK(result() == -EFAULT);  // nothing is there now
  for (const int end : ends) close(end);
}
