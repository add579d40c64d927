// Slots for reads in flight: one state enum with one transition function, and a generation that tells one use
// of a slot from the next. A slot's buffer is pinned from `begin` to `end`: not until cancel, not until close
// (R26, R65).
#pragma once

#include <overlapped/invariant.h>

#include <cstdint>
#include <vector>

namespace overlapped {

enum class SlotState : uint8_t {
  Free,        // nobody's
  Staged,      // accepted from JS, not yet taken by the system
  InFlight,    // the system has it
  Cancelling,  // the system has it and was asked to give it up
};

// `Operation` holds what one system needs of a read in flight; it stays at one address for the table's life.
template <class Operation>
class SlotTable {
 public:
  struct Slot {
    SlotState state = SlotState::Free;
    uint32_t generation = 0;
    Operation operation{};
  };

  explicit SlotTable(uint32_t capacity) : slots_(capacity) {}

  uint32_t capacity() const { return static_cast<uint32_t>(slots_.size()); }
  uint32_t in_use() const { return in_use_; }
  bool contains(uint32_t index) const { return index < slots_.size(); }
  bool is_free(uint32_t index) const { return contains(index) && slots_[index].state == SlotState::Free; }
  Slot& operator[](uint32_t index) { return slots_[index]; }

  // The slot of a read that is still on its way; null for one that has ended, or never was (R36).
  Slot* find(uint32_t index, uint32_t generation) {
    if (!contains(index)) return nullptr;
    Slot& slot = slots_[index];
    return slot.state != SlotState::Free && slot.generation == generation ? &slot : nullptr;
  }

  // The slot must be free: JS gives it out again only after its completion.
  Slot& begin(uint32_t index, uint32_t generation) {
    OVERLAPPED_INVARIANT(contains(index));
    Slot& slot = slots_[index];
    OVERLAPPED_INVARIANT(slot.state == SlotState::Free);
    transition(slot, SlotState::Staged);
    slot.generation = generation;
    in_use_++;
    return slot;
  }

  void end(Slot& slot) {
    transition(slot, SlotState::Free);
    in_use_--;
  }

  static void transition(Slot& slot, SlotState to) {
    OVERLAPPED_INVARIANT(allowed(slot.state, to));
    slot.state = to;
  }

 private:
  static bool allowed(SlotState from, SlotState to) {
    switch (to) {
      case SlotState::Staged:  // again, when the system says "try again" (EAGAIN, EINTR)
        return from != SlotState::Staged;
      case SlotState::InFlight:  // from Cancelling: the request to give it up never reached the system
        return from == SlotState::Staged || from == SlotState::Cancelling;
      case SlotState::Cancelling:
      case SlotState::Free:
        return from != SlotState::Free;
    }
    return false;
  }

  std::vector<Slot> slots_;
  uint32_t in_use_ = 0;
};

}  // namespace overlapped
