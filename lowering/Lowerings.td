//===- Lowerings.td - Passes that cross a border -------------*- tablegen -*-===//

#ifndef MOE_LOWERING_LOWERINGS_TD
#define MOE_LOWERING_LOWERINGS_TD

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// lowering/onnx
//===----------------------------------------------------------------------===//

def InferTypes : Pass<"onnx-infer-types", "::mlir::ModuleOp"> {
  let summary = "Gives every value of an ONNX graph its type, and folds what is constant.";
  let description = [{
    Exporters leave most values untyped. A table row an operator infers element types and shapes;
    small integer values (shapes, axes, indices) are computed where they are known. Guarantees that no
    `!onnx.value` is left; what cannot be inferred is an error that names the node.
    Example: `test/lowering/onnx/infer-types.mlir`.
  }];
  let dependentDialects = ["::moe::onnx::OnnxDialect"];
}

def Raise : Pass<"moe-raise", "::mlir::ModuleOp"> {
  let summary = "Finds the MoE layers of an ONNX graph and says them in the moe dialect.";
  let description = [{
    Runs the patterns of `lowering/onnx/raise`, each with its proof, and fills `moe.layers`. What is
    not raised stays, with a remark that names the node and the condition that failed; an expert that
    the router can choose and the graph lacks is an error. Bodies of If, Loop and Scan are looked
    through like the graph itself. Example: `test/lowering/onnx/raise/`.
  }];
  let options = [Option<"allowMissingExperts", "allow-missing-experts", "bool", "false",
                        "Go on where experts are missing from a traced graph">,
                 Option<"moeLayout", "moe-layout", "std::string", "\"\"",
                        "Layout of MoE weights where shapes do not tell: modern or legacy">];
  let dependentDialects = ["::moe::MoeDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::cf::ControlFlowDialect"];
}

def ConvertOnnxToLinalg : Pass<"convert-onnx-to-linalg", "::mlir::ModuleOp"> {
  let summary = "Converts ONNX operators to linalg, tensor, arith and math.";
  let description = [{
    Tables by family of operators, one row an operator and the versions it is good for. Operators and
    forms without a row are all reported, with node, operator and version. Checks that ONNX leaves to
    run time (indices in range, shapes that fit) become `cf.assert`.
    Example: `test/lowering/onnx/convert-onnx-to-linalg/`.
  }];
  let dependentDialects = ["::moe::MoeDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
                           "::mlir::cf::ControlFlowDialect"];
}

//===----------------------------------------------------------------------===//
// lowering/linalg
//===----------------------------------------------------------------------===//

def ConvertMoeToLinalg : Pass<"convert-moe-to-linalg", "::mlir::ModuleOp"> {
  let summary = "Says routing, gathering and combining in linalg, scf and tensor.";
  let description = [{
    Target-free. `moe.grouped_matmul`, `moe.weight` and `moe.observe` stay: they end at the target.
    With `functions`, each `moe.gate`, `moe.route`, `moe.dispatch`, `moe.gather` and `moe.combine`
    becomes a call of a private function with this meaning as its body, which says in `moe.routing`
    what it is; equal ones are one. Calls and grouped products of a layer say its number in
    `moe.layer`. Example: `test/lowering/linalg/convert-moe-to-linalg.mlir`.
  }];
  let options = [Option<"functions", "functions", "bool", "false",
                        "Keep routing as calls of functions">];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect", "::mlir::cf::ControlFlowDialect",
                           "::mlir::func::FuncDialect"];
}

//===----------------------------------------------------------------------===//
// lowering/buffers
//===----------------------------------------------------------------------===//

def InlineRouting : Pass<"moe-inline-routing", "::mlir::ModuleOp"> {
  let summary = "Puts what routing means in the place of its calls.";
  let description = [{
    For targets without kernels of their own for it: each call of a function with `moe.routing` becomes
    a copy of the function's body, and the functions go.
    Example: `test/lowering/buffers/inline-routing.mlir`.
  }];
}

def SplitEntry : Pass<"moe-split-entry", "::mlir::ModuleOp"> {
  let summary = "Makes steps of bounded size of a long @main.";
  let description = [{
    On tensors, at the planned linalg stage. A `@main` of more than `size` operations becomes calls of
    private functions marked `moe.step`, cut where the fewest values pass; weights and constants stay in
    `@main` or are made anew, equal steps are one function. What follows takes time that grows faster
    than a function's length. Example: `test/lowering/buffers/split-entry.mlir`.
  }];
  let options = [Option<"size", "size", "unsigned", "1000", "Most operations of a step">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::LLVM::LLVMDialect", "::mlir::tensor::TensorDialect"];
}

def PrepareBuffers : Pass<"moe-prepare-buffers", "::mlir::ModuleOp"> {
  let summary = "Leaves what bufferization needs to see, and no more.";
  let description = [{
    Expects the planned linalg stage. Drops the kept copy of the moe stage, says that the model's
    inputs may not be written, splits tensor operations that have no buffer form, and gives each
    constant tensor its `memref.global`, in the order of the module.
    Example: `test/lowering/buffers/prepare-buffers.mlir`.
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::bufferization::BufferizationDialect"];
}

def WidenBits : Pass<"moe-widen-bits", "::mlir::ModuleOp"> {
  let summary = "Makes bytes of truth values in memory.";
  let description = [{
    Every memref of i1 becomes one of i8 that holds 0 or 1; loads, stores and bodies of
    `linalg.generic` convert. Example: `test/lowering/buffers/widen-bits.mlir`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def OutlineKernels : Pass<"moe-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "Makes functions of what computes, each different one once.";
  let description = [{
    On memrefs. Each structured operation, copy, grouped product and loop of `@main` and its steps
    becomes a call of a private function marked `moe.step`; equal ones call the same. Buffers, places
    in slices and numbers that are only compared are arguments; constants that shape loops are made
    anew within. Example: `test/lowering/buffers/outline-kernels.mlir`.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::memref::MemRefDialect"];
}

def FreeBuffers : Pass<"moe-free-buffers", "::mlir::ModuleOp"> {
  let summary = "Frees each allocation after its last use.";
  let description = [{
    Adds a `memref.dealloc` behind the last use of each `memref.alloc` in its own block. What a function
    returns is freed by its caller; what else leaves the block is left to the runtime, which frees all
    at the end of a run. An allocation inside a parallel loop is an error. Example: `test/lowering/buffers/free-buffers.mlir`.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

//===----------------------------------------------------------------------===//
// lowering/math
//===----------------------------------------------------------------------===//

def ExpandMath : Pass<"moe-expand-math", "::mlir::ModuleOp"> {
  let summary = "Makes arithmetic of math functions.";
  let description = [{
    `math.exp` and its kind, `arith.remf` and roundings to bf16 become arithmetic on the same scalars
    or vectors, without branches; errors are stated in `MathFunctions.h`. What is computed in f16 and
    bf16 is computed in f32 and rounded. What the machine has an instruction for stays.
    Example: `test/lowering/math/expand-math.mlir`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

//===----------------------------------------------------------------------===//
// lowering/host
//===----------------------------------------------------------------------===//

def BindContext : Pass<"host-bind-context", "::mlir::ModuleOp"> {
  let summary = "Makes the model's function the entry that the runtime calls.";
  let description = [{
    `@main` on memrefs becomes `moe_entry(context, inputs, outputs)` of `runtime/moe_abi.h`:
    arguments are read from `inputs`, results written to `outputs`. Later passes find the context
    as its first argument, and as that of functions marked `moe.step`. Example: `test/lowering/host/bind-context.mlir`.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::func::FuncDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect"];
}

def HoistAllocas : Pass<"host-hoist-allocas", "::mlir::func::FuncOp"> {
  let summary = "Moves stack allocations out of loops.";
  let description = [{
    A stack allocation in a loop would grow the stack with every turn. Each moves to the start of its
    function; one of dynamic size is an error. Example: `test/lowering/host/hoist-allocas.mlir`.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def ExpandReshapes : Pass<"host-expand-reshapes", "::mlir::func::FuncOp"> {
  let summary = "Writes expanded shapes as descriptors.";
  let description = [{
    `memref.expand_shape` becomes a `memref.reinterpret_cast` with the sizes that stand on it; any number
    of them may be known at run time only. Example: `test/lowering/host/expand-reshapes.mlir`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
}

def ConvertToLlvm : Pass<"host-convert-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Converts what is left to the LLVM dialect, all at once.";
  let description = [{
    Memory comes from the context, weights lie behind it, a failed `cf.assert` ends the run through
    it, and `moe.observe` asks it first; `scf` becomes branches. Expects `--host-bind-context`.
    Example: `test/lowering/host/convert-to-llvm.mlir`.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::cf::ControlFlowDialect",
                           "::mlir::arith::ArithDialect", "::mlir::vector::VectorDialect"];
}

//===----------------------------------------------------------------------===//
// lowering/cpu
//===----------------------------------------------------------------------===//

def PlanArtifact : Pass<"cpu-plan-artifact", "::mlir::ModuleOp"> {
  let summary = "Decides how weights lie in the artifact, and numbers what is observed.";
  let description = [{
    On tensors, at the linalg stage, once for all CPU variants. A `moe.weight` that a
    `moe.grouped_matmul` multiplies by gets a packed layout (panels of 48 columns; pairs along K for
    16-bit numbers), apart from its other uses. Every `moe.weight` gets its place (`offset`), equal
    ones the same; every `moe.observe` its number. The size of the weight section becomes the
    module's `moe.weight_bytes`. Example: `test/lowering/cpu/plan-artifact.mlir`.
  }];
  let dependentDialects = ["::moe::MoeDialect", "::mlir::tensor::TensorDialect"];
}

def EmitGroupedMatmul : Pass<"cpu-emit-grouped-matmul", "::mlir::ModuleOp"> {
  let summary = "Emits the loops of grouped products for one instruction set.";
  let description = [{
    Expects `moe.grouped_matmul` on memrefs. Guarantees one-dimensional `scf.parallel` loops over
    tickets with vectors of the instruction set's width, and calls of private functions that all
    products share. Says its decisions as remarks. Example: `test/lowering/cpu/emit-grouped-matmul.mlir`.
  }];
  let options = [Option<"instructions", "isa", "std::string", "\"avx512\"", "avx2 or avx512">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def LowerLinalg : Pass<"cpu-lower-linalg", "::mlir::func::FuncOp"> {
  let summary = "Makes loops over vectors of structured operations.";
  let description = [{
    Every `linalg` operation on memrefs and every `memref.copy` becomes loops: vectors of 16 elements
    along contiguous memory, a mask at the end, tiles in registers for products, `scf.parallel`
    where there is enough to do. A sum's order depends on its length only. What is chosen is a
    remark. Example: `test/lowering/cpu/lower-linalg.mlir`.
  }];
  let options = [Option<"vectorBits", "vector-bits", "unsigned", "512",
                        "Width of the target's vector registers">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect", "::mlir::affine::AffineDialect"];
}

def OutlineParallel : Pass<"cpu-outline-parallel", "::mlir::ModuleOp"> {
  let summary = "Makes functions of parallel loops' bodies and hands them to the runtime.";
  let description = [{
    Each outermost `scf.parallel` becomes a function of (closure, begin, end) and a call of the
    context's `parallel_for` in grains of `moe.grain` items; where all items are one grain, the
    function is called at once. What the body uses from outside travels in a struct on the stack,
    constants are made anew. Loops within, and loops that are parallel in more than one dimension,
    become `scf.for`. Example: `test/lowering/cpu/outline-parallel.mlir`.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::func::FuncDialect",
                           "::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect"];
}

//===----------------------------------------------------------------------===//
// lowering/nvptx
//===----------------------------------------------------------------------===//

def PlaceWeights : Pass<"nvptx-place-weights", "::mlir::ModuleOp"> {
  let summary = "Gives weights and constants their places on the device.";
  let description = [{
    On tensors, at the planned linalg stage. Each `moe.weight`, and each constant tensor that the host
    does not read itself, becomes a view of `@moe_device_weights`, made where it is used; weights of
    grouped products are G x K x N rows there, codes are numbers of f32. Makes `@moe_prepare`, which
    fills that memory, and `moe.device_bytes`. Example: `test/lowering/nvptx/place-weights.mlir`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
                           "::mlir::func::FuncDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def EmitRouting : Pass<"nvptx-emit-routing", "::mlir::ModuleOp"> {
  let summary = "Makes kernels of routing, gathering and combining.";
  let description = [{
    On memrefs, behind `--moe-outline-kernels`. Calls of functions that say what routing they are become
    launches. Example: `test/lowering/nvptx/emit-routing.mlir`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
                           "::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect",
                           "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect"];
}

def EmitProducts : Pass<"nvptx-emit-products", "::mlir::ModuleOp"> {
  let summary = "Makes kernels of grouped products.";
  let description = [{
    On memrefs, behind `--moe-outline-kernels`. Each function that is one `moe.grouped_matmul` becomes
    kernels, its calls launches: for many and for few rows of a group. 16-bit rows and weights are
    multiplied by tensor instructions and added in f32; f32 and f64 by fused multiply-adds, in the
    CPU's order and with its bits, unless `precision` says tf32. Says its decisions as remarks.
    Example: `test/lowering/nvptx/emit-products.mlir`.
  }];
  let options = [Option<"precision", "precision", "std::string", "\"f32\"",
                        "f32, or tf32: f32 products by tensor instructions that read 11 bits">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
                           "::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect",
                           "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def EmitLoops : Pass<"nvptx-emit-loops", "::mlir::ModuleOp"> {
  let summary = "Makes kernels of all else that computes on memory.";
  let description = [{
    On memrefs, behind `--moe-outline-kernels` and the other `nvptx-emit` passes. Each outlined function
    that is left becomes a kernel, its calls launches: a thread for each result, a block for each long
    sum, tiles of products, a thread or a block for each turn of a parallel loop, one block or thread for
    what is sequential. A loop around large operations stays on the host, and so does what checks or
    needs memory of a size that only the loop knows. The order of a sum depends on its length only.
    A function whose memory is a few integers that nobody but the host touches computes shapes: it
    stays a call. What is chosen is a remark. Example: `test/lowering/nvptx/emit-loops.mlir`.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect", "::mlir::gpu::GPUDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::NVVM::NVVMDialect", "::mlir::scf::SCFDialect"];
}

def SplitMemory : Pass<"nvptx-split-memory", "::mlir::ModuleOp"> {
  let summary = "Moves the numbers that the host itself reads and writes.";
  let description = [{
    On memrefs, behind the kernels. All buffers are the device's but small ones that only the host
    touches, which it keeps on its stack. Loads, stores and shapes of others become fetches and uploads.
    Example: `test/lowering/nvptx/split-memory.mlir`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::memref::MemRefDialect"];
}

def BindLaunches : Pass<"nvptx-bind-launches", "::mlir::ModuleOp"> {
  let summary = "Numbers kernels, and passes bare kernels their addresses.";
  let description = [{
    Kernels are numbered by their first launch (`moe.kernel` of each launch, `moe.kernels` of the
    module); those that nobody starts go. Example: `test/lowering/nvptx/bind-launches.mlir`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::NVVM::NVVMDialect"];
}

def ConvertKernels : Pass<"nvptx-convert-kernels", "::mlir::gpu::GPUModuleOp"> {
  let summary = "Converts kernels to the LLVM dialect.";
  let description = [{
    Memrefs become descriptors, parallel ids and barriers `nvvm`, math that has instructions LLVM's
    intrinsics; no function of a library is called. Expects `--moe-expand-math` and branches instead of
    loops. Example: `test/lowering/nvptx/convert-kernels.mlir`.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect",
                           "::mlir::cf::ControlFlowDialect", "::mlir::memref::MemRefDialect"];
}

#endif // MOE_LOWERING_LOWERINGS_TD
