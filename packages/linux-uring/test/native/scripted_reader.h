// What the copier's thread reads with, as a test says.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "copier.h"

namespace overlapped::uring {

// A table of buffers, by place.
class ScriptedBuffers : public std::map<uint32_t, void*> {
 public:
  using map::map;

  void set(uint32_t index, void* base, size_t bytes) {
    if (bytes > 0) {
      (*this)[index] = base;
    } else {
      erase(index);
    }
  }
};

class ScriptedReader : public CacheReader {
 public:
  using Copying = std::function<void(const Copy* copies, uint32_t count, Copied* results)>;

  // @param buffers what is entered
  explicit ScriptedReader(Copying copying, ScriptedBuffers* buffers = nullptr)
      : copying_(std::move(copying)), buffers_(buffers) {}

  void copy(const Copy* copies, uint32_t count, Copied* results) override {
    copying_(copies, count, results);
  }
  void set_buffer(uint32_t index, void* base, size_t bytes) override {
    if (buffers_ != nullptr) buffers_->set(index, base, bytes);
  }

 private:
  const Copying copying_;
  ScriptedBuffers* buffers_;
};

inline OpenReader reader_of(ScriptedReader::Copying copying, ScriptedBuffers* buffers = nullptr) {
  return
      [copying = std::move(copying), buffers] { return std::make_unique<ScriptedReader>(copying, buffers); };
}

}  // namespace overlapped::uring
