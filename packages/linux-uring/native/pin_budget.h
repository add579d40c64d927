// How much memory this process may pin. The system counts what is pinned for the user, not for the process,
// and some kernels count rings with it: who took all that is allowed would leave no ring to the user's other
// programs.
#pragma once

#include "allowance.h"

namespace overlapped::uring {

// In bytes.
class PinBudget : public Allowance {
 public:
  using Allowance::Allowance;
  static PinBudget& of_process();
};

}  // namespace overlapped::uring
