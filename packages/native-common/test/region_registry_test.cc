#include <doctest/doctest.h>
#include <overlapped/region_registry.h>

#include <cstdlib>
#include <vector>

using namespace overlapped;

namespace {

struct Pages {
  static inline size_t mapped = 0;
  static inline bool exhausted = false;
  static void* map(size_t bytes) {
    if (exhausted) return nullptr;
    mapped += bytes;
    return std::malloc(bytes);  // so that AddressSanitizer sees a use after unmap
  }
  static void unmap(void* base, size_t bytes) {
    mapped -= bytes;
    std::free(base);
  }
};
using Registry = RegionRegistry<Pages>;

}  // namespace

TEST_CASE("a region is unmapped with its last share, JS's or a read's") {
  Registry registry;
  auto* region = registry.allocate(4096);
  REQUIRE(region != nullptr);
  auto* read = registry.share(region->base + 100);
  CHECK(read == region);
  registry.drop(region);  // the ArrayBuffer is gone
  CHECK(Pages::mapped == 4096);
  read->base[100] = std::byte{1};  // the kernel still fills it
  registry.drop(read);
  CHECK(Pages::mapped == 0);
  CHECK(registry.count() == 0);
  CHECK(registry.bytes() == 0);
}

TEST_CASE("memory that is not ours has no region") {
  Registry registry;
  std::byte foreign[16];
  CHECK(registry.share(foreign) == nullptr);
  auto* region = registry.allocate(4096);
  CHECK(registry.share(foreign) == nullptr);
  CHECK(registry.share(nullptr) == nullptr);
  CHECK(registry.share(region->base + 4096) == nullptr);  // one past its end
  CHECK(registry.share(region->base - 1) == nullptr);
  registry.drop(region);
}

TEST_CASE("of many regions the right one is shared") {
  Registry registry;
  std::vector<Registry::Region*> all;
  for (size_t i = 0; i < 50; i++) all.push_back(registry.allocate(64 * (i + 1)));
  for (auto* region : all) {
    for (const size_t at : {size_t{0}, region->bytes / 2, region->bytes - 1}) {
      auto* shared = registry.share(region->base + at);
      CHECK(shared == region);
      registry.drop(shared);
    }
  }
  CHECK(registry.count() == 50);
  for (auto* region : all) registry.drop(region);
  CHECK(Pages::mapped == 0);
}

TEST_CASE("no memory is null, and changes nothing") {
  Registry registry;
  Pages::exhausted = true;
  CHECK(registry.allocate(4096) == nullptr);
  Pages::exhausted = false;
  CHECK(registry.count() == 0);
}

TEST_CASE("a registry that ends takes its regions with it") {
  {
    Registry registry;
    registry.allocate(4096);
    registry.allocate(8192);
  }
  CHECK(Pages::mapped == 0);
}
