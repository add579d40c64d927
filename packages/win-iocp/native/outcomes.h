// What ReadFile's return and its packet mean: the tables of docs/windows.md, as data.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "win32.h"

namespace overlapped::iocp {

// What ReadFile said, by the only question that matters: does a packet come?
enum class Returned : uint8_t {
  True,       // it is done, and the packet comes all the same (R20, R49)
  Pending,    // 997: the packet comes (R50)
  MoreData,   // 234 is a warning: the packet comes (R53)
  EndOfFile,  // 38, and 109 and 233 of pipes: no packet (R51, R52)
  Exhausted,  // too much in flight: no packet, try again later (R77)
  Failed,     // no packet (R54)
};

constexpr bool packet_follows(Returned returned) { return returned <= Returned::MoreData; }

inline Returned classify_return(bool succeeded, DWORD error) {
  if (succeeded) return Returned::True;
  switch (error) {
    case kErrorIoPending:
      return Returned::Pending;
    case kErrorMoreData:
      return Returned::MoreData;
    case kErrorHandleEof:
    case kErrorBrokenPipe:
    case kErrorPipeNotConnected:
      return Returned::EndOfFile;
    case kErrorInvalidUserBuffer:
    case kErrorNotEnoughMemory:
    case kErrorNoSystemResources:
    case kErrorWorkingSetQuota:
    case kErrorNotEnoughQuota:
      return Returned::Exhausted;
    default:
      return Returned::Failed;
  }
}

// What a packet's NTSTATUS says.
enum class PacketStatus : uint8_t { Success, Warning, EndOfFile, Cancelled, Error, StillPending };

inline PacketStatus classify_status(DWORD status) {
  if (status == kStatusPending) return PacketStatus::StillPending;
  if (status == kStatusEndOfFile) return PacketStatus::EndOfFile;
  if (status == kStatusCancelled) return PacketStatus::Cancelled;
  if (status >> 30 == 2) return PacketStatus::Warning;
  return status >> 30 == 3 ? PacketStatus::Error : PacketStatus::Success;
}

// The rows of the table of lawful outcomes; `Unknown` is what the table does not have.
enum class Outcome : uint8_t {
  O1,  // TRUE, then data
  O2,  // 997, then data
  O3,  // 997, then end of file
  O4,  // 38, 109 or 233 at once
  O5,  // a failure at once
  O6,  // 997, then a failure
  O7,  // 997, then cancelled
  O8,  // 234 or 997, then part of a message
  O9,  // TRUE and no packet: only with FILE_SKIP_COMPLETION_PORT_ON_SUCCESS, which we never set
  X1,  // a packet after a failure at once, which Windows does not send and Wine does
  Unknown,
  Count,
};

inline constexpr std::array<const char*, static_cast<size_t>(Outcome::Count)> kOutcomeNames = {
    "O1", "O2", "O3", "O4", "O5", "O6", "O7", "O8", "O9", "X1", "unknown",
};

// Rows: True, Pending, MoreData. Columns: PacketStatus.
inline constexpr Outcome kOutcomes[3][6] = {
    {Outcome::O1, Outcome::Unknown, Outcome::Unknown, Outcome::Unknown, Outcome::Unknown, Outcome::Unknown},
    {Outcome::O2, Outcome::O8, Outcome::O3, Outcome::O7, Outcome::O6, Outcome::Unknown},
    {Outcome::O8, Outcome::O8, Outcome::Unknown, Outcome::O7, Outcome::O6, Outcome::Unknown},
};

inline Outcome outcome_of(Returned returned, PacketStatus status) {
  return kOutcomes[static_cast<size_t>(returned)][static_cast<size_t>(status)];
}

// How often each row was seen: by one port, and by all of this process together.
class Tally {
 public:
  void count(Outcome outcome) {
    counts_[static_cast<size_t>(outcome)]++;
    process_[static_cast<size_t>(outcome)].fetch_add(1, std::memory_order_relaxed);
  }
  uint64_t operator[](Outcome outcome) const { return counts_[static_cast<size_t>(outcome)]; }
  static uint64_t of_process(Outcome outcome) {
    return process_[static_cast<size_t>(outcome)].load(std::memory_order_relaxed);
  }

 private:
  static constexpr size_t kRows = static_cast<size_t>(Outcome::Count);
  std::array<uint64_t, kRows> counts_{};
  static inline std::array<std::atomic<uint64_t>, kRows> process_{};
};

}  // namespace overlapped::iocp
