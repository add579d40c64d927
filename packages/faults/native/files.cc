#include "files.h"

#include <algorithm>

namespace faultfs {
namespace {

constexpr uint64_t kFirstInode = 2;  // 1 is the root of every FUSE file system

// The conformance suite's pattern (fixtures.ts): neighbouring blocks differ, also at the same offset in them.
char pattern_byte(uint64_t position) {
  const auto p = static_cast<uint32_t>(position);
  return static_cast<char>(((p ^ (p >> 9) ^ (p >> 17)) * 0x9e3779b1U) >> 24);
}

}  // namespace

Rule File::decide(uint64_t offset, size_t length) {
  const uint64_t number = reads++;
  for (const Rule& rule : rules) {
    const bool applies = rule.by_byte ? offset <= rule.last && offset + length > rule.first
                                      : number >= rule.first && number <= rule.last;
    if (applies) return rule;
  }
  return {};
}

std::vector<char> File::bytes(uint64_t offset, size_t length) const {
  const uint64_t left = offset < size ? size - offset : 0;
  std::vector<char> bytes(std::min<uint64_t>(length, left));
  for (size_t i = 0; i < bytes.size(); i++) bytes[i] = pattern_byte(offset + i);
  return bytes;
}

bool FileTable::create(const std::string& name, uint64_t size, bool cached) {
  const uint64_t inode = kFirstInode + inodes_.size();
  if (!inodes_.emplace(name, inode).second) return false;
  File& file = files_[inode];
  file.size = size;
  file.cached = cached;
  return true;
}

uint64_t FileTable::inode(const std::string& name) const {
  const auto found = inodes_.find(name);
  return found == inodes_.end() ? 0 : found->second;
}

File* FileTable::find(uint64_t inode) {
  const auto found = files_.find(inode);
  return found == files_.end() ? nullptr : &found->second;
}

}  // namespace faultfs
