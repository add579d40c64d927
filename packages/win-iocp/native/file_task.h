// A call of Windows that may block, on a thread of Node's pool, and the promise that it settles.
#pragma once

#include <node_api.h>

#include <functional>

#include "win32.h"

namespace overlapped::iocp {

// An Error with `win32`, what core is to hear, and `native`, what Windows said; both Win32 numbers. Null
// where the environment refuses.
napi_value make_error(napi_env env, const char* call, DWORD win32, DWORD native);

struct TaskResult {
  DWORD error = 0;
  DWORD native = 0;
};

// `run` is called off the JS thread, `value` on it if there was no error: what the promise resolves to,
// unless it sets an error itself. Both are destroyed on the JS thread, and so is what they own, also when the
// environment ends in between.
// @return the promise, or null with an exception pending
napi_value run_file_task(napi_env env, const char* call, std::function<TaskResult()> run,
                         std::function<napi_value(napi_env, TaskResult&)> value);

}  // namespace overlapped::iocp
