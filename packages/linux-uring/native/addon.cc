// The addon's face to JS: probe(path) and createEngine(options). The only file that includes napi.h.
#include <napi.h>

#include <overlapped/addon_support.h>
#include <overlapped/check.h>

#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "engine.h"
#include "probe.h"

namespace overlapped::uring {
namespace {

constexpr const char* kBusy = "the io_uring engine is in the middle of a submission";
constexpr const char* kUnlawfulRequest = "a request names a slot that is taken or none, or no operation";

// Every function of an engine object holds a share; the engine itself goes when JS closes it, or the
// environment ends.
struct Holder {
  Engine* engine = nullptr;
};
using Share = std::shared_ptr<Holder>;

// The hot call, by plain Node-API: arguments (first, count), returns the number of completions.
napi_value submit(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2];
  void* data = nullptr;
  uint32_t first = 0;
  uint32_t count = 0;
  NAPI_TRY(napi_get_cb_info(env, info, &argc, argv, nullptr, &data));
  if (failed(napi_get_value_uint32(env, argv[0], &first)) ||
      failed(napi_get_value_uint32(env, argv[1], &count))) {
    NAPI_TRY(napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "submit(first, count) takes two numbers"));
    return nullptr;
  }
  Engine* engine = (*static_cast<Share*>(data))->engine;
  if (engine == nullptr) {
    NAPI_TRY(napi_throw_error(env, "ERR_INVALID_STATE", "the io_uring engine is closed"));
    return nullptr;
  }
  if (engine->is_busy()) {
    NAPI_TRY(napi_throw_error(env, "ERR_INVALID_STATE", kBusy));
    return nullptr;
  }
  if (!engine->has_requests(first, count)) {
    NAPI_TRY(napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "no such requests in the table"));
    return nullptr;
  }
  const uint32_t completed = engine->submit(first, count);
  if (completed == Engine::kUnlawful) {
    NAPI_TRY(napi_throw_error(env, "ERR_INVALID_ARG_VALUE", kUnlawfulRequest));
    return nullptr;
  }
  napi_value result;
  NAPI_TRY(napi_create_uint32(env, completed, &result));
  return result;
}

Napi::Value allocate(const Napi::CallbackInfo& info, Engine* engine) {
  return lend_region(info.Env(), engine->regions(), number_argument(info, 0).DoubleValue());
}

Napi::Value stats(const Napi::CallbackInfo& info, Engine* engine) {
  auto object = Napi::Object::New(info.Env());
  const DriverStats& counters = engine->stats();
  const auto set = [&](const char* name, uint64_t value) { object.Set(name, static_cast<double>(value)); };
  set("enters", counters.enters);
  set("reads", counters.reads);
  set("offloaded", counters.offloaded);
  set("copied", counters.copied);
  set("missed", counters.missed);
  set("cancels", counters.cancels);
  set("retries", counters.retries);
  set("strays", counters.strays);
  set("enterErrors", counters.enterErrors);
  set("wakeups", engine->wakeups());
  set("fileTable", engine->file_table());
  set("regions", engine->regions()->count());
  set("regionBytes", engine->regions()->bytes());
  object.Set("rung", engine->ring().rung().name);
  return object;
}

Napi::Value add_file(const Napi::CallbackInfo& info, Engine* engine) {
  const int fd = number_argument(info, 0).Int32Value();
  return Napi::Number::New(info.Env(), engine->add_file(fd, info[1].ToBoolean()));
}

Napi::Value remove_file(const Napi::CallbackInfo& info, Engine* engine) {
  // A closed engine has none: its user may still have to close the descriptor.
  if (engine == nullptr) return info.Env().Undefined();
  if (!engine->remove_file(number_argument(info, 0).Uint32Value())) {
    throw Napi::Error::New(info.Env(), "no such file in the engine");
  }
  return info.Env().Undefined();
}

Napi::Value cancel_all(const Napi::CallbackInfo& info, Engine* engine) {
  engine->cancel_all();
  return info.Env().Undefined();
}

using Method = Napi::Value (*)(const Napi::CallbackInfo&, Engine*);
constexpr struct {
  const char* name;
  Method method;
  bool needs_engine;
} kMethods[] = {
    {"addFile", add_file, true},     {"removeFile", remove_file, false},
    {"cancelAll", cancel_all, true}, {"allocate", allocate, true},
    {"stats", stats, true},
};

void check_idle(const Napi::CallbackInfo& info, const Share& holder) {
  if (holder->engine == nullptr || !holder->engine->is_busy()) return;
  auto busy = Napi::Error::New(info.Env(), kBusy);
  busy.Set("code", "ERR_INVALID_STATE");
  throw busy;
}

Napi::Value invoke(const Napi::CallbackInfo& info, const Share& holder, Method method, bool needs_engine) {
  if (needs_engine && holder->engine == nullptr) {
    auto closed = Napi::Error::New(info.Env(), "the io_uring engine is closed");
    closed.Set("code", "ERR_INVALID_STATE");
    throw closed;
  }
  check_idle(info, holder);
  return method(info, holder->engine);
}

Napi::Value create_engine(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto holder = std::make_shared<Holder>();
  const auto options = info[0].As<Napi::Object>();
  const uint32_t queue_entries = options.Get("queueEntries").ToNumber().Uint32Value();
  if (queue_entries == 0) throw Napi::RangeError::New(env, "queueEntries must be at least 1");
  holder->engine = new Engine(env, read_tables(options), queue_entries);
  const int error = holder->engine->open();
  if (error != 0) {
    holder->engine->shut_down();  // frees itself
    auto refusal = Napi::Error::New(env, "io_uring: " + std::generic_category().message(-error));
    refusal.Set("errno", Napi::Number::New(env, -error));
    throw refusal;
  }
  auto object = Napi::Object::New(env);
  object.Set("submit", raw_function(env, "submit", submit, holder));
  for (const auto& [name, method, needs_engine] : kMethods) {
    const auto call = [holder, method = method,
                       needs_engine = needs_engine](const Napi::CallbackInfo& arguments) {
      return invoke(arguments, holder, method, needs_engine);
    };
    object.Set(name, Napi::Function::New(env, call, name));
  }
  object.Set("close", Napi::Function::New(
                          env,
                          [holder](const Napi::CallbackInfo& call) {
                            check_idle(call, holder);
                            if (holder->engine != nullptr)
                              std::exchange(holder->engine, nullptr)->shut_down();
                          },
                          "close"));
  return object;
}

Napi::Value run_probe(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const ProbeReport report = probe(info[0].ToString().Utf8Value().c_str());
  auto object = Napi::Object::New(env);
  object.Set("works", report.works);
  object.Set("step", report.step);
  object.Set("errno", report.error);
  object.Set("rung", report.rung);
  object.Set("features", report.features);
  return object;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("layout", table_layout(env));
  exports.Set("probe", Napi::Function::New(env, run_probe, "probe"));
  exports.Set("createEngine", Napi::Function::New(env, create_engine, "createEngine"));
  return exports;
}

}  // namespace
}  // namespace overlapped::uring

static Napi::Object register_module(Napi::Env env, Napi::Object exports) {
  return overlapped::uring::init(env, exports);
}
NODE_API_MODULE(linux_uring, register_module)
