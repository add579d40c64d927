#include "reads.h"

#include <algorithm>
#include <cerrno>

namespace faultfs {

void Reads::begin(fuse_req_t request, uint64_t inode, uint64_t offset, size_t length) {
  const Rule rule = files_.find(inode)->decide(offset, length);
  if (rule.action == Action::Fail) {
    fuse_reply_err(request, static_cast<int>(rule.value));
    return;
  }
  if (rule.action == Action::Shorten) length = std::min<size_t>(length, rule.value);
  const Waiting read{request, inode,       offset,
                     length,  rule.action, Clock::now() + std::chrono::milliseconds(rule.value),
                     false};
  if (rule.action == Action::Answer || rule.action == Action::Shorten) {
    answer(read);
  } else {
    waiting_.push_back(read);
  }
}

void Reads::release(uint64_t inode, bool backward) {
  std::list<Waiting> released;
  for (auto read = waiting_.begin(); read != waiting_.end();) {
    const auto next = std::next(read);
    if (read->inode == inode && read->why != Action::Delay) {
      released.splice(backward ? released.begin() : released.end(), waiting_, read);
    }
    read = next;
  }
  for (const Waiting& read : released) answer(read);
}

size_t Reads::held(uint64_t inode) const {
  return static_cast<size_t>(std::count_if(waiting_.begin(), waiting_.end(), [&](const Waiting& read) {
    return read.inode == inode && read.why != Action::Delay;
  }));
}

void Reads::answer_interrupted() {
  for (auto read = waiting_.begin(); read != waiting_.end();) {
    const auto next = std::next(read);
    if (!read->interrupted && fuse_req_interrupted(read->request) != 0) {
      read->interrupted = true;
      files_.find(read->inode)->interrupts++;
      if (read->why != Action::Stick) {
        fuse_reply_err(read->request, EINTR);
        waiting_.erase(read);
      }
    }
    read = next;
  }
}

void Reads::answer_due() {
  const auto now = Clock::now();
  for (auto read = waiting_.begin(); read != waiting_.end();) {
    const auto next = std::next(read);
    if (read->why == Action::Delay && read->due <= now) {
      answer(*read);
      waiting_.erase(read);
    }
    read = next;
  }
}

int Reads::milliseconds_left() const {
  int least = -1;
  for (const Waiting& read : waiting_) {
    if (read.why != Action::Delay) continue;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(read.due - Clock::now()).count();
    const int bounded = static_cast<int>(std::max<int64_t>(left, 0));
    least = least < 0 ? bounded : std::min(least, bounded);
  }
  return least;
}

// With the bytes that the file has by now. A reply fails only if the kernel has given the read up meanwhile.
void Reads::answer(const Waiting& read) {
  const auto bytes = files_.find(read.inode)->bytes(read.offset, read.length);
  fuse_reply_buf(read.request, bytes.data(), bytes.size());
}

}  // namespace faultfs
