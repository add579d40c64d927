// The two tables that JS and native code share, as native code sees them. Their other half is
// packages/core/src/engine/tables.ts; scripts/check-layout.mjs fails the build when the two differ.
//
// JS owns both buffers. Native code reads and writes them only inside calls from the JS thread.
#pragma once

#include <overlapped/invariant.h>

#include <cstddef>
#include <cstdint>

namespace overlapped {

// One entry of the request table: 32-bit words, JS to native.
enum class Request : uint32_t {
  Opcode,
  Slot,
  Generation,
  File,
  TargetOffset,
  Length,
  PositionLow,
  PositionHigh,
  Words,
};

// In the low 8 bits of a request's first word.
enum class Opcode : uint32_t {
  Read = 1,
  Cancel = 2,
};

// Above the opcode.
enum class RequestFlag : uint32_t {
  Async = 256,
  Alone = 512,
  Together = 1024,
};

// One entry of the completion table, native to JS.
enum class Completion : uint32_t {
  Slot,
  Generation,
  Error,
  Bytes,
  Words,
};

// The status area.
enum class Status : uint32_t {
  InFlight,
  MoreToCome,
  Words,
};

// What one call takes at the most.
enum class Limit : uint32_t {
  Submission = 256,
};

constexpr uint32_t kCompletionEndOfFile = 0xffff'ffff;

constexpr uint32_t kRequestWords = static_cast<uint32_t>(Request::Words);
constexpr uint32_t kCompletionWords = static_cast<uint32_t>(Completion::Words);
constexpr uint32_t kStatusWords = static_cast<uint32_t>(Status::Words);
constexpr uint32_t kOpcodeMask = 0xff;

// A request, read out of the table.
struct RequestEntry {
  Opcode opcode;
  bool async;
  bool alone;
  bool together;
  uint32_t slot;
  uint32_t generation;
  uint32_t file;
  uint32_t target_offset;
  uint32_t length;
  uint64_t position;
};

// Each word is read once: JS may share the table with another thread, and what was checked must be what is
// used.
inline RequestEntry read_request(const volatile uint32_t* entry) {
  const auto word = [entry](Request at) { return entry[static_cast<uint32_t>(at)]; };
  const uint32_t operation = word(Request::Opcode);
  const auto has = [operation](RequestFlag flag) { return (operation & static_cast<uint32_t>(flag)) != 0; };
  return RequestEntry{
      .opcode = static_cast<Opcode>(operation & kOpcodeMask),
      .async = has(RequestFlag::Async),
      .alone = has(RequestFlag::Alone),
      .together = has(RequestFlag::Together),
      .slot = word(Request::Slot),
      .generation = word(Request::Generation),
      .file = word(Request::File),
      .target_offset = word(Request::TargetOffset),
      .length = word(Request::Length),
      .position = (uint64_t{word(Request::PositionHigh)} << 32) | word(Request::PositionLow),
  };
}

// Where completions go: a cursor over the completion table.
class CompletionWriter {
 public:
  CompletionWriter(uint32_t* table, uint32_t capacity) : table_(table), capacity_(capacity) {}

  bool full() const { return count_ == capacity_; }
  uint32_t count() const { return count_; }
  void rewind() { count_ = 0; }

  void write(uint32_t slot, uint32_t generation, uint32_t error, uint32_t bytes) {
    OVERLAPPED_INVARIANT(!full());
    uint32_t* entry = table_ + size_t{count_++} * kCompletionWords;
    entry[static_cast<uint32_t>(Completion::Slot)] = slot;
    entry[static_cast<uint32_t>(Completion::Generation)] = generation;
    entry[static_cast<uint32_t>(Completion::Error)] = error;
    entry[static_cast<uint32_t>(Completion::Bytes)] = bytes;
  }

 private:
  uint32_t* table_;
  uint32_t capacity_;
  uint32_t count_ = 0;
};

}  // namespace overlapped
