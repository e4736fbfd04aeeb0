"""Race stints with wearing tyres, simulated with numpy: what the car's telemetry shows and what a lap costs.

A lap is 50 samples on a circuit of random corners. Worn tyres slide more for the same lateral acceleration and
run hotter; past a point wear becomes a cliff. The lap-time loss is against a fresh set in the same conditions.
"""

import numpy as np

SAMPLES = 50
LAPS = 30
GRAVITY = 9.81
TOP_SPEED = 85.0
SAMPLE_S = 1.8

# Name, unit, offset, scale (the model sees (value - offset) / scale).
CHANNELS = [
    ("speed", "m/s", 50.0, 20.0),
    ("throttle", "1", 0.5, 0.5),
    ("brake", "1", 0.0, 0.5),
    ("steering", "rad", 0.0, 0.1),
    ("lateral_acceleration", "g", 0.0, 1.5),
    ("longitudinal_acceleration", "g", 0.0, 1.0),
    ("tyre_temperature_fl", "C", 95.0, 15.0),
    ("tyre_temperature_fr", "C", 95.0, 15.0),
    ("tyre_temperature_rl", "C", 95.0, 15.0),
    ("tyre_temperature_rr", "C", 95.0, 15.0),
    ("slip_fl", "1", 0.05, 0.03),
    ("slip_fr", "1", 0.05, 0.03),
    ("slip_rl", "1", 0.05, 0.03),
    ("slip_rr", "1", 0.05, 0.03),
    ("track_temperature", "C", 35.0, 8.0),
    ("fuel_mass", "kg", 50.0, 25.0),
]
CHANNEL_NAMES = [row[0] for row in CHANNELS]

# What the tree ensemble sees of a lap: what the pit wall knows, then statistics of the channels, unscaled.
FEATURE_NAMES = [
    "tyre_age_laps", "is_soft", "is_medium", "is_hard", "track_temperature", "fuel_mass",
    "speed_mean", "speed_min", "throttle_mean", "brake_mean", "lateral_mean_abs", "lateral_max_abs",
    "steering_per_lateral", "tyre_temperature_front_mean", "tyre_temperature_rear_mean", "tyre_temperature_max",
    "slip_front_mean", "slip_rear_mean", "slip_max", "slip_per_lateral",
]

# Soft, medium, hard: wear per lap at an even pace, grip when fresh.
WEAR_PER_LAP = np.array([0.040, 0.028, 0.020])
FRESH_GRIP = np.array([1.80, 1.72, 1.66])


def corner_profile(rng, count):
    """Curvature in 1/m along a lap, [stints, samples]."""
    place = np.linspace(0, 2 * np.pi, SAMPLES, endpoint=False)
    curvature = np.zeros((count, SAMPLES))
    for harmonic in range(2, 9):
        amplitude = rng.normal(0, 1, (count, 1)) / np.sqrt(harmonic)
        curvature += amplitude * np.sin(harmonic * place + rng.uniform(0, 2 * np.pi, (count, 1)))
    return 0.012 * np.sign(curvature) * np.abs(curvature) ** 1.5


def lap_time_loss(wear, track_temperature):
    """Seconds lost to a fresh set: a slope, and a cliff past 70 % wear that heat brings closer."""
    cliff = np.maximum(wear - 0.7 + 0.008 * (track_temperature - 35), 0)
    return 1.8 * wear + 14 * cliff**2


def telemetry(rng, curvature, grip, wear, push, track_temperature, fuel):
    """One lap of every stint: [stints, 16, 50] float64, columns as CHANNELS, unscaled."""
    count = len(grip)

    def noise(deviation, *shape):
        return rng.normal(0, deviation, (count, *shape, SAMPLES))

    wanted = np.sqrt(grip[:, None] * push[:, None] * GRAVITY / np.maximum(np.abs(curvature), 2e-3))
    speed = np.minimum(wanted, TOP_SPEED)
    for _ in range(3):
        speed = (np.roll(speed, 1, axis=1) + 2 * speed + np.roll(speed, -1, axis=1)) / 4
    lateral = speed**2 * curvature / GRAVITY
    longitudinal = (np.roll(speed, -1, axis=1) - speed) / SAMPLE_S / GRAVITY + 0.15 * (speed / TOP_SPEED) ** 2
    load = np.sqrt(lateral**2 + longitudinal**2) * (1 + fuel[:, None] / 800)
    use = load / grip[:, None]
    # Left tyres carry the load in right-hand corners (positive curvature); rear tyres carry the traction.
    left = 1 + 0.35 * np.tanh(lateral)
    wheels = np.stack([left, 2 - left, left * 1.08, (2 - left) * 1.08], axis=1)
    slip = 0.02 + 0.045 * use[:, None] ** 2 * wheels * (1 + 0.9 * wear[:, None, None])
    heat = 62 + 0.7 * track_temperature[:, None, None] + 260 * slip * (1 + 0.3 * wear[:, None, None])
    temperature = np.empty_like(heat)
    state = heat.mean(axis=2)
    for sample in range(SAMPLES):
        state = state + 0.15 * (heat[:, :, sample] - state)
        temperature[:, :, sample] = state
    steering = 3.2 * curvature * (1 + 0.4 * wear[:, None] * use**2)
    steady = np.ones((1, SAMPLES))
    return np.concatenate([
        np.stack([
            speed + noise(0.4),
            np.clip(0.25 + 2.0 * longitudinal + 0.5 * (speed / TOP_SPEED), 0, 1),
            np.clip(-2.0 * longitudinal, 0, 1),
            steering + noise(0.003),
            lateral + noise(0.05),
            longitudinal + noise(0.05),
        ], axis=1),
        temperature + noise(0.8, 4),
        slip + noise(0.004, 4),
        np.stack([track_temperature[:, None] * steady, fuel[:, None] * steady], axis=1),
    ], axis=1)


def features(laps, age, compound):
    """The rows of FEATURE_NAMES for laps [n, 16, 50]: [n, 20] float32."""
    channel = {name: laps[:, index] for index, name in enumerate(CHANNEL_NAMES)}
    lateral = np.abs(channel["lateral_acceleration"])
    front = np.stack([channel["tyre_temperature_fl"], channel["tyre_temperature_fr"]])
    rear = np.stack([channel["tyre_temperature_rl"], channel["tyre_temperature_rr"]])
    slip_front = np.stack([channel["slip_fl"], channel["slip_fr"]])
    slip_rear = np.stack([channel["slip_rl"], channel["slip_rr"]])
    slips = np.concatenate([slip_front, slip_rear])
    lateral_energy = (lateral**2).mean(axis=1)
    columns = [
        age, compound == 0, compound == 1, compound == 2,
        channel["track_temperature"][:, 0], channel["fuel_mass"][:, 0],
        channel["speed"].mean(axis=1), channel["speed"].min(axis=1),
        channel["throttle"].mean(axis=1), channel["brake"].mean(axis=1),
        lateral.mean(axis=1), lateral.max(axis=1),
        np.abs(channel["steering"]).mean(axis=1) / lateral.mean(axis=1),
        front.mean(axis=(0, 2)), rear.mean(axis=(0, 2)), np.maximum(front, rear).max(axis=(0, 2)),
        slip_front.mean(axis=(0, 2)), slip_rear.mean(axis=(0, 2)), slips.max(axis=(0, 2)),
        (slips.mean(axis=(0, 2)) - 0.02) / lateral_energy,
    ]
    return np.stack([np.asarray(column, np.float64) for column in columns], axis=1).astype(np.float32)


def scaled(laps):
    offset = np.array([row[2] for row in CHANNELS])[:, None]
    scale = np.array([row[3] for row in CHANNELS])[:, None]
    return ((laps - offset) / scale).astype(np.float32)


def race(rng, stints):
    """Laps of many stints in order, stint by stint: scaled telemetry, tree features, lap-time loss."""
    compound = rng.integers(0, 3, stints)
    curvature = corner_profile(rng, stints)
    track_temperature = rng.uniform(22, 50, stints)
    fuel = rng.uniform(40, 100, stints)
    style = rng.uniform(0.85, 1.0, stints)
    wear_rate = WEAR_PER_LAP[compound] * rng.uniform(0.8, 1.3, stints)
    wear = np.zeros(stints)
    inputs, rows, losses = [], [], []
    for lap in range(LAPS):
        push = np.clip(style + rng.normal(0, 0.04, stints), 0.75, 1.05)
        grip = FRESH_GRIP[compound] * (1 - 0.12 * wear)
        wear = wear + wear_rate * push**2 * (1 + 0.015 * (track_temperature - 35)) * (1 + fuel / 400)
        wear = np.minimum(wear, 1.3)
        laps = telemetry(rng, curvature, grip, wear, push, track_temperature, fuel)
        inputs.append(scaled(laps))
        rows.append(features(laps, np.full(stints, lap + 1), compound))
        losses.append(lap_time_loss(wear, track_temperature) + rng.normal(0, 0.05, stints))
        fuel = np.maximum(fuel - 1.7, 2)
        track_temperature = track_temperature + rng.normal(0, 0.2, stints)
    ordered = [np.stack(values, axis=1).reshape(stints * LAPS, *values[0].shape[1:])
               for values in (inputs, rows, losses)]
    return ordered[0], ordered[1], ordered[2].astype(np.float32)
