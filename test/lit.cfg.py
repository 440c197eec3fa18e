# Tests of the tools: a RUN line each, checked with FileCheck. Runs from a configured build folder.
import os
import shutil
import sys

import lit.formats

config.name = "moe"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".textproto"]
config.excludes = ["Inputs", "models", "docs", "CMakeLists.txt"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.moe_build_root, "test")

tools = [os.path.join(config.moe_build_root, "bin"), config.llvm_tools_dir]
config.environment["PATH"] = os.pathsep.join(tools + [config.environment["PATH"]])
# Instrumented LLVM headers poison memory that the packaged libraries then use.
config.environment["ASAN_OPTIONS"] = "allow_user_poisoning=0"
config.environment["UBSAN_OPTIONS"] = "halt_on_error=1:print_stacktrace=1"

config.substitutions.append(("%models", os.path.join(config.test_source_root, "models")))
config.substitutions.append(("%source", config.moe_source_root))
config.substitutions.append(("%build", config.moe_build_root))
config.substitutions.append(("%python", sys.executable))
# A model as protobuf text, encoded as a model file: %encode FILE.textproto > MODEL.onnx
config.substitutions.append(
    ("%encode", "protoc --encode=moe.onnx_pb.ModelProto -I %s/lowering/onnx Onnx.proto <" % config.moe_source_root))
# What target-free code computes, by MLIR's own runner: FILE's @main after --convert-moe-to-linalg.
mlir_lib = os.path.join(config.llvm_tools_dir, os.pardir, "lib")
config.substitutions.append(("%run-linalg", os.path.join(os.path.dirname(__file__), "lowering/linalg/Inputs/run-linalg.sh") + " " + mlir_lib))
# Writes artifacts and inputs for the tests of moe-run into a folder.
config.substitutions.append(("%demo", os.path.join(config.moe_build_root, "test", "runtime", "demo-artifact")))

# The CUDA toolkit's assembler is optional.
if shutil.which("ptxas") or os.access("/usr/local/cuda/bin/ptxas", os.X_OK):
    config.available_features.add("ptxas")

# An instrumented runtime cannot be linked by a plain compiler.
if config.moe_sanitize:
    config.available_features.add("sanitize")
