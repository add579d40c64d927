// The addon's face to JS: probe(path) and createEngine(options). The only file that includes napi.h.
#include <napi.h>

#include <overlapped/addon_support.h>
#include <sys/mman.h>

#include <climits>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>

#include "engine.h"
#include "probe.h"

namespace overlapped::uring {
namespace {

using Share = overlapped::Share<Engine>;

Napi::Value allocate(const Napi::CallbackInfo& info, const Share& holder) {
  Engine* engine = engine_of(info, holder);
  return lend_region(info.Env(), engine->regions(), number_argument(info, 0).DoubleValue());
}

Napi::Value stats(const Napi::CallbackInfo& info, const Share& holder) {
  const Engine* engine = engine_of(info, holder);
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
  set("registered", engine->registered());
  set("buffers", engine->buffers().count());
  set("bufferBytes", engine->buffers().bytes());
  set("regions", engine->regions()->count());
  set("regionBytes", engine->regions()->bytes());
  object.Set("rung", engine->ring().rung().name);
  return object;
}

Napi::Value open_at_once(const Napi::CallbackInfo& info, const Share& holder) {
  Engine* engine = engine_of(info, holder);
  const std::string path = string_argument(info, 0);
  // A path with a null byte names no file, and must not be taken for what is in front of it.
  const bool is_path = path.find('\0') == std::string::npos;
  return Napi::Number::New(info.Env(),
                           is_path ? engine->open_at_once(path.c_str(), info[1].ToBoolean()) : -1);
}

Napi::Value add_file(const Napi::CallbackInfo& info, const Share& holder) {
  Engine* engine = engine_of(info, holder);
  const auto fd = static_cast<int>(integer_argument(info, 0, INT_MAX));
  return Napi::Number::New(info.Env(), engine->add_file(fd, info[1].ToBoolean()));
}

Napi::Value remove_file(const Napi::CallbackInfo& info, const Share& holder) {
  // A closed engine has none: its user may still have to close the descriptor.
  if (holder->engine == nullptr) return Napi::Boolean::New(info.Env(), false);
  const auto at_once = engine_of(info, holder)->remove_file(integer_argument(info, 0));
  if (!at_once.has_value()) throw Napi::Error::New(info.Env(), "no such file in the engine");
  return Napi::Boolean::New(info.Env(), *at_once);
}

Napi::Value file_mode(const Napi::CallbackInfo& info, const Share&) {
  return Napi::Number::New(info.Env(), mode_of(static_cast<int>(integer_argument(info, 0, INT_MAX))));
}

Napi::Value use_large_pages(const Napi::CallbackInfo& info, const Share&) {
  Napi::Uint8Array view = bytes_argument(info, 0);
  const size_t beyond = page_offset_of(view);
  // A kernel that has none to give, says so; that leaves everything as it is.
  (void)madvise(view.Data() - beyond, view.ByteLength() + beyond, MADV_HUGEPAGE);
  return info.Env().Undefined();
}

Napi::Value cancel_all(const Napi::CallbackInfo& info, const Share& holder) {
  engine_of(info, holder)->cancel_all();
  return info.Env().Undefined();
}

Napi::Value close(const Napi::CallbackInfo& info, const Share& holder) {
  if (holder->engine == nullptr) return info.Env().Undefined();
  Engine* engine = engine_of(info, holder);
  holder->engine = nullptr;
  engine->shut_down();
  return info.Env().Undefined();
}

constexpr Method<Engine> kMethods[] = {
    {"openAtOnce", open_at_once},
    {"addFile", add_file},
    {"removeFile", remove_file},
    {"fileMode", file_mode},
    {"cancelAll", cancel_all},
    {"allocate", allocate},
    {"stats", stats},
    {"pageOffset", page_offset<Engine>},
    {"close", close},
    {"useLargePages", use_large_pages},
};

Napi::Value create_engine(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto holder = std::make_shared<Holder<Engine>>();
  const auto options = info[0].As<Napi::Object>();
  const uint32_t queue_entries = count_option(options, "queueEntries", UINT32_MAX);
  holder->engine = new Engine(env, read_tables(options), queue_entries);
  const int error = holder->engine->open();
  if (error != 0) {
    holder->engine->shut_down();  // frees itself
    auto refusal = Napi::Error::New(env, "io_uring: " + std::generic_category().message(-error));
    refusal.Set("errno", Napi::Number::New(env, -error));
    throw refusal;
  }
  auto object = Napi::Object::New(env);
  object.Set("submit", raw_function(env, "submit", submit<Engine>, holder));
  add_methods(object, holder, kMethods);
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
