// A manifest as tests use it.
#pragma once

#include "bundle/manifest.h"
#include "digest/digest.h"

namespace slipway::bundle {

inline Manifest sample_manifest() {
  Manifest manifest;
  manifest.name = "autopilot";
  manifest.version = {1, 2, 0, "rc.1", "7"};
  manifest.inputs = {{"sensors", "float", {"batch", "20", "25"}}};
  manifest.outputs = {{"rudder", "float", {"batch", "1"}}};
  manifest.files = {{"boat/golden.npz", sha256("golden"), 6},
                    {"boat/model.plan", sha256("plan"), 4},
                    {"desk/model.onnx", sha256("onnx!"), 5},
                    {"desk/same.onnx", sha256("onnx!"), 5}};
  Target boat;
  boat.name = "boat";
  boat.precision = "int8";
  boat.file = "boat/model.plan";
  boat.threads = 2;
  boat.parts = {{"golden_inputs", "boat/golden.npz"}};
  boat.needs.architecture = "aarch64";
  boat.needs.instruction_sets = {"dotprod", "neon"};
  boat.needs.engine = "native";
  boat.needs.engine_version = "0.1.0";
  boat.needs.drivers = {{"cuda", "12.2"}};
  boat.needs.memory_bytes = 1 << 20;
  boat.needs.power_mode = "15W";
  boat.needs.board = "Jetson Orin";
  Target desk;
  desk.name = "desk";
  desk.precision = "f32";
  desk.file = "desk/model.onnx";
  desk.options = {{"provider", "cpu"}};
  manifest.targets = {boat, desk};
  return manifest;
}

}  // namespace slipway::bundle
