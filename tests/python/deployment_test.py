#!/usr/bin/env python3
"""slipway.Deployment: export, convert, measure, and an honest answer where something is not there.

Needs NumPy; PYTHONPATH has the package. What exports needs torch, and is left out where that is not installed.
"""

import importlib.util
import pathlib
import sys
import tempfile
import unittest
import unittest.mock

import numpy as np
import slipway
from slipway import deployment

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/cli"))
import onnx_bytes  # noqa: E402

EXAMPLES = TOP / "examples"
AUTOPILOT = EXAMPLES / "autopilot/autopilot.onnx"
WINDOWS = np.load(EXAMPLES / "autopilot/recorded_input.npy")
DIGITS = EXAMPLES / "digits/plain.onnx"
CALIBRATION = EXAMPLES / "digits/calibration.npz"
PICTURES = np.load(EXAMPLES / "digits/test.npz")["image"]

HAS_TORCH = importlib.util.find_spec("torch") is not None
HAS_TENSORRT = deployment.tensorrt_missing() is None


def refuses(test, kind, words, call, *args, **named):
    """`call` raises this kind, with each of the words in its sentence."""
    with test.assertRaises(kind) as caught:
        call(*args, **named)
    for word in words if isinstance(words, (list, tuple)) else [words]:
        test.assertIn(word, str(caught.exception))


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.plan = self.folder / "m.plan"


class Convert(InFolder):
    def run_plan(self, name, data):
        with slipway.InferenceSession(self.plan) as session:
            return session.run(None, {name: data})[0]

    def test_fp32_has_the_bits_of_the_model(self):
        made = slipway.Deployment(AUTOPILOT).convert(output_path=self.plan)
        self.assertEqual((made.path, made.engine, made.precision, made.max_batch_size, made.relative_error),
                         (self.plan, "native", "fp32", 1, None))
        self.assertEqual(made.bytes, self.plan.stat().st_size)
        wanted = slipway.InferenceSession(AUTOPILOT).run(None, {"sensors": WINDOWS[:1]})[0]
        np.testing.assert_array_equal(self.run_plan("sensors", WINDOWS[:1]), wanted)

    def test_each_precision_is_smaller_and_says_its_error(self):
        sizes, errors = {}, {}
        for precision in deployment.PRECISIONS:
            made = slipway.Deployment(AUTOPILOT).convert(precision=precision, samples=WINDOWS, output_path=self.plan)
            sizes[precision], errors[precision] = made.bytes, made.relative_error
            wanted = np.load(EXAMPLES / "autopilot/recorded_rudder.npy")[:1]
            np.testing.assert_allclose(self.run_plan("sensors", WINDOWS[:1]), wanted, atol=0.03)
        self.assertEqual(errors["fp32"], 0)
        self.assertTrue(0 < errors["fp16"] < errors["bf16"] < errors["int8-weights"] < 0.05, errors)
        self.assertLess(sizes["fp16"], 0.6 * sizes["fp32"])
        self.assertEqual(sizes["fp16"], sizes["bf16"])
        self.assertLess(sizes["int8-weights"], 0.4 * sizes["fp32"])

    def test_int8_is_calibrated_and_reads_digits(self):
        deployer = slipway.Deployment(DIGITS)
        refuses(self, slipway.UsageError, ["samples", "int8-weights"], deployer.convert, precision="int8")
        made = deployer.convert(precision="int8", max_batch_size=64, samples=CALIBRATION, output_path=self.plan)
        self.assertTrue(0 < made.relative_error < 0.05, made)
        self.assertTrue(any(note.startswith("quantised: ") for note in made.notes), made.notes)
        labels = np.load(EXAMPLES / "digits/test_labels.npy")
        right = np.mean(np.argmax(self.run_plan("image", PICTURES), axis=1) == labels)
        self.assertGreater(right, 0.99)
        self.assertLess(made.bytes, 0.5 * slipway.Deployment(DIGITS).convert(output_path=self.folder / "f.plan").bytes)

    def test_samples_as_arrays(self):
        images = np.load(CALIBRATION)["image"][:100]
        for samples in (images, {"image": images}):
            made = slipway.Deployment(DIGITS).convert(precision="int8", samples=samples, output_path=self.plan)
            self.assertTrue(0 < made.relative_error < 0.1)

    def test_batches(self):
        slipway.Deployment(DIGITS).convert(max_batch_size=8, output_path=self.plan)
        for count in (1, 5, 8):
            self.assertEqual(self.run_plan("image", PICTURES[:count]).shape, (count, 10))
        made = slipway.Deployment(AUTOPILOT).convert(max_batch_size=4, output_path=self.plan)
        self.assertIn("exactly 4", made.notes[0])
        self.assertEqual(self.run_plan("sensors", WINDOWS[:4]).shape, (4, 1))
        slipway.Deployment(DIGITS).convert(output_path=self.plan)
        refuses(self, slipway.InputError, "[2,1,8,8]", self.run_plan, "image", PICTURES[:2])

    def test_a_model_with_a_batch_of_its_own(self):
        value = onnx_bytes.value
        body = onnx_bytes.graph([onnx_bytes.node("Neg", ["x"], ["y"])], [value("x", [2, 3])], [value("y", [2, 3])])
        model = self.folder / "two.onnx"
        model.write_bytes(onnx_bytes.model(body))
        made = slipway.Deployment(model).convert(output_path=self.plan)
        self.assertEqual(made.notes, ["the model takes batches of 2"])
        np.testing.assert_array_equal(self.run_plan("x", np.ones((2, 3), np.float32)), -np.ones((2, 3)))
        refuses(self, slipway.UsageError, ["batches of 2 alone", "open batch"], slipway.Deployment(model).convert,
                max_batch_size=3)

    def test_the_plan_lies_beside_the_model(self):
        model = self.folder / "a.onnx"
        model.write_bytes(AUTOPILOT.read_bytes())
        self.assertEqual(slipway.Deployment("other.pt").convert(model).path, self.folder / "a.plan")

    def test_wrong_arguments(self):
        deployer = slipway.Deployment(AUTOPILOT)
        for words, named in ((["'fp8'", "fp16"], {"precision": "fp8"}), ("max_batch_size", {"max_batch_size": 0}),
                             ("max_batch_size", {"max_batch_size": True}), (["'tpu'", "native"], {"engine": "tpu"})):
            with self.subTest(words):
                refuses(self, slipway.UsageError, words, deployer.convert, output_path=self.plan, **named)
                self.assertFalse(self.plan.exists())
                self.assertIsNone(deployer.converted)
        refuses(self, slipway.ModelNotFoundError, "no.onnx", deployer.convert, "no.onnx")
        refuses(self, slipway.UsageError, "export_onnx() first", slipway.Deployment("net.pt").convert)
        refuses(self, slipway.UsageError, "threads", slipway.Deployment, AUTOPILOT, threads=0)
        bad = self.folder / "bad.onnx"
        bad.write_bytes(b"\x08\x08nonsense")
        refuses(self, slipway.CommandError, "bad.onnx", deployer.convert, bad)

    @unittest.skipIf(HAS_TENSORRT, "TensorRT is here")
    def test_without_tensorrt(self):
        deployer = slipway.Deployment(AUTOPILOT)
        refuses(self, slipway.NotAvailableError, ["TensorRT", "install", "engine='native'"], deployer.convert,
                precision="fp16", engine="tensorrt")
        refuses(self, slipway.UsageError, "bf16", deployer.convert, precision="bf16", engine="tensorrt")
        refuses(self, slipway.NotAvailableError, ["TensorRT", "install"], deployer.profile_performance, device="cuda")


class Measure(InFolder):
    def test_benchmark_gives_milliseconds(self):
        deployer = slipway.Deployment(AUTOPILOT)
        mean_ms = deployer.benchmark(num_runs=50)
        self.assertIsInstance(mean_ms, float)
        self.assertTrue(0.001 < mean_ms < 1000, mean_ms)
        deployer.convert(precision="int8-weights", output_path=self.plan)
        self.assertGreater(deployer.benchmark(num_runs=50), 0)
        self.plan.unlink()  # what was measured is what convert() made
        refuses(self, slipway.CommandError, "m.plan", deployer.benchmark, num_runs=50)

    def test_profile(self):
        profiled = slipway.Deployment(AUTOPILOT).profile_performance(num_iterations=200)
        self.assertEqual((profiled.device, profiled.runs), ("cpu", 200))
        self.assertTrue(0 < profiled.p50_ms <= profiled.p99_ms <= profiled.max_ms, profiled)
        self.assertTrue(profiled.mean_ms <= profiled.max_ms)
        self.assertGreater(profiled.throughput_hz, 0)
        self.assertGreater(profiled.memory_bytes, 1 << 20)
        for word in ("mean", "p99", "throughput", "memory"):
            self.assertIn(word, str(profiled))
        self.assertIn("<table>", profiled._repr_html_())
        other = slipway.Deployment("net.pt").profile_performance(AUTOPILOT, "cpu", 10)
        self.assertEqual(other.runs, 10)

    def test_wrong_arguments(self):
        deployer = slipway.Deployment(AUTOPILOT)
        for runs in (0, -1, 1.5, True):
            refuses(self, slipway.UsageError, "number of runs", deployer.benchmark, num_runs=runs)
        refuses(self, slipway.UsageError, ["'tpu'", "cpu"], deployer.profile_performance, device="tpu")
        refuses(self, slipway.UsageError, "convert() first", slipway.Deployment("net.pt").benchmark)


class Deploy(InFolder):
    def test_it_says_that_it_does_not_exist_and_what_to_do(self):
        deployer = slipway.JetsonDeployment(AUTOPILOT, jetson_ip="192.168.1.100", jetson_model="orin_nano")
        deployer.convert(output_path=self.plan)
        refuses(self, slipway.NotAvailableError, ["no deployment yet", "192.168.1.100", str(self.plan), "auto_start",
                                                  "nothing was sent"],
                deployer.deploy, include_ros2=True, auto_start=True)
        refuses(self, slipway.NotAvailableError, "convert() makes", slipway.Deployment(AUTOPILOT).deploy)


class Jetson(InFolder):
    def test_names(self):
        deployer = slipway.JetsonDeployment(model_path=AUTOPILOT, jetson_ip="10.0.0.7", jetson_model="orin_nx")
        self.assertIsInstance(deployer, slipway.Deployment)
        self.assertEqual((deployer.jetson_ip, deployer.target, deployer.jetson_model, deployer.device),
                         ("10.0.0.7", "10.0.0.7", "orin_nx", "orin_nx"))

    @unittest.skipIf(HAS_TENSORRT, "TensorRT is here")
    def test_convert_tensorrt_says_that_it_made_a_plan_in_its_place(self):
        deployer = slipway.JetsonDeployment(AUTOPILOT)
        with self.assertWarns(UserWarning) as warned:
            made = deployer.convert_tensorrt(onnx_path=AUTOPILOT, precision="fp16", max_batch_size=1,
                                             output_path=self.plan)
        self.assertIn("TensorRT is not here", str(warned.warning))
        self.assertIn("install", str(warned.warning))
        self.assertEqual(pathlib.Path(warned.filename).name, pathlib.Path(__file__).name)
        self.assertEqual((made.engine, made.precision), ("native", "fp16"))
        self.assertIn("not by TensorRT", str(made))


@unittest.skipUnless(HAS_TORCH, "torch is not installed")
class FromTorch(InFolder):
    def net(self):
        import torch

        class Policy(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.see = torch.nn.Conv2d(3, 4, 3)
                self.act = torch.nn.Linear(4 + 6, 2)

            def forward(self, image, robot_state):
                seen = torch.relu(self.see(image)).mean(dim=(2, 3))
                return torch.tanh(self.act(torch.cat([seen, robot_state], dim=1)))

        torch.manual_seed(1)
        return Policy()

    def inputs(self, batch=1):
        import torch

        return {"image": torch.randn(batch, 3, 8, 8), "robot_state": torch.randn(batch, 6)}

    def test_from_a_network_to_a_measured_plan(self):
        import torch

        net = self.net()
        deployer = slipway.Deployment(net)
        exported = deployer.export_onnx(self.inputs(), self.folder / "p.onnx", opset=15)
        self.assertEqual(exported.opset, 15)
        deployer.convert(max_batch_size=4)
        inputs = self.inputs(3)
        with slipway.InferenceSession(self.folder / "p.plan") as session, torch.no_grad():
            got = session.run(None, {name: tensor.numpy() for name, tensor in inputs.items()})[0]
            np.testing.assert_allclose(got, net(**inputs).numpy(), atol=1e-5)
        self.assertGreater(deployer.benchmark(20), 0)

    def test_weights_alone_and_the_network_they_belong_to(self):
        import torch

        trained = self.net()
        weights = trained.state_dict()
        for name, what in (("w.pth", weights), ("c.pth", {"epoch": 3, "state_dict": weights})):
            torch.save(what, self.folder / name)
            fresh = self.net()
            torch.nn.init.zeros_(fresh.act.weight)
            slipway.Deployment(self.folder / name, model=fresh).export_onnx(self.inputs(), self.folder / "p.onnx")
            inputs = self.inputs()
            with slipway.InferenceSession(self.folder / "p.onnx") as session, torch.no_grad():
                got = session.run(None, {key: tensor.numpy() for key, tensor in inputs.items()})[0]
                np.testing.assert_allclose(got, trained(**inputs).numpy(), atol=1e-5)
        refuses(self, slipway.InvalidModelError, "weights of this Linear",
                slipway.Deployment(self.folder / "w.pth", model=torch.nn.Linear(2, 2)).export_onnx, self.inputs(),
                self.folder / "q.onnx")
        refuses(self, slipway.ModelNotFoundError, "no.pth",
                slipway.Deployment("no.pth", model=trained).export_onnx, self.inputs(), self.folder / "q.onnx")
        refuses(self, slipway.InvalidModelError, "state dict", slipway.Deployment(self.folder / "w.pth").export_onnx,
                self.inputs(), self.folder / "q.onnx")


class WithoutTorch(InFolder):
    def test_the_line_that_installs_it(self):
        with unittest.mock.patch.dict(sys.modules, {"torch": None}):
            for deployer in (slipway.Deployment("net.pt"), slipway.Deployment("net.pt", model=object())):
                refuses(self, slipway.MissingPackageError, "pip install torch", deployer.export_onnx, [1],
                        self.folder / "m.onnx")

    def test_what_is_onnx_already_is_not_exported(self):
        refuses(self, slipway.UsageError, "convert()", slipway.Deployment(AUTOPILOT).export_onnx, [1], "m.onnx")


if __name__ == "__main__":
    unittest.main()
