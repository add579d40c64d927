// Calls ReadFile where it would hold up the JS thread: for compressed and encrypted files, which Windows
// reads before it returns, and for large reads, which it may copy from the cache. One thread, made at the
// first such read, that lives as long as the port: reads must not be issued by a thread that ends before them
// (R76).
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>

#include "inbox.h"
#include "overlapped_pool.h"

namespace overlapped::iocp {

template <class Kernel>
class HelperThread {
 public:
  struct Job {
    Block* block;
    HANDLE file;
    void* address;
    DWORD length;
  };

  HelperThread(Kernel& kernel, Inbox& inbox, std::function<void()> wake)
      : kernel_(kernel), inbox_(inbox), wake_(std::move(wake)) {}

  // @return false if the system has no thread for us: the caller then calls ReadFile itself
  bool add(const Job& job) {
    if (!thread_.joinable() && !start()) return false;
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(job);
    }
    changed_.notify_one();
    return true;
  }

  // Takes a job back. @return false if the thread has it: its return comes
  bool remove(const Block* block) {
    const std::lock_guard lock(mutex_);
    for (auto job = jobs_.begin(); job != jobs_.end(); ++job) {
      if (job->block != block) continue;
      jobs_.erase(job);
      return true;
    }
    return false;
  }

  // No job may be left.
  void stop() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

 private:
  bool start() {
    try {
      thread_ = std::thread([this] { run(); });
      return true;
    } catch (const std::system_error&) {
      return false;
    }
  }

  void run() {
    for (;;) {
      Job job;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        job = jobs_.front();
        jobs_.pop_front();
      }
      // From here on the packet may come at any time, also before ReadFile returns.
      OVERLAPPED* overlapped = &job.block->overlapped;
      const ReadReturn returned = kernel_.read(job.file, job.address, job.length, overlapped);
      const Message message{.kind = Message::Kind::Return, .overlapped = overlapped, .returned = returned};
      inbox_.push(&message, 1);
      wake_();
    }
  }

  Kernel& kernel_;
  Inbox& inbox_;
  std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace overlapped::iocp
