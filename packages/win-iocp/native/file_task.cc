#include "file_task.h"

#include <overlapped/check.h>

#include <memory>
#include <string>
#include <utility>

namespace overlapped::iocp {
namespace {

struct Task {
  const char* call;
  std::function<TaskResult()> run;
  std::function<napi_value(napi_env, TaskResult&)> value;
  TaskResult result;
  napi_deferred deferred = nullptr;
  napi_async_work work = nullptr;
};

void settle(napi_env env, Task& task) {
  napi_handle_scope scope;
  if (failed(napi_open_handle_scope(env, &scope))) return;  // the environment ends
  napi_value outcome = nullptr;
  if (task.result.error == kErrorSuccess) outcome = task.value(env, task.result);
  const bool succeeded = task.result.error == kErrorSuccess;
  if (!succeeded) outcome = make_error(env, task.call, task.result.error, task.result.native);
  // Null only while the environment ends: then nobody waits for the promise.
  napi_status status = napi_ok;
  if (outcome != nullptr) {
    status = succeeded ? napi_resolve_deferred(env, task.deferred, outcome)
                       : napi_reject_deferred(env, task.deferred, outcome);
  }
  if (failed(status)) outcome = nullptr;
  if (failed(napi_close_handle_scope(env, scope))) return;
}

}  // namespace

napi_value make_error(napi_env env, const char* call, DWORD win32, DWORD native) {
  napi_value message;
  napi_value error;
  napi_value number;
  const std::string text = std::string(call) + ": Win32 error " + std::to_string(native);
  NAPI_TRY(napi_create_string_utf8(env, text.c_str(), text.size(), &message));
  NAPI_TRY(napi_create_error(env, nullptr, message, &error));
  NAPI_TRY(napi_create_uint32(env, win32, &number));
  NAPI_TRY(napi_set_named_property(env, error, "win32", number));
  NAPI_TRY(napi_create_uint32(env, native, &number));
  NAPI_TRY(napi_set_named_property(env, error, "native", number));
  return error;
}

napi_value run_file_task(napi_env env, const char* call, std::function<TaskResult()> run,
                         std::function<napi_value(napi_env, TaskResult&)> value) {
  auto task = std::make_unique<Task>(Task{.call = call, .run = std::move(run), .value = std::move(value)});
  napi_value promise;
  napi_value name;
  NAPI_TRY(napi_create_promise(env, &task->deferred, &promise));
  NAPI_TRY(napi_create_string_utf8(env, "overlapped:file", NAPI_AUTO_LENGTH, &name));
  NAPI_TRY(napi_create_async_work(
      env, nullptr, name,
      [](napi_env, void* data) {
        auto* running = static_cast<Task*>(data);
        running->result = running->run();
      },
      [](napi_env done_env, napi_status status, void* data) {
        const std::unique_ptr<Task> done(static_cast<Task*>(data));
        if (status == napi_cancelled) done->result = {kErrorOperationAborted, kErrorOperationAborted};
        settle(done_env, *done);
        NAPI_MUST(napi_delete_async_work(done_env, done->work));
      },
      task.get(), &task->work));
  if (failed(napi_queue_async_work(env, task->work))) {
    NAPI_MUST(napi_delete_async_work(env, task->work));
    return nullptr;
  }
  task.release();  // the completion callback's from here on
  return promise;
}

}  // namespace overlapped::iocp
