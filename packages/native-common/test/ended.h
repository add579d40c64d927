// What the completion table says of one read.
#pragma once

#include <overlapped/tables.h>

#include <cstdint>
#include <ostream>

namespace overlapped {

struct Ended {
  uint32_t slot;
  uint32_t generation;
  uint32_t error;
  uint32_t bytes;
  bool operator==(const Ended&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Ended& ended) {
  return out << "slot " << ended.slot << " generation " << ended.generation << " error " << ended.error
             << " bytes " << ended.bytes;
}

}  // namespace overlapped
