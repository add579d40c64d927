// The OVERLAPPED structures. They live at fixed addresses for the port's whole life, and one is used again
// only when no packet can name it any more.
//
// A read that fails at once sends no packet (R54); on Wine some do (X1). Trusting the pointer in such a stray
// would complete whatever read has the structure by then, so a failed read's structure goes into quarantine,
// and a fence is posted behind it: the port is first in, first out, and has one reader, so once the fence is
// dequeued a stray would have been too.
#pragma once

#include <overlapped/slot_table.h>

#include <cstddef>
#include <vector>

#include "outcomes.h"
#include "win32.h"

namespace overlapped::iocp {

enum class BlockState : uint8_t {
  Free,
  Issuing,      // ReadFile is being called, here or on the helper thread; its return is not known yet
  Early,        // likewise, and the packet is here already (R58)
  InFlight,     // Windows has it, and its packet comes
  Quarantined,  // it failed at once: no packet comes, but one may
};

struct Block {
  OVERLAPPED overlapped;  // first, so that a packet's pointer is its block's
  BlockState state;
  Returned returned;
  uint32_t slot;
  DWORD early_status;
  DWORD early_bytes;
};
static_assert(offsetof(Block, overlapped) == 0);

class OverlappedPool {
 public:
  explicit OverlappedPool(uint32_t count) : blocks_(count) {
    free_.reserve(count);
    for (auto& block : blocks_) free_.push_back(&block);
  }

  uint32_t quarantined() const { return static_cast<uint32_t>(fenced_.size() + unfenced_.size()); }

  // Zeroed but for the position: both words of it (R31, R44). Null when all are taken or in quarantine.
  Block* take(uint32_t slot, uint64_t position) {
    if (free_.empty()) return nullptr;
    Block* block = free_.back();
    free_.pop_back();
    *block = Block{};
    block->overlapped.Offset = static_cast<DWORD>(position);
    block->overlapped.OffsetHigh = static_cast<DWORD>(position >> 32);
    block->slot = slot;
    block->state = BlockState::Issuing;
    return block;
  }

  // The block that a packet names; null for a pointer that is none of ours, which is never followed (W3).
  Block* find(const OVERLAPPED* overlapped) {
    const auto address = reinterpret_cast<uintptr_t>(overlapped);
    const auto base = reinterpret_cast<uintptr_t>(blocks_.data());
    if (address < base || (address - base) % sizeof(Block) != 0) return nullptr;
    const size_t index = (address - base) / sizeof(Block);
    return index < blocks_.size() ? &blocks_[index] : nullptr;
  }

  void give_back(Block& block) {
    OVERLAPPED_INVARIANT(block.state != BlockState::Free);
    block.state = BlockState::Free;
    free_.push_back(&block);
  }

  void quarantine(Block& block) {
    block.state = BlockState::Quarantined;
    unfenced_.push_back(&block);
  }

  // One fence at a time: what fails while it is under way waits for the next.
  bool needs_fence() const { return fenced_.empty() && !unfenced_.empty(); }
  void fence_posted() { fenced_.swap(unfenced_); }
  void fence_passed() {
    for (Block* block : fenced_) give_back(*block);
    fenced_.clear();
  }

 private:
  std::vector<Block> blocks_;
  std::vector<Block*> free_;
  std::vector<Block*> fenced_;
  std::vector<Block*> unfenced_;
};

}  // namespace overlapped::iocp
