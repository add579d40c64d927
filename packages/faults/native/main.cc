// A file system whose reads fail, wait, come short or out of order as a test tells it:
//   faultfs MOUNTPOINT [sync]
// Commands (commands.h) come by standard input. When that ends, also because the test's process died, it
// unmounts and exits; reads that it still holds then end with ECONNABORTED, so nobody waits for ever.
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>

#include "commands.h"
#include "files.h"
#include "reads.h"

namespace faultfs {
namespace {

// Reads that the kernel sends without waiting for earlier ones (O_DIRECT from io_uring). Its default of 12
// would hide how many are really in flight.
constexpr unsigned kMaxBackground = 4096;

struct FileSystem {
  bool sync;  // the thread that reads past the page cache waits in the kernel, as with servers that can't do
              // otherwise
  FileTable files;
  Reads reads{files};
};

FileSystem& of(fuse_req_t request) { return *static_cast<FileSystem*>(fuse_req_userdata(request)); }

// The kernel asks again each time (timeouts are 0), so a changed size is seen at once.
struct stat attributes(fuse_ino_t inode, const File* file) {
  struct stat stat{};
  stat.st_ino = inode;
  stat.st_mode = file == nullptr ? S_IFDIR | 0555 : S_IFREG | 0444;
  stat.st_nlink = 1;
  stat.st_uid = getuid();
  stat.st_gid = getgid();
  stat.st_size = file == nullptr ? 0 : static_cast<off_t>(file->size);
  return stat;
}

void init(void* userdata, fuse_conn_info* connection) {
  const FileSystem& system = *static_cast<FileSystem*>(userdata);
  connection->max_background = kMaxBackground;
  if (system.sync) connection->want &= ~static_cast<unsigned>(FUSE_CAP_ASYNC_DIO);
  connection->max_readahead = 0;  // a page that nobody asked for would spend a rule
}

void lookup(fuse_req_t request, fuse_ino_t /*parent*/, const char* name) {
  FileTable& files = of(request).files;
  const uint64_t inode = files.inode(name);
  if (inode == 0) {
    fuse_reply_err(request, ENOENT);
    return;
  }
  fuse_entry_param entry{};
  entry.ino = inode;
  entry.attr = attributes(inode, files.find(inode));
  fuse_reply_entry(request, &entry);
}

void getattr(fuse_req_t request, fuse_ino_t inode, fuse_file_info* /*info*/) {
  const struct stat stat = attributes(inode, of(request).files.find(inode));
  fuse_reply_attr(request, &stat, 0);
}

void open(fuse_req_t request, fuse_ino_t inode, fuse_file_info* info) {
  File& file = *of(request).files.find(inode);
  file.open++;
  info->direct_io = file.cached ? 0 : 1;
  fuse_reply_open(request, info);
}

void release(fuse_req_t request, fuse_ino_t inode, fuse_file_info* /*info*/) {
  of(request).files.find(inode)->open--;
  fuse_reply_err(request, 0);
}

void read(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, fuse_file_info* /*info*/) {
  of(request).reads.begin(request, inode, static_cast<uint64_t>(offset), size);
}

// Standard input, line by line. The lines that a read brought are all run before the next.
class CommandInput {
 public:
  // Returns false at the end of the input.
  bool run(FileSystem& system, fuse_session* session) {
    char chunk[4096];
    const ssize_t count = ::read(STDIN_FILENO, chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) return true;
    if (count <= 0) return false;
    text_.append(chunk, static_cast<size_t>(count));
    for (size_t end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
      std::cout << run_command(text_.substr(0, end), system.files, system.reads, session) << '\n'
                << std::flush;
      text_.erase(0, end + 1);
    }
    return true;
  }

 private:
  std::string text_;
};

// One thread does all: a read that is not answered is only an entry in a list. Returns the exit code.
int serve(fuse_session* session, FileSystem& system) {
  CommandInput input;
  fuse_buf buffer{};
  int code = EXIT_SUCCESS;
  while (fuse_session_exited(session) == 0) {
    pollfd sources[] = {{fuse_session_fd(session), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    if (poll(sources, 2, system.reads.milliseconds_left()) < 0 && errno != EINTR) {
      std::perror("faultfs: poll");
      code = EXIT_FAILURE;
      break;
    }
    if (sources[0].revents != 0) {
      const int received = fuse_session_receive_buf(session, &buffer);
      if (received == 0 || received == -ENODEV) break;  // unmounted by somebody else
      if (received > 0) fuse_session_process_buf(session, &buffer);
      system.reads.answer_interrupted();
    }
    system.reads.answer_due();
    if (sources[1].revents != 0 && !input.run(system, session)) break;
  }
  std::free(buffer.mem);
  return code;
}

int run(char* program, const char* mountpoint, bool sync) {
  FileSystem system{sync, {}};
  fuse_lowlevel_ops operations{};
  operations.init = init;
  operations.lookup = lookup;
  operations.getattr = getattr;
  operations.open = open;
  operations.release = release;
  operations.read = read;
  char option[] = "-o";
  char options[] = "fsname=faultfs,subtype=faultfs";
  char* argv[] = {program, option, options, nullptr};
  fuse_args arguments = FUSE_ARGS_INIT(3, argv);
  fuse_session* session = fuse_session_new(&arguments, &operations, sizeof operations, &system);
  if (session == nullptr) return EXIT_FAILURE;  // it has said why
  int code = EXIT_FAILURE;
  // SIGINT, SIGTERM and SIGHUP end the loop, so that no mount is left behind.
  if (fuse_set_signal_handlers(session) == 0 && fuse_session_mount(session, mountpoint) == 0) {
    std::cout << R"({"mounted":true})" << '\n' << std::flush;
    code = serve(session, system);
    fuse_session_unmount(session);
  }
  fuse_session_destroy(session);
  return code;
}

}  // namespace
}  // namespace faultfs

int main(int argc, char** argv) {
  const bool sync = argc == 3 && std::strcmp(argv[2], "sync") == 0;
  if (argc != 2 && !sync) {
    std::cerr << "usage: faultfs MOUNTPOINT [sync]\n";
    return 2;
  }
  return faultfs::run(argv[0], argv[1], sync);
}
