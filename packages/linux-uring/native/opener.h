// Opens files on the event loop's thread where that takes no time.
#pragma once

#include <cstdint>
#include <vector>

namespace overlapped::uring {

class Opener {
 public:
  // Opens a regular file for reading if the kernel has all of its path in memory and its device is one that
  // makes nobody wait. @return its descriptor, or -1: somebody who may wait has to open it, and hears why
  // not. The kernel says "would wait" now and then of what is in memory, when somebody renames or mounts
  // meanwhile.
  int open(const char* path, bool direct);

  // What an open file says of its device.
  void learn(int fd, bool may_wait);

 private:
  bool opens_at_once(int fd) const;

  // Of file systems that answer from memory or say that they can't (RWF_NOWAIT): local ones. FUSE and network
  // file systems ask somebody each time a file is opened.
  std::vector<uint64_t> devices_;
  bool supported_ = true;
};

}  // namespace overlapped::uring
