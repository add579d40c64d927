// Reads that the kernel waits for: answered at once, later, or when told to.
#pragma once

#define FUSE_USE_VERSION 34
#include <fuse_lowlevel.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>

#include "files.h"

namespace faultfs {

class Reads {
 public:
  explicit Reads(FileTable& files) : files_(files) {}

  // Does to the read what the file's rules say.
  void begin(fuse_req_t request, uint64_t inode, uint64_t offset, size_t length);
  // Answers what waits to be told, oldest or newest first.
  void release(uint64_t inode, bool backward);
  size_t held(uint64_t inode) const;
  // Ends what the kernel has given up, where its rule allows that.
  void answer_interrupted();
  // Answers what has waited long enough.
  void answer_due();
  // Milliseconds until answer_due has something to do; -1 if nothing waits for a time.
  int milliseconds_left() const;

 private:
  using Clock = std::chrono::steady_clock;

  struct Waiting {
    fuse_req_t request;
    uint64_t inode;
    uint64_t offset;
    size_t length;
    Action why;
    Clock::time_point due;  // with Delay
    bool interrupted;
  };

  void answer(const Waiting& read);

  FileTable& files_;
  std::list<Waiting> waiting_;
};

}  // namespace faultfs
