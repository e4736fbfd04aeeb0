#!/usr/bin/env python3
"""slipway.edge: the monitor of a machine, its health, and whether a model's file is the one that was meant.

Needs NumPy; PYTHONPATH has the package.
"""

import contextlib
import io
import json
import os
import pathlib
import socket
import time
import unittest

import numpy as np
import slipway
from edge_models import AUTOPILOT, WINDOWS, InFolder
from slipway import edge


def read(path):
    return pathlib.Path(path).read_text(encoding="utf-8")


class Monitor(InFolder):
    KEYS = {"timestamp", "uptime", "cpu_percent", "memory_percent", "disk_usage"}
    GPU_KEYS = {"gpu_load", "gpu_memory_percent", "gpu_temperature"}

    def write(self, path, text):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def machine(self, user=100, idle=100):
        self.write("proc/stat", f"cpu  {user} 0 0 {idle} 0 0 0 0 0 0\ncpu0 {user} 0 0 {idle} 0 0 0 0 0 0\n")
        self.write("proc/meminfo", "MemTotal:  1000 kB\nMemFree:  100 kB\nMemAvailable:  250 kB\n")

    def test_of_this_machine(self):
        metrics = slipway.EdgeMonitor().get_system_metrics()
        self.assertLessEqual(self.KEYS, set(metrics))
        self.assertLessEqual(set(metrics) - self.KEYS, self.GPU_KEYS)
        for key in ("cpu_percent", "memory_percent", "disk_usage"):
            self.assertTrue(0 <= metrics[key] <= 100, (key, metrics))
        self.assertGreater(metrics["memory_percent"], 0)
        self.assertAlmostEqual(metrics["timestamp"], time.time(), delta=60)
        if os.path.exists("/proc/driver/nvidia/version"):
            self.skipTest("a GPU's driver is here: which of its metrics there are depends on it")
        self.assertEqual(set(metrics), self.KEYS)

    def test_of_a_machine_that_is_known(self):
        self.machine()
        monitor = slipway.EdgeMonitor(self.folder)
        self.machine(user=100 + 30, idle=100 + 70)
        metrics = monitor.get_system_metrics()
        self.assertEqual(set(metrics), self.KEYS)
        self.assertAlmostEqual(metrics["cpu_percent"], 30)
        self.assertAlmostEqual(metrics["memory_percent"], 75)
        self.assertGreater(metrics["uptime"], 0)
        self.machine(user=130 + 50, idle=170)
        self.assertAlmostEqual(monitor.get_system_metrics()["cpu_percent"], 100)
        self.assertEqual(monitor.get_system_metrics()["cpu_percent"], 0)  # no tick since

    def test_of_a_jetson(self):
        self.machine()
        self.write("sys/devices/platform/17000000.ga10b/load", "420\n")
        self.write("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n")
        self.write("sys/class/thermal/thermal_zone0/temp", "40000\n")
        self.write("sys/class/thermal/thermal_zone1/type", "gpu-thermal\n")
        self.write("sys/class/thermal/thermal_zone1/temp", "51500\n")
        metrics = slipway.EdgeMonitor(self.folder).get_system_metrics()
        self.assertEqual((metrics["gpu_load"], metrics["gpu_memory_percent"], metrics["gpu_temperature"]),
                         (42.0, metrics["memory_percent"], 51.5))
        (self.folder / "sys/class/thermal/thermal_zone1/temp").unlink()
        self.assertEqual(set(slipway.EdgeMonitor(self.folder).get_system_metrics()) - self.KEYS,
                         {"gpu_load", "gpu_memory_percent"}, "what is not told has no key")

    def test_of_nvidia_and_amd(self):
        self.machine()
        smi = self.write("usr/bin/nvidia-smi", "#!/bin/sh\necho 'NVIDIA H100, 17, 2048, 8192, 45'\n")
        smi.chmod(0o755)
        metrics = slipway.EdgeMonitor(self.folder).get_system_metrics()
        self.assertEqual([metrics[key] for key in ("gpu_load", "gpu_memory_percent", "gpu_temperature")], [17, 25, 45])
        smi.write_text("#!/bin/sh\necho 'no driver' >&2\nexit 9\n")
        self.assertEqual(set(slipway.EdgeMonitor(self.folder).get_system_metrics()), self.KEYS)
        card = "sys/class/drm/card0/device"
        for name, text in (("gpu_busy_percent", "8"), ("mem_info_vram_used", "30"), ("mem_info_vram_total", "40"),
                           ("hwmon/hwmon3/temp1_input", "61000")):
            self.write(f"{card}/{name}", text)
        metrics = slipway.EdgeMonitor(self.folder).get_system_metrics()
        self.assertEqual([metrics[key] for key in ("gpu_load", "gpu_memory_percent", "gpu_temperature")], [8, 75, 61])

    def test_log_metrics(self):
        monitor, out, path = slipway.EdgeMonitor(), io.StringIO(), self.folder / "log"
        with contextlib.redirect_stdout(out):
            first = monitor.log_metrics(path)
            monitor.log_metrics(path)
        self.assertIn(f"System Metrics: {first}\n", out.getvalue())
        lines = [json.loads(line) for line in read(path).splitlines()]
        self.assertEqual((len(lines), lines[0]), (2, first))
        with contextlib.redirect_stdout(out):
            self.refuses(slipway.UsageError, "/no/log", monitor.log_metrics, "/no/log")

    def test_without_proc(self):
        self.refuses(slipway.NotAvailableError, "/proc", slipway.EdgeMonitor, self.folder)


class Health(InFolder):
    CHECKS = {"model_loaded", "gpu_available", "memory_available", "disk_space", "network_connectivity", "sensor_data",
              "inference_time"}

    def test_nothing_given_is_not_healthy_and_says_what_was_not_checked(self):
        found = slipway.health_check()
        self.assertEqual(set(found), {"status", "checks", "timestamp", "details"})
        self.assertEqual((set(found["checks"]), set(found["details"])), (self.CHECKS, self.CHECKS))
        self.assertEqual(found["status"], "unhealthy")
        for name in ("model_loaded", "sensor_data", "inference_time"):
            self.assertIsNone(found["checks"][name])
            self.assertIn("not checked", found["details"][name])
        self.assertAlmostEqual(found["timestamp"], time.time(), delta=60)

    def test_all_that_is_required_is_good(self):
        required = self.CHECKS - {"gpu_available", "network_connectivity"}
        found = slipway.health_check(AUTOPILOT, sensor=lambda: WINDOWS[0], required=required, max_inference_ms=10000,
                                     min_disk_share=0, min_memory_share=0)
        self.assertEqual(found["status"], "healthy", found)
        self.assertTrue(all(found["checks"][name] is True for name in required))
        worse = slipway.health_check(AUTOPILOT, sensor=lambda: WINDOWS[0] * np.nan, required=required,
                                     max_inference_ms=10000, min_disk_share=0, min_memory_share=0)
        self.assertEqual((worse["status"], worse["checks"]["sensor_data"]), ("unhealthy", False))
        self.assertIn("NaN", worse["details"]["sensor_data"])

    def test_one_that_was_not_checked_does_not_pass(self):
        self.assertEqual(slipway.health_check(required=["sensor_data"])["status"], "unhealthy")
        self.assertEqual(slipway.health_check(sensor=lambda: 1.0, required=["sensor_data"])["status"], "healthy")

    def check(self, name, **named):
        found = slipway.health_check(**named)
        return found["checks"][name], found["details"][name]

    def test_models(self):
        engine = slipway.EdgeInferenceEngine(AUTOPILOT)
        session = slipway.InferenceSession(AUTOPILOT)
        small = slipway.MemoryEfficientInference(AUTOPILOT)
        pilot = slipway.AutopilotInference(AUTOPILOT)
        for model in (str(AUTOPILOT), AUTOPILOT, AUTOPILOT.read_bytes(), engine, session, small, pilot):
            self.assertIs(self.check("model_loaded", model=model)[0], True)
        for model in (engine, small, pilot):
            model.cleanup() if model is small else model.close()
            self.assertEqual(self.check("model_loaded", model=model), (False, "the model's session was closed"))
        self.assertEqual(session.run(None, {"sensors": WINDOWS[:1]})[0].shape, (1, 1), "it was lent")
        for model in ("no.onnx", b"", b"not a model", 3):
            good, why = self.check("model_loaded", model=model)
            self.assertIs(good, False)
            self.assertIn("does not load", why)

    def test_sensors(self):
        def broken():
            raise OSError("bus error")

        for sensor, good, words in ((lambda: [1.0, 2], True, "2 finite"),
                                    (lambda: {"a": [1], "b": 2}, True, "2 finite"),
                                    (lambda: True, True, "passed"), (lambda: False, False, "failed"),
                                    (lambda: None, False, "nothing"), (lambda: [], False, "empty"),
                                    (lambda: {}, False, "empty"), (lambda: "text", False, "no numbers"),
                                    (lambda: [1, float("inf")], False, "infinity"), (broken, False, "bus error")):
            self.assertEqual((self.check("sensor_data", sensor=sensor)[0]), good)
            self.assertIn(words, self.check("sensor_data", sensor=sensor)[1])

    def test_inference_time(self):
        calls = []
        good, why = self.check("inference_time", inference=lambda: calls.append(1), max_inference_ms=1000)
        self.assertIs(good, True)
        self.assertIn("1000 ms are allowed", why)
        self.assertGreater(len(calls), 1)
        good, why = self.check("inference_time", inference=lambda: time.sleep(0.005), max_inference_ms=4)
        self.assertIs(good, False)
        good, why = self.check("inference_time", inference=lambda: 1 / 0)
        self.assertIs(good, False)
        self.assertIn("ZeroDivisionError", why)
        self.assertIs(self.check("inference_time", model=AUTOPILOT, max_inference_ms=0)[0], False)

    def test_memory_and_disk(self):
        (self.folder / "proc").mkdir()
        (self.folder / "proc/meminfo").write_text("MemTotal: 1000 kB\nMemAvailable: 40 kB\n")
        self.assertIs(self.check("memory_available", root=self.folder)[0], False)
        self.assertIs(self.check("memory_available", root=self.folder, min_memory_share=0.04)[0], True)
        (self.folder / "proc/meminfo").write_text("nothing\n")
        self.assertIs(self.check("memory_available", root=self.folder)[0], None)
        self.assertIs(self.check("disk_space", min_disk_share=0)[0], True)
        self.assertIs(self.check("disk_space", min_disk_share=1)[0], False)
        good, why = self.check("disk_space", disk_path="/no/such/folder")
        self.assertIs(good, None)
        self.assertIn("/no/such/folder", why)

    def test_gpu(self):
        good, why = self.check("gpu_available", root=self.folder)
        self.assertIs(good, False)
        self.assertIn("no GPU was found", why)
        load = self.folder / "sys/devices/gpu.0/load"
        load.parent.mkdir(parents=True)
        load.write_text("0\n")
        self.assertIs(self.check("gpu_available", root=self.folder)[0], True)

    def test_network_without_a_host_sends_nothing(self):
        state = self.folder / "sys/class/net/eth0/operstate"
        state.parent.mkdir(parents=True)
        state.write_text("up\n")
        routes = self.folder / "proc/net/route"
        routes.parent.mkdir(parents=True)
        head = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
        routes.write_text(head + "eth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\n")
        good, why = self.check("network_connectivity", root=self.folder)
        self.assertIs(good, True)
        self.assertIn("not tried", why)
        state.write_text("down\n")
        self.assertIs(self.check("network_connectivity", root=self.folder)[0], False)
        state.write_text("up\n")
        routes.write_text(head + "eth0\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\n")
        self.assertIs(self.check("network_connectivity", root=self.folder)[0], False)
        routes.write_text(head)
        (routes.parent / "ipv6_route").write_text(f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} 00000400 00000001 00000000 "
                                                  f"00000003 eth0\n")
        self.assertIs(self.check("network_connectivity", root=self.folder)[0], True)
        self.assertIs(self.check("network_connectivity", root=self.folder / "none")[0], None)

    def test_network_with_a_host(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            host = f"127.0.0.1:{server.getsockname()[1]}"
            self.assertIs(self.check("network_connectivity", host=host)[0], True)
        good, why = self.check("network_connectivity", host=host)
        self.assertIs(good, False)
        self.assertIn("does not answer", why)
        self.assertIs(self.check("network_connectivity", host="robot:99999")[0], None)

    def test_wrong_arguments(self):
        self.refuses(slipway.UsageError, ["no check 'gpu'", "gpu_available"], slipway.health_check, required=["gpu"])
        self.refuses(slipway.UsageError, "min_disk_share", slipway.health_check, min_disk_share=5)


class Integrity(InFolder):
    def test_the_code_of_a_known_file(self):
        # RFC 4231, test cases 1 and 2, of HMAC-SHA-256.
        file = self.folder / "m"
        for key, data, code in ((b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b"
                                 "881dc200c9833da726e9376c2e32cff7"),
                                ("Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c7"
                                 "5a003f089d2739839dec58b964ec3843")):
            file.write_bytes(data)
            self.assertEqual(edge.model_hmac(file, key), code)
            self.assertIs(slipway.verify_model_integrity(file, code, key), True)
            self.assertIs(slipway.verify_model_integrity(str(file), code.upper() + "\n", key), True)
            self.assertIs(slipway.verify_model_integrity(file, code[:-1] + "0", key), False)
            self.assertIs(slipway.verify_model_integrity(file, "", key), False)
            self.assertIs(slipway.verify_model_integrity(file, "ä" * 64, key), False)
            self.assertIs(slipway.verify_model_integrity(file, code, b"another"), False)

    def test_every_bit_counts(self):
        data = bytearray(AUTOPILOT.read_bytes())
        code = edge.model_hmac(AUTOPILOT, "key")
        for place in (0, len(data) // 2, len(data) - 1):
            data[place] ^= 1
            (self.folder / "m.onnx").write_bytes(data)
            self.assertIs(slipway.verify_model_integrity(self.folder / "m.onnx", code, "key"), False)
            data[place] ^= 1
        (self.folder / "m.onnx").write_bytes(data)
        self.assertIs(slipway.verify_model_integrity(self.folder / "m.onnx", code, "key"), True)

    def test_wrong_arguments(self):
        self.refuses(slipway.ModelNotFoundError, "no.onnx", slipway.verify_model_integrity, "no.onnx", "0" * 64, "k")
        self.refuses(slipway.UsageError, str(self.folder), slipway.verify_model_integrity, self.folder, "0" * 64, "k")
        self.refuses(slipway.UsageError, "key is empty", slipway.verify_model_integrity, AUTOPILOT, "0" * 64, "")
        self.refuses(slipway.UsageError, "int", slipway.verify_model_integrity, AUTOPILOT, "0" * 64, 5)
        self.refuses(slipway.UsageError, "bytes", slipway.verify_model_integrity, AUTOPILOT, b"0" * 64, "k")


if __name__ == "__main__":
    unittest.main()
