//===- options.cpp - Reading the command line -----------------------------===//
//
// Everything that can be refused before the model is opened is refused here.
//
//===----------------------------------------------------------------------===//

#include "options.h"

#include "runtime/moe_abi.h"
#include "runtime/moe_format.h"
#include "support.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <getopt.h>

using namespace moe;
using namespace moe::run;

static const char help[] =
    R"(usage: moe-run MODEL.moe --input NAME=FILE.npy ... [options]

Runs a compiled model, or says what is in it.

  --input NAME=FILE.npy  an input tensor; bfloat16 comes as uint16
  --output-dir DIR       write each output to DIR/NAME.npy ('/' in names becomes '_')
  --threads N            threads to use (default: the cores given to the process)
  --device cpu|cuda[:N]  where to run (default: cpu)

  --info                 describe inputs, outputs, MoE layers, code and sizes; do not run
  --verify               compare each MoE layer with the reference interpreter
  --routing DIR          write who was routed where, as LAYER.{experts,weights,load}.npy
  --profile              print the time of each step, and on a GPU that of each kernel
  --stats                print what was done: runs, and on a GPU launches and memory
  --bench[=SECONDS]      run for about SECONDS (default: 2) and print the median time
  --json                 print one JSON object on stdout instead of text

  --help, --version

Exit code: 0 right, 1 the input is at fault, 2 moe-run or the compiler is.
)";

static void printVersion() {
  printf("moe-run %s (artifact format %d.%d, code interface %d)\n", MOE_TOOL_VERSION,
         MOE_FORMAT_MAJOR, MOE_FORMAT_MINOR, MOE_ABI_VERSION);
}

static void addInput(Options &options, const std::string &argument) {
  // The first one divides: '=' is common in folders (k=2/x.npy), not in names of tensors.
  size_t divide = argument.find('=');
  if (divide == std::string::npos || divide == 0 || divide + 1 == argument.size())
    fail(kUser, "--input: expected NAME=FILE.npy, found '%s'", argument.c_str());
  std::string name = argument.substr(0, divide);
  for (const auto &input : options.inputs)
    if (input.first == name)
      fail(kUser, "--input: '%s' is given twice", name.c_str());
  options.inputs.emplace_back(name, argument.substr(divide + 1));
}

static uint32_t parseThreads(const char *argument) {
  char *end;
  long value = strtol(argument, &end, 10);
  if (end == argument || *end || value < 1 || value > 4096)
    fail(kUser, "--threads: expected a number from 1 to 4096, found '%s'", argument);
  return static_cast<uint32_t>(value);
}

static double parseSeconds(const char *argument) {
  char *end;
  double value = strtod(argument, &end);
  if (end == argument || *end || !(value > 0) || value > 86400)
    fail(kUser, "--bench: expected seconds, more than 0 and at most 86400, found '%s'", argument);
  return value;
}

static std::string parseDevice(const std::string &device) {
  size_t digits = device.rfind("cuda:", 0) == 0 ? device.size() - 5 : 0;
  bool isNumber =
      digits >= 1 && digits <= 4 && device.find_first_not_of("0123456789", 5) == std::string::npos;
  if (device != "cpu" && device != "cuda" && !isNumber)
    fail(kUser, "--device: expected cpu or cuda[:N], found '%s'", device.c_str());
  return device;
}

static void checkTogether(const Options &options) {
  if (options.model.empty())
    fail(kUser, "expected MODEL.moe; see moe-run --help");
  bool runs = !options.inputs.empty() || !options.outputDir.empty() || options.verify ||
              !options.routingDir.empty() || options.profile || options.bench || options.stats;
  if (options.info && runs)
    fail(kUser, "--info does not run the model; give it without --input, --output-dir, --verify, "
                "--routing, --profile, --stats and --bench");
  if (options.profile && options.bench && options.device != "cpu")
    fail(kUser, "--profile times each kernel, which changes what --bench measures; give one of "
                "them");
}

namespace {
enum Choice {
  Help,
  Version,
  Input,
  OutputDir,
  Threads,
  Device,
  Info,
  Verify,
  Routing,
  Profile,
  Stats,
  Bench,
  JsonText
};
} // namespace

static const option known[] = {{"help", no_argument, nullptr, Help},
                               {"version", no_argument, nullptr, Version},
                               {"input", required_argument, nullptr, Input},
                               {"output-dir", required_argument, nullptr, OutputDir},
                               {"threads", required_argument, nullptr, Threads},
                               {"device", required_argument, nullptr, Device},
                               {"info", no_argument, nullptr, Info},
                               {"verify", no_argument, nullptr, Verify},
                               {"routing", required_argument, nullptr, Routing},
                               {"profile", no_argument, nullptr, Profile},
                               {"stats", no_argument, nullptr, Stats},
                               {"bench", optional_argument, nullptr, Bench},
                               {"json", no_argument, nullptr, JsonText},
                               {nullptr, 0, nullptr, 0}};

/// `argument` is null where the option has none.
static void apply(Options &options, Choice choice, const char *argument) {
  switch (choice) {
  case Help:
    fputs(help, stdout);
    exit(kRight);
  case Version:
    printVersion();
    exit(kRight);
  case Input:
    return addInput(options, argument);
  case OutputDir:
    options.outputDir = argument;
    return;
  case Threads:
    options.threads = parseThreads(argument);
    return;
  case Device:
    options.device = parseDevice(argument);
    return;
  case Info:
    options.info = true;
    return;
  case Verify:
    options.verify = true;
    return;
  case Routing:
    options.routingDir = argument;
    return;
  case Profile:
    options.profile = true;
    return;
  case Stats:
    options.stats = true;
    return;
  case Bench:
    options.bench = true;
    if (argument)
      options.benchSeconds = parseSeconds(argument);
    return;
  case JsonText:
    options.json = true;
    return;
  }
}

Options run::parseOptions(int argc, char **argv) {
  Options options;
  opterr = 0;
  for (int choice; (choice = getopt_long(argc, argv, ":", known, nullptr)) != -1;) {
    if (choice == ':')
      fail(kUser, "%s: expected a value; see moe-run --help", argv[optind - 1]);
    if (choice == '?')
      fail(kUser, "%s: unknown option; see moe-run --help", argv[optind - 1]);
    apply(options, static_cast<Choice>(choice), optarg);
  }
  for (; optind < argc; ++optind) {
    if (!options.model.empty())
      fail(kUser, "expected one model, found '%s' and '%s'", options.model.c_str(), argv[optind]);
    options.model = argv[optind];
  }
  checkTogether(options);
  return options;
}
