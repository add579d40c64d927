// Lent memory that is read into often is entered in the rings' tables of buffers: the kernel then pins it
// once, reaches it by a mapping of its own, and copies without asking for each read whether that may be done
// and where its pages are.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pin_budget.h"
#include "ring.h"

namespace overlapped::uring {

// What is known of one region.
struct Registration {
  uint64_t filled = 0;  // bytes that reads have asked for
  int index = -1;       // in the table; -1 where it is not in there
};

// `Kernel` is Ring and `Copies` is Copier, or scripted ones in tests; `Region` has a base, bytes, and a
// Registration as its state. The thread that submits uses it.
template <class Kernel, class Copies, class Region>
class BufferTable {
 public:
  BufferTable(Kernel& kernel, Copies& copies, PinBudget& budget = PinBudget::of_process())
      : kernel_(kernel), copies_(copies), budget_(budget) {}

  void open() { is_usable_ = kernel_.register_buffer_table(kBufferTableEntries); }

  // For a read of `bytes` into `region`. @return the region's place in the table, or -1
  int index_for(Region& region, uint32_t bytes) {
    Registration& registration = region.state;
    if (registration.index >= 0 || !is_usable_) return registration.index;
    if (registration.filled > region.bytes) return -1;  // it was tried
    registration.filled += bytes;
    // Now it has most likely been written to all over: to pin memory that is not there yet would make it.
    if (registration.filled > region.bytes) enter(region);
    return registration.index;
  }

  // For a region that no read uses any more.
  void leave(Region& region) {
    if (region.state.index < 0) return;
    const auto index = static_cast<uint32_t>(region.state.index);
    (void)kernel_.set_buffer(index, nullptr, 0);  // where it is refused, the index's next region replaces it
    copies_.set_buffer(index, nullptr, 0);
    free_.push_back(index);
    budget_.give_back(kRings * region.bytes);
    bytes_ -= region.bytes;
    region.state.index = -1;
  }

  // The ring is closed, and has let go of everything.
  void close() {
    is_usable_ = false;
    budget_.give_back(kRings * bytes_);
    bytes_ = next_ = 0;
    free_.clear();
  }

  // Regions that are in the table, and their bytes.
  size_t count() const { return next_ - free_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  // Each counts it.
  static constexpr size_t kRings = 2;

  void enter(Region& region) {
    if (free_.empty() && next_ == kBufferTableEntries) return;
    if (!budget_.take(kRings * region.bytes)) return;
    if (free_.empty()) free_.push_back(next_++);
    const uint32_t index = free_.back();
    // A child process is not to copy it, as it would have to where it is pinned.
    (void)madvise(region.base, region.bytes, MADV_DONTFORK);
    if (!kernel_.set_buffer(index, region.base, region.bytes)) {
      // The limit is the user's, and others are at it.
      is_usable_ = false;
      budget_.give_back(kRings * region.bytes);
      return;
    }
    copies_.set_buffer(index, region.base, region.bytes);
    free_.pop_back();
    region.state.index = static_cast<int>(index);
    bytes_ += region.bytes;
  }

  Kernel& kernel_;
  Copies& copies_;
  PinBudget& budget_;
  bool is_usable_ = false;
  uint32_t next_ = 0;           // places from here on were never used
  std::vector<uint32_t> free_;  // of those before
  size_t bytes_ = 0;
};

}  // namespace overlapped::uring
