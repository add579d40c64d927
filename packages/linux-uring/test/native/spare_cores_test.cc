// When a copier may have a core, by what the scheduler says of the threads that read.
#include "spare_cores.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "scripted_wait.h"

using namespace overlapped::uring;

namespace {

// A calm stretch of a thread's life, and one in which others had its core.
void have_room(ScriptedWait& thread) { thread.pass(100, 1); }
void have_none(ScriptedWait& thread) { thread.pass(50, 50); }

// @return calls for a core until one is had; it is given back
uint32_t calls_until_had(SpareCores& cores) {
  uint32_t calls = 1;
  for (; !cores.take(); calls++) REQUIRE(calls < 10 * kMostUncalled);
  cores.give_back();
  return calls;
}

}  // namespace

TEST_CASE("a wait is judged by what passed since the last answer, once that is long enough to tell") {
  ScriptedWait wait;
  CHECK(wait.is_long() == std::nullopt);
  wait.pass(9, 10);
  CHECK(wait.is_long() == std::nullopt);
  wait.pass(1, 0);
  CHECK(wait.is_long() == true);
  CHECK(wait.is_long() == std::nullopt);
  wait.pass(18, 2);
  CHECK(wait.is_long() == false);
  wait.pass(10, 10);
  CHECK(wait.is_long() == true);
  wait.refuse();
  wait.pass(100, 100);
  CHECK(wait.is_long() == std::nullopt);
}

TEST_CASE("the system counts how long this thread has run") {
  REQUIRE_MESSAGE(access("/proc/self/schedstat", R_OK) == 0, "this kernel does not count what threads wait");
  CoreWait wait;
  while (!wait.is_long().has_value()) {
  }
  CHECK(wait.is_long() == std::nullopt);
}

TEST_CASE("as many cores can be taken as there are") {
  SpareCores cores(2);
  REQUIRE(cores.take());
  REQUIRE(cores.take());
  CHECK(!cores.take());
  cores.give_back();
  CHECK(cores.take());
}

TEST_CASE("a lone reader has its copier, however long it waits") {
  SpareCores cores(1);
  ScriptedWait reader;
  cores.enter(reader);
  have_none(reader);
  CHECK(!cores.are_wanted());
  CHECK(cores.take());
  cores.leave(reader);
}

TEST_CASE("where one of several readers waits for a core, none is spare for longer and longer") {
  SpareCores cores(1);
  ScriptedWait one;
  ScriptedWait other;
  cores.enter(one);
  cores.enter(other);
  CHECK(calls_until_had(cores) == 1);  // nothing is known

  have_room(one);
  have_none(other);
  CHECK(cores.are_wanted());
  CHECK(calls_until_had(cores) == kLeastUncalled + 1);
  have_none(one);
  CHECK(calls_until_had(cores) == 1 + 3 * kLeastUncalled + 1);  // this call asked
  for (unsigned i = 0; i < 20; i++) {
    have_none(one);
    CHECK(cores.are_wanted());
  }
  CHECK(calls_until_had(cores) == kMostUncalled + 1);

  // What was long ago counts less and less.
  for (unsigned i = 0; i < 20; i++) {
    have_room(one);
    CHECK(!cores.are_wanted());
  }
  have_none(one);
  CHECK(calls_until_had(cores) == 1 + kLeastUncalled + 1);

  have_none(one);
  cores.leave(other);
  CHECK(!cores.are_wanted());
  cores.leave(one);
}
