// What every addon does the same way at its border to JS. Include it after napi.h, in the one file that does.
#pragma once

#include <napi.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "check.h"
#include "engine_tables.h"
#include "invariant.h"
#include "tables.h"

namespace overlapped {

inline bool is_integer(double value, double min, double max) {
  return value >= min && value <= max && value == std::trunc(value);
}

// A function without node-addon-api's wrapping, for hot calls. Its callback data is a heap-allocated `Share`,
// freed with the function.
template <class Share>
Napi::Value raw_function(Napi::Env env, const char* name, napi_callback callback, const Share& holder) {
  auto data = std::make_unique<Share>(holder);
  napi_value function;
  napi_status status = napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data.get(), &function);
  if (status == napi_ok) {
    status = napi_add_finalizer(
        env, function, data.get(), [](napi_env, void* share, void*) { delete static_cast<Share*>(share); },
        nullptr, nullptr);
  }
  if (failed(status)) throw Napi::Error::New(env, "could not create a function");
  (void)data.release();  // the finalizer's
  return {env, function};
}

// Every function of an engine object holds a share; the engine itself goes when JS closes it, or the
// environment ends.
template <class Engine>
struct Holder {
  Engine* engine = nullptr;
};
template <class Engine>
using Share = std::shared_ptr<Holder<Engine>>;

// @throws ERR_INVALID_STATE once it is closed
template <class Engine>
Engine* engine_of(const Napi::CallbackInfo& info, const Share<Engine>& holder) {
  if (holder->engine != nullptr) return holder->engine;
  auto error = Napi::Error::New(info.Env(), Engine::kClosed);
  error.Set("code", "ERR_INVALID_STATE");
  throw error;
}

// The numbers that a raw function was given first, and its engine. Null, with an exception pending, unless
// all are there and each is an integer of 32 bits: Node-API would wrap or cut off any other.
// @param argv takes the first `argc` of what it was given; undefined where that was less
template <class Engine, size_t N>
Engine* arguments(napi_env env, napi_callback_info info, uint32_t (&numbers)[N], napi_value* argv,
                  size_t argc) {
  void* data = nullptr;
  NAPI_TRY(napi_get_cb_info(env, info, &argc, argv, nullptr, &data));
  for (size_t i = 0; i < N; i++) {
    double value = 0;
    if (failed(napi_get_value_double(env, argv[i], &value))) {
      NAPI_TRY(napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "every argument must be a number"));
      return nullptr;
    }
    if (!is_integer(value, 0, UINT32_MAX)) {
      NAPI_TRY(napi_throw_range_error(env, "ERR_OUT_OF_RANGE",
                                      "every argument must be an integer from 0 to 2^32 - 1"));
      return nullptr;
    }
    numbers[i] = static_cast<uint32_t>(value);
  }
  Engine* engine = (*static_cast<Share<Engine>*>(data))->engine;
  if (engine != nullptr) return engine;
  NAPI_TRY(napi_throw_error(env, "ERR_INVALID_STATE", Engine::kClosed));
  return nullptr;
}

// What a raw function returns.
inline napi_value answer(napi_env env, bool in_range, uint32_t number) {
  if (!in_range) {
    NAPI_TRY(napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "no such entry in the table"));
    return nullptr;
  }
  napi_value result;
  NAPI_TRY(napi_create_uint32(env, number, &result));
  return result;
}

// The hot call, a raw function. (first, count, ...views): the number of completions. Each request's view is
// an argument: to ask a JS array for it would cost more than all else that is done for it here.
template <class Engine>
napi_value submit(napi_env env, napi_callback_info info) {
  constexpr auto kMost = static_cast<uint32_t>(Limit::Submission);
  uint32_t numbers[2] = {};
  napi_value argv[2 + kMost];
  auto* engine = arguments<Engine>(env, info, numbers, argv, 2);
  if (engine == nullptr) return nullptr;
  const auto [first, count] = numbers;
  const bool in_range = count <= kMost && engine->has_requests(first, count);
  size_t argc = in_range ? 2 + size_t{count} : 2;
  NAPI_TRY(napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr));
  const uint32_t completed = in_range ? engine->submit(first, count, argv + 2) : 0;
  if (completed != Engine::kUnlawful) return answer(env, in_range, completed);
  NAPI_TRY(napi_throw_error(env, "ERR_INVALID_ARG_VALUE",
                            "a request names a slot that is taken or none, or no operation"));
  return nullptr;
}

// A function of an engine object that is not hot.
template <class Engine>
struct Method {
  const char* name;
  Napi::Value (*call)(const Napi::CallbackInfo& info, const Share<Engine>& holder);
};

template <class Engine, size_t N>
void add_methods(Napi::Object object, const Share<Engine>& holder, const Method<Engine> (&methods)[N]) {
  for (const auto& [name, call] : methods) {
    const auto function = [holder, call = call](const Napi::CallbackInfo& info) {
      return call(info, holder);
    };
    object.Set(name, Napi::Function::New(object.Env(), function, name));
  }
}

// That an argument is not what it has to be.
template <class Error>
Error argument_error(const Napi::CallbackInfo& info, size_t index, const std::string& rule,
                     const char* code) {
  auto error = Error::New(info.Env(), "argument " + std::to_string(index + 1) + " must be " + rule);
  error.Set("code", code);
  return error;
}

// A number that JS passes. Anything else is refused: to convert it could run JS, which could close the
// engine.
inline Napi::Number number_argument(const Napi::CallbackInfo& info, size_t index) {
  if (info[index].IsNumber()) return info[index].As<Napi::Number>();
  throw argument_error<Napi::TypeError>(info, index, "a number", "ERR_INVALID_ARG_TYPE");
}

inline std::string string_argument(const Napi::CallbackInfo& info, size_t index) {
  if (info[index].IsString()) return info[index].As<Napi::String>();
  throw argument_error<Napi::TypeError>(info, index, "a string", "ERR_INVALID_ARG_TYPE");
}

// An integer from 0 to `max` that JS passes. Napi::Number would wrap or cut off any other.
inline uint32_t integer_argument(const Napi::CallbackInfo& info, size_t index, uint32_t max = UINT32_MAX) {
  const double value = number_argument(info, index).DoubleValue();
  if (is_integer(value, 0, max)) return static_cast<uint32_t>(value);
  const std::string rule = "an integer from 0 to " + std::to_string(max);
  throw argument_error<Napi::RangeError>(info, index, rule, "ERR_OUT_OF_RANGE");
}

// The integer `options[name]`, from 1 to `max`.
inline uint32_t count_option(const Napi::Object& options, const char* name, uint32_t max) {
  const Napi::Value value = options.Get(name);
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0;
  if (is_integer(number, 1, max)) return static_cast<uint32_t>(number);
  throw Napi::RangeError::New(options.Env(),
                              std::string(name) + " must be an integer from 1 to " + std::to_string(max));
}

// The Uint32Array `options[name]`, of at least that many words. Shared memory can't be detached, so that a
// reference keeps the words where they are, whatever JS does.
inline Napi::Uint32Array table(const Napi::Object& options, const char* name, size_t words) {
  const auto value = options.Get(name);
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array) {
    throw Napi::TypeError::New(options.Env(), std::string(name) + " must be a Uint32Array");
  }
  auto array = value.As<Napi::Uint32Array>();
  if (array.ArrayBuffer().IsArrayBuffer()) {
    throw Napi::TypeError::New(options.Env(), std::string(name) + " must be on a SharedArrayBuffer");
  }
  if (array.ElementLength() < words)
    throw Napi::RangeError::New(options.Env(), std::string(name) + " is too short");
  return array;
}

// The options that every engine takes. The references that it holds are the engine's to release.
inline EngineTables read_tables(const Napi::Object& options) {
  constexpr uint32_t kMaxCapacity = 32'768;
  const Napi::Env env = options.Env();
  EngineTables tables;
  tables.capacity = count_option(options, "capacity", kMaxCapacity);
  const Napi::Value dispatch = options.Get("dispatch");
  if (!dispatch.IsFunction()) throw Napi::TypeError::New(env, "dispatch must be a function");
  auto requests = table(options, "requests", kRequestWords);
  auto completions = table(options, "completions", size_t{tables.capacity} * kCompletionWords);
  auto status = table(options, "status", kStatusWords);
  tables.requests = requests.Data();
  tables.request_entries = static_cast<uint32_t>(requests.ElementLength() / kRequestWords);
  tables.completions = completions.Data();
  tables.status = status.Data();
  // Nothing throws from here on, so no reference is lost.
  NAPI_MUST(napi_create_reference(env, requests, 1, &tables.owners[0]));
  NAPI_MUST(napi_create_reference(env, completions, 1, &tables.owners[1]));
  NAPI_MUST(napi_create_reference(env, status, 1, &tables.owners[2]));
  NAPI_MUST(napi_create_reference(env, dispatch, 1, &tables.dispatch));
  return tables;
}

// Words per request entry, per completion entry, and of the status area, and requests per submission: core
// refuses an addon where they differ.
inline Napi::Array table_layout(Napi::Env env) {
  auto layout = Napi::Array::New(env);
  uint32_t at = 0;
  for (const uint32_t number :
       {kRequestWords, kCompletionWords, kStatusWords, static_cast<uint32_t>(Limit::Submission)}) {
    layout.Set(at++, number);
  }
  return layout;
}

// `bytes` of a new region as an ArrayBuffer that holds JS's share of it; null where this Node allows none
// (V8's sandbox, as in Electron): the caller falls back to ordinary memory.
template <class Regions>
Napi::Value lend_region(Napi::Env env, const std::shared_ptr<Regions>& regions, double bytes) {
  struct Lease {
    std::shared_ptr<Regions> regions;
    typename Regions::Region* region;
    std::thread::id owner = std::this_thread::get_id();
  };
  constexpr double kMaxRegionBytes = 4'294'967'296.0;
  if (!(bytes >= 1 && bytes <= kMaxRegionBytes))
    throw Napi::RangeError::New(env, "no memory of that length: it is 1 to 2^32 bytes");
  const auto size = static_cast<size_t>(bytes);
  auto* region = regions->allocate(size);
  if (region == nullptr) throw Napi::RangeError::New(env, "out of memory");
  auto* lease = new Lease{regions, region};
  napi_value buffer;
  const napi_status status = napi_create_external_arraybuffer(
      env, region->base, size,
      [](napi_env, void*, void* hint) {
        const std::unique_ptr<Lease> last(static_cast<Lease*>(hint));
        OVERLAPPED_INVARIANT(last->owner == std::this_thread::get_id());
        last->regions->drop(last->region);
      },
      lease, &buffer);
  if (status == napi_no_external_buffers_allowed) {
    regions->drop(region);
    delete lease;
    return env.Null();
  }
  if (failed(status)) throw Napi::Error::New(env);  // the finalizer has run
  return {env, buffer};
}

inline Napi::Uint8Array bytes_argument(const Napi::CallbackInfo& info, size_t index) {
  const Napi::Value value = info[index];
  if (value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array)
    return value.As<Napi::Uint8Array>();
  throw Napi::TypeError::New(info.Env(), "a Uint8Array is expected");
}

// Where a view's memory begins in its page, in bytes.
inline size_t page_offset_of(Napi::Uint8Array view) {
  constexpr uintptr_t kPage = 4096;
  return reinterpret_cast<uintptr_t>(view.Data()) % kPage;
}

// The same, as JS calls it. Needs no engine that is open.
template <class Engine>
Napi::Value page_offset(const Napi::CallbackInfo& info, const Share<Engine>&) {
  return Napi::Number::New(info.Env(), static_cast<double>(page_offset_of(bytes_argument(info, 0))));
}

}  // namespace overlapped
