// What the copier's thread reads with, as a test says.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "copier.h"

namespace overlapped::uring {

class ScriptedReader : public CacheReader {
 public:
  using Copying = std::function<void(const Copy* copies, uint32_t count, Copied* results)>;
  using Buffers = std::map<uint32_t, void*>;

  // @param buffers what is entered
  explicit ScriptedReader(Copying copying, Buffers* buffers = nullptr)
      : copying_(std::move(copying)), buffers_(buffers) {}

  void copy(const Copy* copies, uint32_t count, Copied* results) override {
    copying_(copies, count, results);
  }
  void set_buffer(uint32_t index, void* base, size_t bytes) override {
    if (buffers_ == nullptr) return;
    if (bytes > 0) {
      (*buffers_)[index] = base;
    } else {
      buffers_->erase(index);
    }
  }

 private:
  const Copying copying_;
  Buffers* buffers_;
};

inline OpenReader reader_of(ScriptedReader::Copying copying, ScriptedReader::Buffers* buffers = nullptr) {
  return
      [copying = std::move(copying), buffers] { return std::make_unique<ScriptedReader>(copying, buffers); };
}

}  // namespace overlapped::uring
