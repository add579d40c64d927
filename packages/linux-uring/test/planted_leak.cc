// Only in the sanitized build: memory lost on purpose where OVERLAPPED_PLANT_LEAK is set, by which
// scripts/test-sanitized.mjs sees that the leak check finds what this addon loses.
#include <cstdlib>

namespace {

[[maybe_unused]] const bool planted = [] {
  const bool wanted = std::getenv("OVERLAPPED_PLANT_LEAK") != nullptr;
  void* volatile lost = wanted ? std::malloc(1234) : nullptr;
  return lost != nullptr;
}();

}  // namespace
