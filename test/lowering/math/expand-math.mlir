// RUN: moe-opt --moe-expand-math %s | FileCheck %s

// CHECK-LABEL: @exp_of_a_vector
func.func @exp_of_a_vector(%x: vector<16xf32>) -> vector<16xf32> {
  // CHECK-NOT: math.exp
  // CHECK: math.fma %{{.*}} : vector<16xf32>
  %y = math.exp %x : vector<16xf32>
  return %y : vector<16xf32>
}

// CHECK-LABEL: @half_is_computed_in_single
func.func @half_is_computed_in_single(%x: bf16, %y: f16) -> (bf16, f16) {
  // CHECK-NOT: arith.truncf %{{.*}} to bf16
  // CHECK: arith.addf %{{.*}} : f32
  // CHECK: arith.trunci %{{.*}} : i32 to i16
  %a = arith.addf %x, %x : bf16
  // CHECK: arith.mulf %{{.*}} : f32
  // CHECK: arith.truncf %{{.*}} : f32 to f16
  %b = arith.mulf %y, %y : f16
  return %a, %b : bf16, f16
}

// CHECK-LABEL: @squares_are_products
func.func @squares_are_products(%x: f32) -> f32 {
  // CHECK: %[[Y:.*]] = arith.mulf
  // CHECK-NEXT: return %[[Y]]
  %two = arith.constant 2.0 : f32
  %y = math.powf %x, %two : f32
  return %y : f32
}

// The machine has an instruction.
// CHECK-LABEL: @stays
func.func @stays(%x: f32) -> f32 {
  // CHECK: math.sqrt
  %y = math.sqrt %x : f32
  return %y : f32
}
