// The files of the mount, and what is to become of their reads. Knows nothing of FUSE.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace faultfs {

enum class Action {
  Answer,   // with the file's bytes
  Fail,     // with an errno
  Shorten,  // with fewer bytes than were asked for
  Delay,    // later; an interrupt ends it with EINTR
  Hold,     // when told to; an interrupt ends it too
  Stick,    // when told to; an interrupt is counted and changes nothing
};

// Applies to reads number `first` to `last`, counted from 0, or to reads of any byte from `first` to `last`.
struct Rule {
  bool by_byte = false;
  uint64_t first = 0;
  uint64_t last = 0;
  Action action = Action::Answer;
  uint32_t value = 0;  // errno, bytes or milliseconds
};

// Every byte is known from its position.
struct File {
  uint64_t size = 0;
  bool cached = false;  // reads come through the page cache; else each read of a program is a read here
  std::vector<Rule> rules;
  uint64_t reads = 0;
  uint64_t interrupts = 0;
  int64_t open = 0;  // open descriptions

  // Counts the read, and says what becomes of it: the first rule that applies.
  Rule decide(uint64_t offset, size_t length);
  // The bytes of a read, as far as the file goes.
  std::vector<char> bytes(uint64_t offset, size_t length) const;
};

// Names and inode numbers. Files stay for the life of the mount.
class FileTable {
 public:
  // Returns false if the name is taken.
  bool create(const std::string& name, uint64_t size, bool cached);
  // 0 for none.
  uint64_t inode(const std::string& name) const;
  // The file of an inode that `inode` gave; nullptr for any other.
  File* find(uint64_t inode);
  File* find(const std::string& name) { return find(inode(name)); }

 private:
  std::map<std::string, uint64_t> inodes_;
  std::map<uint64_t, File> files_;
};

}  // namespace faultfs
