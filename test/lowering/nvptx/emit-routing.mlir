// RUN: moe-opt --nvptx-emit-routing %s | FileCheck %s

// CHECK: module
module {}
