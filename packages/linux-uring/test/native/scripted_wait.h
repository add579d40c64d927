// How long a thread has waited for a core, as a test says.
#pragma once

#include "core_wait.h"

namespace overlapped::uring {

inline constexpr uint64_t kMillisecond = 1'000'000;  // in the scheduler's unit

class ScriptedWait : public CoreWait {
 public:
  // It ran for so many milliseconds more, and was ready but had to wait for so many.
  void pass(uint64_t ran, uint64_t waited) {
    counted_.ran += ran * kMillisecond;
    counted_.waited += waited * kMillisecond;
  }
  // The system says nothing.
  void refuse() { is_refused_ = true; }

 protected:
  std::optional<CoreTimes> times() override {
    if (is_refused_) return std::nullopt;
    return counted_;
  }

 private:
  CoreTimes counted_;
  bool is_refused_ = false;
};

// Has waited for long whenever somebody asks.
class CrowdedOut : public ScriptedWait {
 protected:
  std::optional<CoreTimes> times() override {
    pass(50, 50);
    return ScriptedWait::times();
  }
};

}  // namespace overlapped::uring
