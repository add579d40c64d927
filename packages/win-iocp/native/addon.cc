// The addon's face to JS: probe(path) and createEngine(options). The only file that includes napi.h.
#include <napi.h>

#include <overlapped/addon_support.h>
#include <overlapped/check.h>

#include <memory>
#include <string>
#include <utility>

#include "engine.h"
#include "file_task.h"
#include "probe.h"
#include "process_handles.h"

namespace overlapped::iocp {
namespace {

using Share = overlapped::Share<Engine>;

// (slot, generation, file, targetOffset, length, positionLow, positionHigh, view): what ReadFile said.
napi_value issue(napi_env env, napi_callback_info info) {
  uint32_t numbers[7] = {};
  napi_value argv[8];
  auto* engine = arguments<Engine>(env, info, numbers, argv, std::size(argv));
  if (engine == nullptr) return nullptr;
  const RequestEntry request{.opcode = Opcode::Read,
                             .async = false,
                             .alone = false,
                             .slot = numbers[0],
                             .generation = numbers[1],
                             .file = numbers[2],
                             .target_offset = numbers[3],
                             .length = numbers[4],
                             .position = (uint64_t{numbers[6]} << 32) | numbers[5]};
  const bool in_range = engine->has_slot(request.slot);
  return answer(env, in_range, in_range ? engine->issue(request, argv[7]) : 0);
}

[[noreturn]] void throw_win32(Napi::Env env, const char* call, DWORD win32, DWORD native) {
  const napi_value error = make_error(env, call, win32, native);
  if (error == nullptr) throw Napi::Error::New(env);
  throw Napi::Error(env, error);
}

// (path, { direct, readable, overlapped, access })
OpenRequest open_request(const Napi::CallbackInfo& info) {
  const auto options = info[1].As<Napi::Object>();
  return {.path = info[0].ToString().Utf16Value(),
          .direct = options.Get("direct").ToBoolean(),
          .readable = options.Get("readable").ToBoolean(),
          .overlapped = options.Get("overlapped").ToBoolean(),
          .access = static_cast<AccessHint>(options.Get("access").ToNumber().Uint32Value())};
}

// What the callbacks of file tasks return is made by plain Node-API: no exception of node-addon-api may leave
// them, also when the environment is ending and refuses everything.
napi_value number(napi_env env, double value) {
  napi_value result;
  NAPI_TRY(napi_create_double(env, value, &result));
  return result;
}

napi_value opened_file(napi_env env, uint32_t id, FileKind kind) {
  napi_value object;
  napi_value property;
  NAPI_TRY(napi_create_object(env, &object));
  NAPI_TRY(napi_create_uint32(env, id, &property));
  NAPI_TRY(napi_set_named_property(env, object, "id", property));
  NAPI_TRY(napi_create_uint32(env, static_cast<uint32_t>(kind), &property));
  NAPI_TRY(napi_set_named_property(env, object, "kind", property));
  return object;
}

napi_value array_of(napi_env env, const FileStatus& status) {
  napi_value array;
  NAPI_TRY(napi_create_array_with_length(env, status.size(), &array));
  for (uint32_t i = 0; i < status.size(); i++) {
    napi_value element;
    NAPI_TRY(napi_create_bigint_int64(env, status[i], &element));
    NAPI_TRY(napi_set_element(env, array, i, element));
  }
  return array;
}

napi_value undefined(napi_env env, TaskResult&) {
  napi_value result;
  NAPI_TRY(napi_get_undefined(env, &result));
  return result;
}

Napi::Value value_or_throw(Napi::Env env, napi_value value) {
  if (value == nullptr) throw Napi::Error::New(env);
  return {env, value};
}

Napi::Value open_file_sync(const Napi::CallbackInfo& info, const Share& holder) {
  const OpenRequest request = open_request(info);  // may run JS, which may close the engine
  Engine* engine = engine_of(info, holder);
  const OpenResult opened = open_file(request);
  if (opened.error != kErrorSuccess) throw_win32(info.Env(), "CreateFileW", opened.error, opened.native);
  return value_or_throw(info.Env(), opened_file(info.Env(), engine->add_file(opened), opened.kind));
}

Napi::Value open_file_async(const Napi::CallbackInfo& info, const Share& holder) {
  (void)engine_of(info, holder);
  // Closes the handle unless an engine takes it: this one may be closed in the meantime.
  struct Opened {
    OpenResult result;
    bool taken = false;
    ~Opened() {
      if (!taken) FileHandle(result.handle).close();
    }
  };
  auto opened = std::make_shared<Opened>();
  const napi_value promise = run_file_task(
      info.Env(), "CreateFileW",
      [opened, request = open_request(info)]() -> TaskResult {
        opened->result = open_file(request);
        return {opened->result.error, opened->result.native};
      },
      [opened, holder](napi_env env, TaskResult& result) -> napi_value {
        if (holder->engine == nullptr) {
          result = {kErrorOperationAborted, kErrorOperationAborted};
          return nullptr;
        }
        opened->taken = true;
        return opened_file(env, holder->engine->add_file(opened->result), opened->result.kind);
      });
  return value_or_throw(info.Env(), promise);
}

Napi::Value bind_file(const Napi::CallbackInfo& info, const Share& holder) {
  const DWORD error = engine_of(info, holder)->bind_file(integer_argument(info, 0));
  if (error != kErrorSuccess) throw_win32(info.Env(), "CreateIoCompletionPort", error, error);
  return info.Env().Undefined();
}

// The handle closes when the last task that uses it has ended.
Napi::Value close_file(const Napi::CallbackInfo& info, const Share& holder) {
  // An engine that is closed has closed its files.
  auto handle = holder->engine == nullptr ? std::make_shared<FileHandle>()
                                          : engine_of(info, holder)->remove_file(integer_argument(info, 0));
  if (handle == nullptr) throw_win32(info.Env(), "CloseHandle", kErrorInvalidHandle, kErrorInvalidHandle);
  const napi_value promise = run_file_task(
      info.Env(), "CloseHandle",
      [handle = std::move(handle)]() mutable -> TaskResult {
        const DWORD error = handle.use_count() == 1 ? handle->close() : kErrorSuccess;
        handle.reset();
        return {error, error};
      },
      undefined);
  return value_or_throw(info.Env(), promise);
}

Napi::Value stat_file_async(const Napi::CallbackInfo& info, const Share& holder) {
  auto handle = engine_of(info, holder)->file(integer_argument(info, 0));
  if (handle == nullptr) {
    throw_win32(info.Env(), "GetFileInformationByHandle", kErrorInvalidHandle, kErrorInvalidHandle);
  }
  auto status = std::make_shared<FileStatus>();
  const napi_value promise = run_file_task(
      info.Env(), "GetFileInformationByHandle",
      [handle = std::move(handle), status]() mutable -> TaskResult {
        const DWORD error = stat_file(handle->get(), status.get());
        handle.reset();
        return {error, error};
      },
      [status](napi_env env, TaskResult&) { return array_of(env, *status); });
  return value_or_throw(info.Env(), promise);
}

Napi::Value cancel_all(const Napi::CallbackInfo& info, const Share& holder) {
  engine_of(info, holder)->cancel_all();
  return info.Env().Undefined();
}

Napi::Value allocate(const Napi::CallbackInfo& info, const Share& holder) {
  const double bytes = number_argument(info, 0).DoubleValue();
  return lend_region(info.Env(), engine_of(info, holder)->regions(), bytes);
}

Napi::Value stats(const Napi::CallbackInfo& info, const Share& holder) {
  Engine* engine = engine_of(info, holder);
  auto object = Napi::Object::New(info.Env());
  const auto set = [&](const char* name, uint64_t value) { object.Set(name, static_cast<double>(value)); };
  const DriverStats& counters = engine->driver().stats();
  set("reads", counters.reads);
  set("offloaded", counters.offloaded);
  set("cancels", counters.cancels);
  set("parked", counters.parked);
  set("packets", counters.packets);
  set("strays", counters.strays);
  set("fences", counters.fences);
  set("statusMismatches", counters.statusMismatches);
  for (size_t i = 0; i < kOutcomeNames.size(); i++) {
    set(kOutcomeNames[i], counters.outcomes[static_cast<Outcome>(i)]);
  }
  set("quarantined", engine->driver().quarantined());
  set("wakeups", engine->wakeups());
  set("openFiles", engine->open_files());
  set("regions", engine->regions()->count());
  set("regionBytes", engine->regions()->bytes());
  return object;
}

Napi::Value close(const Napi::CallbackInfo& info, const Share& holder) {
  if (holder->engine != nullptr) engine_of(info, holder)->shut_down();
  return info.Env().Undefined();
}

constexpr Method<Engine> kMethods[] = {
    {"openFileSync", open_file_sync},
    {"openFile", open_file_async},
    {"bindFile", bind_file},
    {"closeFile", close_file},
    {"statFile", stat_file_async},
    {"cancelAll", cancel_all},
    {"allocate", allocate},
    {"pageOffset", page_offset<Engine>},
    {"stats", stats},
    {"close", close},
};

Napi::Value create_engine(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto holder = std::make_shared<Holder<Engine>>();
  auto* engine =
      new Engine(env, read_tables(info[0].As<Napi::Object>()), [holder] { holder->engine = nullptr; });
  const DWORD error = engine->open();
  if (error != kErrorSuccess) {
    engine->shut_down();  // frees itself
    throw_win32(env, "CreateIoCompletionPort", error, error);
  }
  holder->engine = engine;
  auto object = Napi::Object::New(env);
  object.Set("submit", raw_function(env, "submit", submit<Engine>, holder));
  object.Set("issue", raw_function(env, "issue", issue, holder));
  add_methods(object, holder, kMethods);
  return object;
}

Napi::Value run_probe(const Napi::CallbackInfo& info) {
  const ProbeReport report = probe(info[0].ToString().Utf16Value());
  auto object = Napi::Object::New(info.Env());
  object.Set("works", report.works);
  object.Set("step", report.step);
  object.Set("error", report.error);
  return object;
}

// For tests: what a leak would show in, and which rows of the outcome table were seen.
Napi::Value process_counters(const Napi::CallbackInfo& info) {
  DWORD handles = 0;
  const DWORD error = count_handles(&handles);
  if (error != kErrorSuccess) throw_win32(info.Env(), "GetProcessHandleCount", error, error);
  auto object = Napi::Object::New(info.Env());
  auto outcomes = Napi::Object::New(info.Env());
  for (size_t i = 0; i < kOutcomeNames.size(); i++) {
    outcomes.Set(kOutcomeNames[i], static_cast<double>(Tally::of_process(static_cast<Outcome>(i))));
  }
  object.Set("handles", handles);
  object.Set("engines", Engine::alive());
  object.Set("outcomes", outcomes);
  return object;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("layout", table_layout(env));
  exports.Set("wine", wine_version());
  exports.Set("probe", Napi::Function::New(env, run_probe, "probe"));
  exports.Set("createEngine", Napi::Function::New(env, create_engine, "createEngine"));
  exports.Set("processCounters", Napi::Function::New(env, process_counters, "processCounters"));
  return exports;
}

}  // namespace
}  // namespace overlapped::iocp

static Napi::Object register_module(Napi::Env env, Napi::Object exports) {
  return overlapped::iocp::init(env, exports);
}
NODE_API_MODULE(win_iocp, register_module)
