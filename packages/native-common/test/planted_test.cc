// Faults on purpose, which scripts/test-native.mjs runs one by one to see that each sanitizer finds its own.
// Not part of a plain run.
#include <doctest/doctest.h>

#include <cstdlib>
#include <thread>

TEST_CASE("planted: a leak" * doctest::skip()) {
  void* volatile lost = std::malloc(1234);
  CHECK(lost != nullptr);
  lost = nullptr;
}

TEST_CASE("planted: a write after free" * doctest::skip()) {
  auto* volatile freed = static_cast<char*>(std::malloc(16));
  std::free(freed);
  *freed = 1;
}

TEST_CASE("planted: a race" * doctest::skip()) {
  int shared = 0;
  std::thread other([&shared] { shared++; });
  shared++;
  other.join();
  CHECK(shared >= 1);
}
