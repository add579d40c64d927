// The language in which a test tells the file system what to do: a line for each command, a line of JSON for
// its answer.
//
//   create NAME SIZE direct|cached
//   size NAME BYTES                                       cuts the file, or lets it grow
//   rule NAME reads|bytes FIRST LAST fail|short|delay VALUE
//   rule NAME reads|bytes FIRST LAST hold|stick
//   clear NAME                                            forgets rules, and counts from 0 again
//   release NAME forward|backward                         answers what is held, oldest or newest first
//   stats NAME
//
// Answers are {"reads":n,"held":n,"interrupts":n,"open":n} of the file, or {"error":"..."}.
#pragma once

#include <string>

#include "files.h"
#include "reads.h"

namespace faultfs {

std::string run_command(const std::string& line, FileTable& files, Reads& reads, fuse_session* session);

}  // namespace faultfs
