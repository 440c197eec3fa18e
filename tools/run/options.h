//===- options.h - The command line of moe-run ------------------*- C++ -*-===//

#ifndef MOE_TOOLS_RUN_OPTIONS_H
#define MOE_TOOLS_RUN_OPTIONS_H

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace moe::run {

struct Options {
  std::string model;
  /// Name and file, in the order given.
  std::vector<std::pair<std::string, std::string>> inputs;
  std::string outputDir, routingDir;
  uint32_t threads = 0; // 0: the cores given to the process
  std::string device = "cpu";
  bool info = false, verify = false, profile = false, bench = false, stats = false, json = false;
  double benchSeconds = 2;
};

/// Ends the program for --help, --version, and with an error for what does not make sense.
Options parseOptions(int argc, char **argv);

} // namespace moe::run

#endif // MOE_TOOLS_RUN_OPTIONS_H
