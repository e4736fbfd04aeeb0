"""A fleet of small sailing boats in wind, waves and current, simulated side by side with numpy.

Angles are in radians and grow clockwise; a positive rudder turns the bow to starboard. Yaw follows
Nomoto's first-order model, T r' + r = K (rudder + disturbance), the usual one for course keeping.
"""

import numpy as np

CONTROL_PERIOD_S = 0.25
PHYSICS_STEPS = 5
MAX_RUDDER = np.radians(30)
MAX_RUDDER_RATE = np.radians(12)
REFERENCE_SPEED = 3.0  # m/s, where the yaw gain and the pilot's gains are given

# Name, unit, scale (the model sees value / scale), meaning.
FEATURES = [
    ("heading_sin", "1", 1.0, "sine of the compass heading"),
    ("heading_cos", "1", 1.0, "cosine of the compass heading"),
    ("heading_error", "rad", 0.5, "course to steer minus heading, wrapped to [-pi, pi]"),
    ("heading_error_integral", "rad s", 2.0, "leaky integral of the heading error"),
    ("yaw_rate", "rad/s", 0.1, "gyroscope, vertical axis"),
    ("yaw_acceleration", "rad/s2", 0.1, "difference of successive yaw rates"),
    ("roll", "rad", 0.3, "positive when heeling to starboard"),
    ("roll_rate", "rad/s", 0.3, "gyroscope, long axis"),
    ("pitch", "rad", 0.1, "positive with the bow up"),
    ("pitch_rate", "rad/s", 0.1, "gyroscope, cross axis"),
    ("heave_acceleration", "m/s2", 1.0, "accelerometer, vertical, without gravity"),
    ("speed_through_water", "m/s", 3.0, "paddle wheel"),
    ("speed_over_ground", "m/s", 3.0, "satellite navigation"),
    ("course_error", "rad", 0.5, "course to steer minus course over ground, wrapped"),
    ("drift", "rad", 0.2, "course over ground minus heading, wrapped"),
    ("apparent_wind_speed", "m/s", 10.0, "masthead anemometer"),
    ("apparent_wind_sin", "1", 1.0, "sine of its angle off the bow, positive from starboard"),
    ("apparent_wind_cos", "1", 1.0, "cosine of its angle off the bow"),
    ("true_wind_speed", "m/s", 10.0, "computed from apparent wind and speed"),
    ("true_wind_sin", "1", 1.0, "sine of the true wind angle off the bow"),
    ("true_wind_cos", "1", 1.0, "cosine of the true wind angle off the bow"),
    ("wave_height", "m", 1.0, "significant height, slow estimate"),
    ("wave_period", "s", 5.0, "encounter period, slow estimate"),
    ("rudder_angle", "rad", 0.5, "rudder feedback unit"),
    ("rudder_rate", "rad/s", 0.2, "difference of successive rudder angles"),
]
FEATURE_NAMES = [row[0] for row in FEATURES]
FEATURE_SCALE = np.array([row[2] for row in FEATURES])


def wrap(angle):
    return (angle + np.pi) % (2 * np.pi) - np.pi


class Fleet:
    """`count` boats, each with its own hull, weather and helmsman's orders, advanced in lock step."""

    def __init__(self, rng, count):
        def uniform(low, high):
            return rng.uniform(low, high, count)

        self.rng = rng
        self.yaw_time_constant = uniform(1.2, 3.0)
        self.yaw_gain = uniform(0.25, 0.45)
        self.hull_speed = uniform(2.0, 4.0)
        self.weather_helm = uniform(0.02, 0.10)
        self.wind_mean = uniform(3, 14)
        self.wind_direction = uniform(-np.pi, np.pi)
        self.gust_strength = uniform(0.05, 0.25)
        self.wave_height = uniform(0, 2.0)
        self.wave_frequency = 2 * np.pi / uniform(3.5, 8)
        self.wave_yaw = uniform(0.01, 0.05)
        self.current = uniform(-0.6, 0.6) + 1j * uniform(-0.6, 0.6)

        self.time_s = 0.0
        self.heading = uniform(-np.pi, np.pi)
        self.target = wrap(self.heading + uniform(-0.5, 0.5))
        self.yaw_rate = np.zeros(count)
        self.rudder = np.zeros(count)
        self.speed = self.hull_speed * 0.8
        self.roll = np.zeros(count)
        self.roll_rate = np.zeros(count)
        self.gust = np.zeros(count)
        self.wave_phase = uniform(0, 2 * np.pi)
        self.error_integral = np.zeros(count)
        self.order_s = np.zeros(count)
        self.next_order_s = uniform(5, 40)
        self.seen_yaw_rate = np.zeros(count)
        self.seen_rudder = np.zeros(count)

    @property
    def heading_error(self):
        return wrap(self.target - self.heading)

    @property
    def holding(self):
        """True for the boats whose last change of course is long over."""
        return self.time_s - self.order_s > 15

    def _winds(self):
        """True wind speed and angle off the bow, then the apparent ones."""
        true_speed = self.wind_mean * (1 + self.gust)
        true_angle = wrap(self.wind_direction - self.heading)
        apparent = true_speed * np.exp(1j * true_angle) + self.speed
        return true_speed, true_angle, np.abs(apparent), np.angle(apparent)

    def sense(self):
        """One noisy reading of every sensor, scaled: [boats, 25] float32, columns as FEATURES."""
        count = len(self.heading)

        def noise(deviation):
            return self.rng.normal(0, deviation, count)

        true_speed, true_angle, apparent_speed, apparent_angle = self._winds()
        heading = self.heading + noise(0.01)
        ground = self.speed * np.exp(1j * self.heading) + self.current
        course = np.angle(ground) + noise(0.02)
        yaw_rate = self.yaw_rate + noise(0.003)
        rudder = self.rudder + noise(0.003)
        apparent_angle = apparent_angle + noise(0.03)
        true_angle = true_angle + noise(0.04)
        crest = self.wave_height * np.sin(self.wave_phase)
        slope = self.wave_height * np.cos(self.wave_phase)
        columns = {
            "heading_sin": np.sin(heading),
            "heading_cos": np.cos(heading),
            "heading_error": wrap(self.target - heading),
            "heading_error_integral": self.error_integral,
            "yaw_rate": yaw_rate,
            "yaw_acceleration": (yaw_rate - self.seen_yaw_rate) / CONTROL_PERIOD_S,
            "roll": self.roll + noise(0.01),
            "roll_rate": self.roll_rate + noise(0.01),
            "pitch": 0.04 * slope + noise(0.005),
            "pitch_rate": -0.04 * self.wave_frequency * crest + noise(0.005),
            "heave_acceleration": -0.5 * self.wave_frequency**2 * crest + noise(0.05),
            "speed_through_water": self.speed + noise(0.05),
            "speed_over_ground": np.abs(ground) + noise(0.05),
            "course_error": wrap(self.target - course),
            "drift": wrap(course - heading),
            "apparent_wind_speed": apparent_speed + noise(0.3),
            "apparent_wind_sin": np.sin(apparent_angle),
            "apparent_wind_cos": np.cos(apparent_angle),
            "true_wind_speed": true_speed + noise(0.4),
            "true_wind_sin": np.sin(true_angle),
            "true_wind_cos": np.cos(true_angle),
            "wave_height": self.wave_height + noise(0.1),
            "wave_period": 2 * np.pi / self.wave_frequency + noise(0.2),
            "rudder_angle": rudder,
            "rudder_rate": (rudder - self.seen_rudder) / CONTROL_PERIOD_S,
        }
        self.seen_yaw_rate, self.seen_rudder = yaw_rate, rudder
        reading = np.stack([columns[name] for name in FEATURE_NAMES], axis=1)
        return (reading / FEATURE_SCALE).astype(np.float32)

    def expert(self):
        """The PID pilot's rudder command in [-1, 1], from the true state; gains scheduled by speed."""
        authority = REFERENCE_SPEED / np.maximum(self.speed, 0.5)
        wanted = 0.9 * self.heading_error - 1.3 * self.yaw_rate + 0.12 * self.error_integral
        return np.clip(authority * wanted / MAX_RUDDER, -1, 1)

    def step(self, command):
        """Hold the rudder command, in [-1, 1], for one control period."""
        dt = CONTROL_PERIOD_S / PHYSICS_STEPS
        for _ in range(PHYSICS_STEPS):
            self._advance(np.clip(command, -1, 1) * MAX_RUDDER, dt)
        error = self.heading_error
        steady = np.abs(error) < 0.35
        self.error_integral += CONTROL_PERIOD_S * (np.where(steady, error, 0) - self.error_integral / 40)
        self.time_s += CONTROL_PERIOD_S
        due = self.time_s >= self.next_order_s
        count = len(due)
        turn = self.rng.uniform(-0.7, 0.7, count)
        pause = self.rng.uniform(25, 60, count)
        self.order_s = np.where(due, self.time_s, self.order_s)
        self.target = np.where(due, wrap(self.target + turn), self.target)
        self.next_order_s = np.where(due, self.time_s + pause, self.next_order_s)

    def _advance(self, rudder_goal, dt):
        count = len(self.heading)
        _, _, apparent_speed, apparent_angle = self._winds()
        wind_force = (apparent_speed / 10) ** 2
        travel = MAX_RUDDER_RATE * dt
        self.rudder += np.clip(rudder_goal - self.rudder, -travel, travel)

        disturbance = (self.weather_helm * wind_force * np.sin(apparent_angle)
                       + self.wave_yaw * self.wave_height * np.sin(self.wave_phase + 0.7))
        gain = self.yaw_gain * self.speed / REFERENCE_SPEED
        self.yaw_rate += dt * (gain * (self.rudder + disturbance) - self.yaw_rate) / self.yaw_time_constant
        self.heading = wrap(self.heading + dt * self.yaw_rate)

        heel = (-0.5 * np.tanh(0.5 * wind_force * np.sin(apparent_angle))
                + 0.08 * self.wave_height * np.sin(self.wave_phase))
        self.roll_rate += dt * (2.0 * (heel - self.roll) - 0.8 * self.roll_rate)
        self.roll += dt * self.roll_rate

        drive = 0.35 + 0.65 * np.minimum(apparent_speed / 8, 1) * (1 - 0.5 * np.cos(apparent_angle / 2) ** 8)
        drag = 1 - 0.4 * np.abs(self.rudder)
        self.speed += dt * (self.hull_speed * drive * drag - self.speed) / 6
        self.wave_phase += dt * self.wave_frequency
        self.gust += dt * -self.gust / 4 + self.gust_strength * np.sqrt(dt / 2) * self.rng.normal(0, 1, count)
