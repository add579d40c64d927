// No napi_status is ever ignored: one unchecked call during a worker's end writes through a garbage pointer.
#pragma once

#include <node_api.h>

namespace overlapped {

// True while an exception of JS is on its way, or once the environment refuses calls (its worker is being
// terminated).
inline bool failed(napi_status status) { return status != napi_ok; }

}  // namespace overlapped

// For code that answers JS: gives up the call; an exception, if there is one, travels on.
#define NAPI_TRY(call)                              \
  do {                                              \
    if (::overlapped::failed(call)) return nullptr; \
  } while (0)

// For setup and teardown, where a failure means that our own call was wrong.
#define NAPI_MUST(call)                                                                                    \
  do {                                                                                                     \
    if (::overlapped::failed(call)) napi_fatal_error(__FILE__, NAPI_AUTO_LENGTH, #call, NAPI_AUTO_LENGTH); \
  } while (0)
