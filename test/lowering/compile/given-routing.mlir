// Choices that the graph itself computes go the whole way: fusing leaves them, products are grouped, rows
// are gathered as they are computed, and --verify compares what is left to compare.
// RUN: moe-opt %s --moe-keep-reference --to-routed -o %t.routed && FileCheck %s < %t.routed
// RUN: moe-opt %t.routed --to-linalg -o %t.linalg
// RUN: moe-translate --export-artifact %t.linalg -o %t.moe

// Dropped choices (-1) add nothing, and no tokens at all are fine.
// RUN: rm -rf %t.dir && mkdir -p %t.dir/none
// RUN: /usr/bin/python3 -c "import numpy as n; d='%t.dir/'; n.save(d+'x', n.float32([[1, 2], [3, 4], [5, 6]])); n.save(d+'ids', n.int32([[2, 0], [-1, 1], [-1, -1]])); n.save(d+'w', n.float32([[1, .5], [9, 2], [9, 9]]))"
// RUN: /usr/bin/python3 -c "import numpy as n; d='%t.dir/none/'; n.save(d+'x', n.zeros((0, 2), 'f')); n.save(d+'ids', n.zeros((0, 2), 'i')); n.save(d+'w', n.zeros((0, 2), 'f'))"
// RUN: moe-run %t.moe --input x=%t.dir/x.npy --input ids=%t.dir/ids.npy --input w=%t.dir/w.npy --output-dir %t.dir --verify --routing %t.dir | FileCheck %s --check-prefix=OUT
// RUN: /usr/bin/python3 -c "import numpy as n; print(n.load('%t.dir/y.npy').tolist(), n.load('%t.dir/given.load.npy').tolist())" | FileCheck %s --check-prefix=VALUES
// RUN: moe-run %t.moe --input x=%t.dir/none/x.npy --input ids=%t.dir/none/ids.npy --input w=%t.dir/none/w.npy --output-dir %t.dir/none --verify
// OUT-DAG: verify: layer 'given': largest error 0, {{.*}} 3 rows, 0 routing mismatches
// OUT-DAG: given 3 2 3 1 1.0 1 0
// VALUES: {{\[\[}}3.5, 7.0], [12.0, 16.0], [0.0, 0.0]] [1, 1, 1]

// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<?x2xf32> {{.*}}, %[[IDS:.*]]: tensor<?x2xi32> {{.*}}, %[[W:.*]]: tensor<?x2xf32>
// CHECK: %{{.*}}, %[[SLOTS:.*]], %[[OFFSETS:.*]] = moe.dispatch %[[X]], %[[IDS]] {num_experts = 3 : i64, tile = 8 : i64}
// CHECK: %[[Y:.*]] = moe.grouped_matmul %[[X]] offsets(%[[OFFSETS]] : tensor<4xi32>) row_index(%[[SLOTS]] : tensor<?xi32>) {{.*}} {divisor = 2 : i64}
// CHECK: moe.combine %[[Y]], %[[SLOTS]], %[[W]]
// CHECK: module @reference
// CHECK-NEXT: func.func @given(%{{.*}} {moe.role = #moe<observed tokens>}, %{{.*}} {moe.role = #moe<observed experts>}, %{{.*}} {moe.role = #moe<observed weights>}) -> (tensor<?x2xf32> {moe.role = #moe<observed output>})
// CHECK-NOT: moe.gate

module attributes {moe.stage = "moe", moe.cpu = ["avx2"], moe.targets = ["cpu"],
    moe.layers = [{experts = 3 : i64, form = "loop", gate = "given", hidden = 2 : i64, intermediate = 2 : i64, name = "given", node = "n", top_k = 2 : i64}]} {
  func.func @main(%x: tensor<?x2xf32> {onnx.name = "x"}, %ids: tensor<?x2xi32> {onnx.name = "ids"}, %w: tensor<?x2xf32> {onnx.name = "w"})
      -> (tensor<?x2xf32> {onnx.name = "y"}) {
    %rows, %slots, %offsets = moe.dispatch %x, %ids {num_experts = 3 : i64}
        : tensor<?x2xf32>, tensor<?x2xi32> -> tensor<?x2xf32>, tensor<?xi32>, tensor<4xi32>
    // Expert e multiplies by e + 1.
    %m = moe.weight [#moe.piece<dense<[[[1.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 2.0]], [[3.0, 0.0], [0.0, 3.0]]]> : tensor<3x2x2xf32> at 0 shape [3, 2, 2] strides [4, 2, 1]>] : tensor<3x2x2xf32>
    %out = moe.expert %rows, %offsets weights(%m) : tensor<?x2xf32>, tensor<4xi32>, (tensor<3x2x2xf32>) -> tensor<?x2xf32> {
    ^bb0(%r: tensor<?x2xf32>, %me: tensor<2x2xf32>):
      %c0 = arith.constant 0 : index
      %zero = arith.constant 0.0 : f32
      %n = tensor.dim %r, %c0 : tensor<?x2xf32>
      %e = tensor.empty(%n) : tensor<?x2xf32>
      %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x2xf32>) -> tensor<?x2xf32>
      %p = linalg.matmul ins(%r, %me : tensor<?x2xf32>, tensor<2x2xf32>) outs(%z : tensor<?x2xf32>) -> tensor<?x2xf32>
      moe.yield %p : tensor<?x2xf32>
    }
    %y = moe.combine %out, %slots, %w : tensor<?x2xf32>, tensor<?xi32>, tensor<?x2xf32> -> tensor<?x2xf32>
    moe.observe "given" tokens %x : tensor<?x2xf32>
    moe.observe "given" experts %ids : tensor<?x2xi32>
    moe.observe "given" weights %w : tensor<?x2xf32>
    moe.observe "given" output %y : tensor<?x2xf32>
    return %y : tensor<?x2xf32>
  }
}
