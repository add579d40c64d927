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

TEST_CASE("times are counted from the last mark, up to the last look") {
  ScriptedWait wait;
  wait.pass(9, 10);
  CHECK(wait.since_mark().ran == 9 * kMillisecond);
  CHECK(wait.since_mark().waited == 10 * kMillisecond);
  wait.pass(1, 0);
  wait.mark();
  CHECK(wait.since_mark().ready() == kMillisecond);
  wait.refuse();
  wait.pass(100, 100);
  CHECK(wait.since_mark().ready() == 0);
}

TEST_CASE("the system counts how long this thread has run") {
  REQUIRE_MESSAGE(access("/proc/self/schedstat", R_OK) == 0, "this kernel does not count what threads wait");
  CoreWait wait;
  while (wait.since_mark().ran < 5 * kMillisecond) {
  }
  wait.mark();
  CHECK(wait.since_mark().ran < 5 * kMillisecond);
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
  // Nor does it count that there is another one, which is hardly ever busy.
  ScriptedWait idle;
  cores.enter(idle);
  have_none(reader);
  idle.pass(2, 2);
  CHECK(!cores.are_wanted());
  CHECK(cores.take());
  cores.leave(reader);
  cores.leave(idle);
}

TEST_CASE("a moment says nothing") {
  SpareCores cores(1);
  ScriptedWait one;
  ScriptedWait other;
  cores.enter(one);
  cores.enter(other);
  one.pass(10, 9);
  other.pass(9, 10);
  CHECK(!cores.are_wanted());
  one.pass(1, 0);
  CHECK(cores.are_wanted());
  CHECK(!cores.are_wanted());
  cores.leave(one);
  cores.leave(other);
}

TEST_CASE("where one of several readers waits for a core, none is spare for longer and longer") {
  SpareCores cores(1);
  ScriptedWait one;
  ScriptedWait other;
  cores.enter(one);
  cores.enter(other);
  CHECK(calls_until_had(cores) == 1);  // nothing is known

  const auto pass = [&](auto& of_one, auto& of_other) {
    of_one(one);
    of_other(other);
  };
  pass(have_room, have_none);
  CHECK(cores.are_wanted());
  CHECK(calls_until_had(cores) == kLeastUncalled + 1);
  pass(have_none, have_room);
  CHECK(calls_until_had(cores) == 1 + 3 * kLeastUncalled + 1);  // this call asked
  for (unsigned i = 0; i < 20; i++) {
    pass(have_none, have_none);
    CHECK(cores.are_wanted());
  }
  CHECK(calls_until_had(cores) == kMostUncalled + 1);

  // What was long ago counts less and less.
  for (unsigned i = 0; i < 20; i++) {
    pass(have_room, have_room);
    CHECK(!cores.are_wanted());
  }
  pass(have_room, have_none);
  CHECK(calls_until_had(cores) == 1 + kLeastUncalled + 1);

  pass(have_none, have_none);
  cores.leave(other);
  CHECK(!cores.are_wanted());
  cores.leave(one);
}
