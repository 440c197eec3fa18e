// RUN: moe-opt --nvptx-emit-products %s | FileCheck %s

// CHECK: module
module {}
