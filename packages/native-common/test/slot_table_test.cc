#include <doctest/doctest.h>
#include <overlapped/slot_table.h>
#include <overlapped/tables.h>

#include "dies.h"

using namespace overlapped;

namespace {
struct Operation {
  int value = 0;
};
using Table = SlotTable<Operation>;
}  // namespace

TEST_CASE("a slot is found by its generation, from begin to end") {
  Table table(2);
  CHECK(table.find(0, 0) == nullptr);
  auto& slot = table.begin(0, 7);
  CHECK(table.in_use() == 1);
  CHECK(table.find(0, 7) == &slot);
  CHECK(table.find(0, 6) == nullptr);
  CHECK(table.find(1, 7) == nullptr);
  CHECK(table.find(2, 7) == nullptr);
  table.end(slot);
  CHECK(table.in_use() == 0);
  CHECK(table.find(0, 7) == nullptr);
}

TEST_CASE("a slot can be used again, also with a generation that has wrapped around") {
  Table table(1);
  for (const uint32_t generation : {0xffff'ffffu, 0u, 1u}) {
    auto& slot = table.begin(0, generation);
    CHECK(table.find(0, generation) == &slot);
    table.end(slot);
  }
}

TEST_CASE("a slot's operation stays at one address") {
  Table table(64);
  auto* first = &table.begin(0, 1).operation;
  for (uint32_t i = 1; i < 64; i++) table.begin(i, 1);
  CHECK(&table[0].operation == first);
}

TEST_CASE("only lawful transitions happen") {
  using enum SlotState;
  constexpr struct {
    SlotState from;
    SlotState to;
    bool lawful;
  } kCases[] = {
      {Free, Staged, true},         {Free, InFlight, false},      {Free, Cancelling, false},
      {Free, Free, false},          {Staged, InFlight, true},     {Staged, Staged, false},
      {Staged, Free, true},         {InFlight, Cancelling, true}, {InFlight, InFlight, false},
      {InFlight, Free, true},       {InFlight, Staged, true},     {Cancelling, Free, true},
      {Cancelling, InFlight, true},
  };
  for (const auto& [from, to, lawful] : kCases) {
    CAPTURE(static_cast<int>(from));
    CAPTURE(static_cast<int>(to));
    Table::Slot slot;
    slot.state = from;
    CHECK(dies([&] { Table::transition(slot, to); }) == !lawful);
  }
}

TEST_CASE("a slot that is in use, or is not there, can't begin") {
  Table table(1);
  table.begin(0, 1);
  CHECK(dies([&] { table.begin(0, 2); }));
  CHECK(dies([&] { table.begin(1, 1); }));
}

TEST_CASE("a completion table takes what it has room for, and no more") {
  uint32_t words[2 * kCompletionWords] = {};
  CompletionWriter out(words, 2);
  out.write(1, 2, 3, 4);
  out.write(5, 6, 7, 8);
  CHECK(out.full());
  CHECK(words[0] == 1);
  CHECK(words[kCompletionWords + 3] == 8);
  CHECK(dies([&] { out.write(9, 9, 9, 9); }));
  out.rewind();
  CHECK(out.count() == 0);
}

TEST_CASE("a request is read as it was written") {
  const uint32_t words[kRequestWords] = {
      static_cast<uint32_t>(Opcode::Read) | static_cast<uint32_t>(RequestFlag::Async), 2, 3, 4, 5, 6, 7, 8};
  const RequestEntry entry = read_request(words);
  CHECK(entry.opcode == Opcode::Read);
  CHECK(entry.async);
  CHECK(entry.slot == 2);
  CHECK(entry.generation == 3);
  CHECK(entry.file == 4);
  CHECK(entry.target_offset == 5);
  CHECK(entry.length == 6);
  CHECK(entry.position == 0x8'0000'0007);
}
