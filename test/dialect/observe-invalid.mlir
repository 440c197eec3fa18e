// RUN: moe-opt %s -split-input-file -verify-diagnostics

module attributes {moe.layers = [{name = "layer_0"}]} {
  func.func @observe_c1_layer(%experts: tensor<?x2xi32>) {
    // expected-error@below {{expects its layer to be one of the module's `moe.layers` (C1), but got "layer_1"}}
    moe.observe "layer_1" experts %experts : tensor<?x2xi32>
    return
  }
}
