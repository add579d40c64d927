#include "commands.h"

#include <map>
#include <sstream>

namespace faultfs {
namespace {

struct Context {
  const std::string& name;
  std::istringstream& arguments;
  FileTable& files;
  Reads& reads;
  fuse_session* session;
};

bool create(const Context& context) {
  uint64_t size = 0;
  std::string how;
  context.arguments >> size >> how;
  if (context.arguments.fail() || (how != "direct" && how != "cached")) return false;
  return context.files.create(context.name, size, how == "cached");
}

bool resize(const Context& context) {
  File* file = context.files.find(context.name);
  uint64_t size = 0;
  if (file == nullptr || !(context.arguments >> size)) return false;
  file->size = size;
  // What the kernel has cached of size and pages. It may have nothing: then this fails, and nothing is lost.
  (void)fuse_lowlevel_notify_inval_inode(context.session, context.files.inode(context.name), 0, 0);
  return true;
}

bool add_rule(const Context& context) {
  static const std::map<std::string, Action> kActions = {{"fail", Action::Fail},
                                                         {"short", Action::Shorten},
                                                         {"delay", Action::Delay},
                                                         {"hold", Action::Hold},
                                                         {"stick", Action::Stick}};
  File* file = context.files.find(context.name);
  std::string of;
  std::string what;
  Rule rule;
  context.arguments >> of >> rule.first >> rule.last >> what;
  const auto action = kActions.find(what);
  if (file == nullptr || action == kActions.end() || (of != "reads" && of != "bytes")) return false;
  rule.by_byte = of == "bytes";
  rule.action = action->second;
  const bool has_value = rule.action != Action::Hold && rule.action != Action::Stick;
  if (has_value) context.arguments >> rule.value;
  // The kernel takes no other errno from a file system.
  const bool unlawful = rule.action == Action::Fail && (rule.value == 0 || rule.value >= 512);
  if (context.arguments.fail() || unlawful) return false;
  file->rules.push_back(rule);
  return true;
}

bool clear(const Context& context) {
  File* file = context.files.find(context.name);
  if (file == nullptr) return false;
  file->rules.clear();
  file->reads = file->interrupts = 0;
  return true;
}

bool release(const Context& context) {
  const uint64_t inode = context.files.inode(context.name);
  std::string order;
  context.arguments >> order;
  if (inode == 0 || (order != "forward" && order != "backward")) return false;
  context.reads.release(inode, order == "backward");
  return true;
}

bool find(const Context& context) { return context.files.find(context.name) != nullptr; }

const std::map<std::string, bool (*)(const Context&)> kCommands = {
    {"create", create}, {"size", resize},     {"rule", add_rule},
    {"clear", clear},   {"release", release}, {"stats", find},
};

}  // namespace

std::string run_command(const std::string& line, FileTable& files, Reads& reads, fuse_session* session) {
  std::istringstream arguments(line);
  std::string verb;
  std::string name;
  arguments >> verb >> name;
  const auto command = kCommands.find(verb);
  if (command == kCommands.end()) return R"({"error":"no such command"})";
  if (!command->second({name, arguments, files, reads, session})) {
    return R"({"error":"wrong arguments, a name that is taken, or no such file"})";
  }
  const File& file = *files.find(name);
  std::ostringstream answer;
  answer << R"({"reads":)" << file.reads << R"(,"held":)" << reads.held(files.inode(name))
         << R"(,"interrupts":)" << file.interrupts << R"(,"open":)" << file.open << "}";
  return answer.str();
}

}  // namespace faultfs
