#include "recipe/keys.h"

namespace slipway::recipe {
namespace {

constexpr KeyRow kKeys[] = {
    {"", "model"},
    {"", "samples"},
    {"", "budget"},
    {"", "build"},
    {"", "engines"},
    {"", "targets"},
    {"", "inputs"},
    {"", "outputs"},
    {"", "links"},
    {"", "rollout"},
    {"model", "name"},
    {"model", "version"},
    {"model", "file"},
    {"model", "dims"},
    {"samples", "file"},
    {"samples", "labels"},
    {"samples", "limit"},
    {"budget", "p99_latency_ms"},
    {"budget", "accuracy_drop_percent"},
    {"budget", "memory_mib"},
    {"build", "engines"},
    {"build", "precisions"},
    {"build", "threads"},
    {"build", "optimize"},
    {"build", "prune"},
    {"targets.NAME", "board"},
    {"targets.NAME", "engines"},
    {"targets.NAME", "precisions"},
    {"targets.NAME", "threads"},
    {"targets.NAME", "budget"},
    {"inputs.NAME", "window_axis"},
    {"inputs.NAME", "window_step"},
    {"inputs.NAME", "rate_hz"},
    {"inputs.NAME", "mean"},
    {"inputs.NAME", "scale"},
    {"outputs.NAME", "clamp"},
    {"outputs.NAME", "safe_value"},
    {"links.NAME", "kind"},
    {"links.NAME", "address"},
    {"links.NAME", "topic"},
    {"links.NAME", "publish"},
    {"links.NAME", "subscribe"},
    {"rollout", "stages_percent"},
    {"rollout", "soak_minutes"},
    {"rollout", "max_failures_percent"},
};

}  // namespace

std::span<const KeyRow> all_keys() { return kKeys; }

}  // namespace slipway::recipe
