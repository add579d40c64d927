// Memory that the library lends: mapped here, shown to JS as an ArrayBuffer, and unmapped when neither JS nor
// a read in flight uses it. An ArrayBuffer's finalizer may run while a read is still filling it (transfer()
// can cause that, and at an environment's end finalizers run before every hook), so the finalizer only drops
// JS's share.
//
// One thread uses it, and it takes no lock: reads begin and end on the environment's thread, where Node-API
// runs finalizers too (lend_region sees to that).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

namespace overlapped {

// `Pages` is the system's allocator: static void* map(size_t), static void unmap(void*, size_t). `State` is
// what an engine keeps of a region.
struct NoState {};
template <class Pages, class State = NoState>
class RegionRegistry {
 public:
  struct Region {
    std::byte* base;
    size_t bytes;
    uint32_t shares;
    State state;
  };

  // Gives a read's share back: what a driver calls for the hold of a read that has ended.
  struct Release {
    RegionRegistry* regions;
    void operator()(void* region) const { regions->drop(static_cast<Region*>(region)); }
  };

  ~RegionRegistry() {
    for (auto& [base, region] : regions_) Pages::unmap(region->base, region->bytes);
  }

  // Maps `bytes`; the caller holds the first share. Null when the system has no memory.
  Region* allocate(size_t bytes) {
    auto* base = static_cast<std::byte*>(Pages::map(bytes));
    if (base == nullptr) return nullptr;
    auto [at, added] = regions_.emplace(base, std::make_unique<Region>(Region{base, bytes, 1, {}}));
    bytes_ += bytes;
    return at->second.get();
  }

  // Takes a share in the region that holds `address`; null for memory that is not ours.
  Region* share(const std::byte* address) {
    if (regions_.empty()) return nullptr;  // most programs have none
    auto after = regions_.upper_bound(const_cast<std::byte*>(address));
    if (after == regions_.begin()) return nullptr;
    Region* region = std::prev(after)->second.get();
    if (address >= region->base + region->bytes) return nullptr;
    region->shares++;
    return region;
  }

  void drop(Region* region) {
    if (--region->shares != 0) return;
    bytes_ -= region->bytes;
    if (before_unmap) before_unmap(*region);
    Pages::unmap(region->base, region->bytes);
    regions_.erase(region->base);
  }

  // Called with a region that nobody uses any more.
  std::function<void(Region&)> before_unmap;

  size_t count() const { return regions_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  std::map<std::byte*, std::unique_ptr<Region>> regions_;
  size_t bytes_ = 0;
};

}  // namespace overlapped
