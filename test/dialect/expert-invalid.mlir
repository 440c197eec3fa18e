// RUN: moe-opt %s -split-input-file -verify-diagnostics

func.func @expert_c1_rows(%x: tensor<6x8xf32>, %o: tensor<5xi32>, %w: tensor<4x8x8xf32>) {
  // expected-error@below {{expects dimension 0 of `result` to be 6 (C1), but got 5}}
  %y = moe.expert %x, %o weights(%w) : tensor<6x8xf32>, tensor<5xi32>, (tensor<4x8x8xf32>) -> tensor<5x8xf32> {
  ^bb0(%r: tensor<?x8xf32>, %we: tensor<8x8xf32>):
    moe.yield %r : tensor<?x8xf32>
  }
  return
}

// -----

func.func @expert_c1_offsets(%x: tensor<?x8xf32>, %o: tensor<?xi32>, %w: tensor<4x8x8xf32>) {
  // expected-error@below {{expects `offsets` to have a static number of elements above 1 (C1)}}
  %y = moe.expert %x, %o weights(%w) : tensor<?x8xf32>, tensor<?xi32>, (tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x8xf32>, %we: tensor<8x8xf32>):
    moe.yield %r : tensor<?x8xf32>
  }
  return
}

// -----

func.func @expert_c1_one_offset(%x: tensor<?x8xf32>, %o: tensor<1xi32>, %w: tensor<4x8x8xf32>) {
  // expected-error@below {{expects `offsets` to have a static number of elements above 1 (C1)}}
  %y = moe.expert %x, %o weights(%w) : tensor<?x8xf32>, tensor<1xi32>, (tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x8xf32>, %we: tensor<8x8xf32>):
    moe.yield %r : tensor<?x8xf32>
  }
  return
}

// -----

func.func @expert_c2_leading_dimension(%x: tensor<?x8xf32>, %o: tensor<5xi32>, %w: tensor<3x8x8xf32>) {
  // expected-error@below {{expects weight 0 to have the number of experts as its leading dimension (C2), 4}}
  %y = moe.expert %x, %o weights(%w) : tensor<?x8xf32>, tensor<5xi32>, (tensor<3x8x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x8xf32>, %we: tensor<8x8xf32>):
    moe.yield %r : tensor<?x8xf32>
  }
  return
}

// -----

func.func @expert_c2_no_leading_dimension(%x: tensor<?x8xf32>, %o: tensor<5xi32>, %w: tensor<f32>) {
  // expected-error@below {{expects weight 0 to have the number of experts as its leading dimension (C2), 4}}
  %y = moe.expert %x, %o weights(%w) : tensor<?x8xf32>, tensor<5xi32>, (tensor<f32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x8xf32>, %we: tensor<8x8xf32>):
    moe.yield %r : tensor<?x8xf32>
  }
  return
}

// -----

func.func @expert_c3_number_of_arguments(%x: tensor<?x8xf32>, %o: tensor<5xi32>, %w: tensor<4x8x8xf32>) {
  // expected-error@below {{expects a region argument for the rows and for each weight (C3), 2, but got 1}}
  %y = moe.expert %x, %o weights(%w) : tensor<?x8xf32>, tensor<5xi32>, (tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x8xf32>):
    moe.yield %r : tensor<?x8xf32>
  }
  return
}

// -----

func.func @expert_c3_rows(%x: tensor<?x8xf32>, %o: tensor<5xi32>, %w: tensor<4x8x8xf32>) {
  // expected-error@below {{expects region argument 0 to be}}
  %y = moe.expert %x, %o weights(%w) : tensor<?x8xf32>, tensor<5xi32>, (tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x9xf32>, %we: tensor<8x8xf32>):
    moe.yield %r : tensor<?x9xf32>
  }
  return
}

// -----

func.func @expert_c3_weight(%x: tensor<?x8xf32>, %o: tensor<5xi32>, %w: tensor<4x8x8xf32>) {
  // expected-error@below {{expects region argument 1 to be}}
  %y = moe.expert %x, %o weights(%w) : tensor<?x8xf32>, tensor<5xi32>, (tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x8xf32>, %we: tensor<8x9xf32>):
    moe.yield %r : tensor<?x8xf32>
  }
  return
}

// -----

func.func @expert_c4_yield(%x: tensor<?x8xf32>, %o: tensor<5xi32>, %w: tensor<4x8x8xf32>) {
  // expected-error@below {{expects its region to yield}}
  %y = moe.expert %x, %o weights(%w) : tensor<?x8xf32>, tensor<5xi32>, (tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x8xf32>, %we: tensor<8x8xf32>):
    moe.yield %we : tensor<8x8xf32>
  }
  return
}
