#!/usr/bin/env python3
# Longer than 500 lines because the blocks of five documents are run one after the other.
"""Every code block of the five documents that ask for Slipway: its job, done by Slipway. One test a block, by document
and heading; where a block is Python its lines stand here as they stand there, changed in their imports at most.

A block begins at a line that starts with three backquotes and ends at the next such line, so a document has half as
many blocks as such lines: 9, 8, 6, 13 and 5, which are 41. BLOCKS lists them; a test compares it with the tests there
are, and with the documents themselves where SLIPWAY_REQUEST names their folder.

What a block needs and this machine has not (a GPU, TensorRT, a Jetson, torch, skl2onnx) is answered with a sentence
that says what is missing and what to do: then the test asserts that sentence. So it does where a later part of Slipway
does the job.

Needs NumPy; PYTHONPATH has the package.
"""

import collections
import contextlib
import hashlib
import hmac
import importlib.util
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import unittest
import warnings

import numpy as np
import slipway
from slipway import deployment

TOP = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests/cli"))
import onnx_bytes  # noqa: E402

EXAMPLES = TOP / "examples"
AUTOPILOT = EXAMPLES / "autopilot/autopilot.onnx"
WINDOWS = np.load(EXAMPLES / "autopilot/recorded_input.npy")
RUDDERS = np.load(EXAMPLES / "autopilot/recorded_rudder.npy")
DIGITS = EXAMPLES / "digits/plain.onnx"
CALIBRATION = EXAMPLES / "digits/calibration.npz"
PICTURES = np.load(EXAMPLES / "digits/test.npz")["image"]
LABELS = np.load(EXAMPLES / "digits/test_labels.npy")

HAS_TORCH = importlib.util.find_spec("torch") is not None
HAS_SKL2ONNX = all(importlib.util.find_spec(name) is not None for name in ("skl2onnx", "sklearn"))
HAS_TENSORRT = deployment.tensorrt_missing() is None

# Each document's blocks in their order: the heading that a block stands under, its language.
BLOCKS = {
    "Edge Inference Guide": [
        ("1. Export to ONNX", "python"), ("1. Export to ONNX", "python"),
        ("2. Quantization (Optional)", "bash"), ("2. Quantization (Optional)", "bash"),
        ("1. Setup Environment", "bash"), ("2. Test Inference", "python"),
        ("3. TensorRT Optimization (Optional)", "python"),
        ("Docker Runtime", "dockerfile"), ("Docker Runtime", "bash"),
    ],
    "Edge_Deploy Skill": [
        ("1. Model Preparation", "python"), ("2. TensorRT Optimization", "python"), ("3. Edge Inference", "python"),
        ("4. Deployment Script", "python"), ("Example 1: Complete Deployment Pipeline", "python"),
        ("Example 2: INT8 Calibration", "python"), ("Example 3: Jetson Power Mode Configuration", "bash"),
        ("Example 4: Docker Deployment", "dockerfile"),
    ],
    "Model Export: ONNX for Edge Deployment": [
        ("Export Process", "python"), ("Installation", "bash"), ("Installation", "bash"), ("Usage", "python"),
        ("Performance Optimization", "python"), ("Manual Export", "python"),
    ],
    "Edge Deployment": [
        ("TensorRT Optimization", "python"), ("Quantization Techniques", "python"), ("1. Model Preparation", "bash"),
        ("2. Edge Device Setup", "bash"), ("3. Deployment Script", "python"), ("Memory Management", "python"),
        ("Multi-Threaded Inference", "python"), ("Performance Monitoring", "python"), ("1. Model Versioning", ""),
        ("2. Rollback Strategy", "bash"), ("3. Health Checks", "python"), ("Secure Model Updates", "python"),
        ("Access Control", "bash"),
    ],
    "Edge_Deploy Usage Guide": [
        ("Example 1: Direct Request", ""), ("Example 2: Optimization Request", ""),
        ("Example 3: Deployment Pipeline", ""), ("Example 4: Performance Request", ""),
        ("Sequential Usage Pattern", ""),
    ],
}


def slug(heading):
    """A heading as part of a test's name: "1. Export to ONNX" is export_to_onnx."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"^\d+\. ", "", heading).lower()).strip("_")


def test_names(document):
    """The names of a document's tests, one for each of its blocks: test_01_export_to_onnx."""
    return [f"test_{i:02}_{slug(heading)}" for i, (heading, _) in enumerate(BLOCKS[document], 1)]


def blocks_of(text):
    """(heading, language) of each code block of a Markdown text, and the text's title."""
    title, heading, is_inside, found = None, None, False, []
    for line in text.splitlines():
        if line.startswith("```"):
            if not is_inside:
                found.append((heading, line[3:].strip()))
            is_inside = not is_inside
        elif not is_inside and line.startswith("#"):
            heading = line.lstrip("#").strip()
            title = title or heading
    return title, found


class Block(unittest.TestCase):
    """A test of a block: in a folder of its own, where the block's files have the names that it gives them."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(folder.name)

    def refuses(self, kind, words, call, *args, **named):
        """`call` raises this kind, with each of the words in its sentence."""
        with self.assertRaises(kind) as caught:
            call(*args, **named)
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, str(caught.exception))
        return caught.exception

    def program(self, *words, code=0):
        """What `slipway WORDS` prints on standard output; on standard error where it is to fail."""
        ran = subprocess.run([sys.executable, "-m", "slipway", *map(str, words)], capture_output=True, text=True,
                             check=False, env=environment())
        self.assertEqual(ran.returncode, code, f"slipway {' '.join(map(str, words))}\n{ran.stdout}{ran.stderr}")
        return ran.stdout if code == 0 else ran.stderr

    def lacks_command(self, name, *words):
        """The program says that it has no such command, and where those that it has are told."""
        said = self.program(name, *words, code=2)
        self.assertIn(f"there is no command '{name}'", said)
        self.assertIn("slipway help", said)

    def python_without(self, *modules, code):
        """What Python prints for `code` where these modules cannot be imported."""
        stopped = f"import sys; sys.modules.update(dict.fromkeys({modules!r}))\n"
        ran = subprocess.run([sys.executable, "-c", stopped + code], capture_output=True, text=True, check=False,
                             env=environment())
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return ran.stdout

    def no_torch(self, call):
        """Where torch is not installed: the exporter says so, with the line that installs it."""
        self.refuses(slipway.MissingPackageError, ["torch", "pip install"], call)

    def no_tensorrt(self, onnx_path, precision):
        """Where TensorRT is not: asking for it is answered with what to install. Where it is, the engine is made."""
        deployer = slipway.Deployment(onnx_path)
        samples = str(CALIBRATION) if precision == "int8" else None

        def convert():
            return deployer.convert(onnx_path, precision=precision, samples=samples, engine="tensorrt")

        if HAS_TENSORRT:
            self.assertGreater(convert().bytes, 0)
        else:
            self.refuses(slipway.NotAvailableError, ["TensorRT", "install", "engine='native'"], convert)

    def accuracy(self, model):
        with slipway.InferenceSession(model) as session:
            scores = session.run(None, {session.get_inputs()[0].name: PICTURES})[0]
        return np.mean(np.argmax(scores, axis=1) == LABELS)


def environment():
    """What a process needs to find what this one finds."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(pathlib.Path(slipway.__file__).parent.parent),
                                                         os.environ.get("PYTHONPATH", "")])}


def copy(source, name):
    pathlib.Path(name).write_bytes(pathlib.Path(source).read_bytes())


def autopilot_recipe():
    """Its recipe and samples in this folder, to be built fast: by one engine at one precision, no time promised."""
    copy(EXAMPLES / "autopilot/recorded_input.npy", "recorded_input.npy")
    recipe = (EXAMPLES / "autopilot/slipway.toml").read_text().replace("p99_latency_ms = 5 ", "p99_latency_ms = 5000 ")
    recipe += '\n[build]\nengines = ["native"]\nprecisions = ["f32"]\nthreads = [1]\n'
    pathlib.Path("slipway.toml").write_text(recipe)
    return recipe


def linear(path, features):
    """output = input times a matrix, float32 [batch, features] to [batch, 1], as ONNX."""
    weights = onnx_bytes.floats("w", [features, 1], [0.5 * (i + 1) for i in range(features)])
    body = onnx_bytes.graph([onnx_bytes.node("MatMul", ["input", "w"], ["output"])],
                            [onnx_bytes.value("input", ["batch", features])],
                            [onnx_bytes.value("output", ["batch", 1])], [weights])
    pathlib.Path(path).write_bytes(onnx_bytes.model(body))


def vla_model():
    """A small network with the request's inputs: an image and the robot's state."""
    import torch

    class Vla(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.see = torch.nn.Conv2d(3, 8, 16, stride=16)
            self.act = torch.nn.Linear(8 + 48, 7)

        def forward(self, image, robot_state):
            seen = torch.relu(self.see(image)).mean(dim=(2, 3))
            return torch.tanh(self.act(torch.cat([seen, robot_state], dim=1)))

    torch.manual_seed(3)
    return Vla().eval()


def vla_inputs(batch=1):
    import torch

    return {"image": torch.randn(batch, 3, 224, 224), "robot_state": torch.randn(batch, 48)}


def arrays(tensors):
    return {name: tensor.numpy() for name, tensor in tensors.items()}


class EdgeInferenceGuide(Block):
    DOCUMENT = "Edge Inference Guide"

    def test_01_export_to_onnx(self):
        if not HAS_TORCH:
            self.no_torch(lambda: slipway.export.torch("model.pth", [1], "model.onnx"))
            return
        import torch

        input_size = 12

        class YourModel(torch.nn.Sequential):
            def __init__(self):
                super().__init__(torch.nn.Linear(input_size, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))

        torch.save(YourModel().state_dict(), "model.pth")

        model = YourModel()
        model.load_state_dict(torch.load("model.pth"))
        model.eval()

        dummy_input = torch.randn(1, input_size)

        torch.onnx.export(
            model,
            dummy_input,
            "model.onnx",
            opset_version=12,
            input_names=['input'],
            output_names=['output'],
            dynamic_axes={'input': {0: 'batch'}, 'output': {0: 'batch'}}
        )
        self.assertTrue(slipway.check("model.onnx"))
        # The same in one call, compared with PyTorch before the file is there.
        slipway.export.torch(model, dummy_input, "by_slipway.onnx", opset=12, input_names=['input'],
                             output_names=['output'], dynamic_axes={'input': {0: 'batch'}})
        rows = torch.randn(5, input_size)
        for path in ("model.onnx", "by_slipway.onnx"):
            got = slipway.InferenceSession(path).run(["output"], {"input": rows.numpy()})[0]
            np.testing.assert_allclose(got, model(rows).detach().numpy(), atol=1e-5)

    def test_02_export_to_onnx(self):
        if not HAS_SKL2ONNX:
            self.refuses(slipway.MissingPackageError, ["skl2onnx", "pip install"], slipway.export.sklearn, object(),
                         "model.onnx")
            return
        from skl2onnx import convert_sklearn
        from skl2onnx.common.data_types import FloatTensorType
        from sklearn.ensemble import GradientBoostingRegressor

        n_features = 6
        rows = np.random.default_rng(1).normal(size=(300, n_features)).astype(np.float32)
        model = GradientBoostingRegressor(n_estimators=20, random_state=1).fit(rows, rows @ np.arange(n_features))

        initial_type = [('float_input', FloatTensorType([None, n_features]))]
        onnx_model = convert_sklearn(model, initial_types=initial_type)
        with open("model.onnx", "wb") as f:
            f.write(onnx_model.SerializeToString())

        # The same in one call, compared with scikit-learn before the file is there.
        slipway.export.sklearn(model, "by_slipway.onnx", initial_types=initial_type, sample=rows)
        for path in ("model.onnx", "by_slipway.onnx"):
            got = slipway.InferenceSession(path).run(None, {"float_input": rows})[0]
            np.testing.assert_allclose(got[:, 0], model.predict(rows), rtol=1e-4, atol=1e-4)

    def test_03_quantization_optional(self):
        copy(DIGITS, "model.onnx")
        # --quantization_mode QLinearOps: operators of integers.
        self.program("quantize", "model.onnx", "-o", "model_quant.onnx", "--to", "int8", "--format", "qoperator",
                     "--samples", CALIBRATION)
        operators = slipway.inspect("model_quant.onnx").operators
        self.assertIn("QLinearConv", operators)
        self.assertNotIn("Conv", operators)
        self.assertLess(os.path.getsize("model_quant.onnx"), 0.5 * os.path.getsize("model.onnx"))
        self.assertGreater(self.accuracy("model_quant.onnx"), self.accuracy("model.onnx") - 0.01)

    def test_04_quantization_optional(self):
        copy(DIGITS, "model.onnx")
        made = json.loads(self.program("quantize", "model.onnx", "-o", "model_quant.onnx", "--to", "uint8", "--samples",
                                       CALIBRATION, "--json"))
        self.assertEqual(made["to"], "uint8")
        self.assertLess(os.path.getsize("model_quant.onnx"), 0.5 * os.path.getsize("model.onnx"))
        self.assertGreater(self.accuracy("model_quant.onnx"), self.accuracy("model.onnx") - 0.01)

    def test_05_setup_environment(self):
        # What is to be installed to run models: Slipway and NumPy; ONNX Runtime and TensorRT where one wants them.
        out = self.python_without("onnxruntime", "tensorrt", "torch", "onnx", code=(
            f"import slipway, numpy as np\n"
            f"x = np.load({str(EXAMPLES / 'autopilot/recorded_input.npy')!r})[:1]\n"
            f"print(*slipway.InferenceSession({str(AUTOPILOT)!r}).run(None, {{'sensors': x}})[0].ravel())\n"))
        self.assertAlmostEqual(float(out), float(RUDDERS[0, 0]), delta=1e-5)
        engines = {row["name"]: row for row in json.loads(self.program("engines", "--json"))["engines"]}
        self.assertTrue(engines["native"]["present"])
        for name, way in (("onnxruntime", "pip install 'onnxruntime"), ("tensorrt", "install")):
            if engines[name]["present"]:
                self.assertTrue(engines[name]["version"])
            else:
                self.assertIn(way, engines[name]["install"])

    def test_06_test_inference(self):
        import slipway as ort

        linear("model.onnx", 3)
        feature1, feature2, feature3 = 1.0, 2.0, 4.0

        session = ort.InferenceSession("model.onnx")

        input_data = np.array([[feature1, feature2, feature3]], dtype=np.float32)

        outputs = session.run(None, {"input": input_data})
        prediction = outputs[0]
        self.assertEqual(prediction.tolist(), [[0.5 * 1 + 1.0 * 2 + 1.5 * 4]])

    def test_07_tensorrt_optimization_optional(self):
        copy(AUTOPILOT, "model.onnx")
        self.no_tensorrt("model.onnx", "fp16")
        if not HAS_TENSORRT:
            said = self.program("run", "model.onnx", "--input", EXAMPLES / "autopilot/recorded_input.npy", "--engine",
                                "tensorrt", code=1)
            self.assertIn("TensorRT", said)
            self.assertIn("install", said)
            self.assertNotIn("trtexec", said)

    def test_08_docker_runtime(self):
        # The image holds a model and inference.py, with one package installed. Its base is NVIDIA's, so that Docker
        # is not asked here: the CMD runs in that folder, and nothing but Slipway and NumPy is to be had.
        copy(AUTOPILOT, "model.onnx")
        np.save("window.npy", WINDOWS[:1])
        pathlib.Path("inference.py").write_text(
            "import sys\nsys.modules.update(dict.fromkeys(['onnxruntime', 'torch', 'onnx', 'tensorrt']))\n"
            "import numpy as np\nimport slipway as ort\n"
            "session = ort.InferenceSession('model.onnx')\n"
            "print(float(session.run(None, {'sensors': np.load('window.npy')})[0][0, 0]))\n")
        ran = subprocess.run([sys.executable, "inference.py"], capture_output=True, text=True, check=False,
                             env=environment())
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertAlmostEqual(float(ran.stdout), float(RUDDERS[0, 0]), delta=1e-5)
        # One file that holds the model and all that belongs to it comes with bundles (issue 6).
        self.lacks_command("pack", "artifacts", "-o", "image.slip")

    def test_09_docker_runtime(self):
        # --runtime=nvidia hands a GPU into the container: inside, it is there or it is said not to be.
        found = slipway.health_check(required=["gpu_available"])
        if found["checks"]["gpu_available"]:
            self.assertIn("is there", found["details"]["gpu_available"])
            self.assertEqual(found["status"], "healthy")
        else:
            self.assertEqual((found["checks"]["gpu_available"], found["status"]), (False, "unhealthy"))
            self.assertRegex(found["details"]["gpu_available"],
                             "in a container hand the GPU in|nvidia-smi does not answer")


class EdgeDeploySkill(Block):
    DOCUMENT = "Edge_Deploy Skill"

    def test_01_model_preparation(self):
        if not HAS_TORCH:
            self.no_torch(lambda: slipway.export.torch("model.pth", {"image": 1, "robot_state": 2}, "model.onnx"))
            return
        import torch
        import torch.onnx

        def export_to_onnx(model, sample_input, output_path):
            model.eval()
            torch.onnx.export(
                model,
                sample_input,
                output_path,
                export_params=True,
                opset_version=15,
                do_constant_folding=True,
                input_names=['image', 'robot_state'],
                output_names=['action'],
                dynamic_axes={
                    'image': {0: 'batch_size'},
                    'robot_state': {0: 'batch_size'},
                    'action': {0: 'batch_size'}
                }
            )

        model = vla_model()
        export_to_onnx(model, tuple(vla_inputs().values()), "model.onnx")
        self.assertTrue(slipway.check("model.onnx"))
        # The same in one call, compared with PyTorch before the file is there.
        slipway.export.torch(model, vla_inputs(), "by_slipway.onnx", opset=15, output_names=['action'],
                             dynamic_axes={'image': {0: 'batch_size'}, 'robot_state': {0: 'batch_size'}})
        inputs = vla_inputs(3)
        for path in ("model.onnx", "by_slipway.onnx"):
            session = slipway.InferenceSession(path)
            self.assertEqual({port.name: port.shape[0] for port in session.get_inputs()},
                             {"image": "batch_size", "robot_state": "batch_size"})
            got = session.run(["action"], arrays(inputs))[0]
            np.testing.assert_allclose(got, model(**inputs).detach().numpy(), atol=1e-5)

    def test_02_tensorrt_optimization(self):
        class Converter:
            """The block's class, by Slipway: an engine file for each precision."""

            def convert_onnx(self, onnx_path, engine_path, precision='fp16'):
                slipway.Deployment(onnx_path).convert(onnx_path, precision=precision, output_path=engine_path,
                                                      samples=CALIBRATION if precision == 'int8' else None)

        for precision in ("fp32", "fp16", "int8"):
            if precision != "fp32":
                self.no_tensorrt(str(DIGITS), precision)
            Converter().convert_onnx(DIGITS, f"{precision}.plan", precision)
            self.assertGreater(slipway.InferenceSession(f"{precision}.plan").run(None, {"image": PICTURES[:1]})[0][0]
                               [LABELS[0]], 0)
        self.assertLess(os.path.getsize("int8.plan"), 0.5 * os.path.getsize("fp32.plan"))

    def test_03_edge_inference(self):
        # The block reads a TensorRT engine and copies to and from the GPU. By Slipway the engine is a plan.
        slipway.compile(AUTOPILOT, "model.plan", batch=1)
        with self.assertLogs("slipway.edge"):
            inference = slipway.EdgeInferenceEngine("model.plan")
        for i in range(5):
            np.testing.assert_allclose(inference.infer(WINDOWS[i:i + 1]), RUDDERS[i:i + 1], atol=1e-5)
        # An engine of TensorRT's own is no model of Slipway's, and that is said.
        pathlib.Path("model.engine").write_bytes(b"ftrt" + bytes(60) + os.urandom(1000))
        with self.assertLogs("slipway.edge", "ERROR"):
            self.refuses(slipway.InvalidModelError, ["model.engine", "is a TensorRT engine", "name the ONNX model"],
                         slipway.EdgeInferenceEngine, "model.engine")

    def test_04_deployment_script(self):
        def deploy_to_jetson(model_path, target_ip, target_user='nvidia'):
            slipway.JetsonDeployment(model_path, jetson_ip=f"{target_user}@{target_ip}").deploy(include_ros2=True,
                                                                                            auto_start=True)

        # Sending files to a device and having them started there comes with deployment, after bundles (issue 6).
        self.refuses(slipway.NotAvailableError, ["no deployment yet", "nvidia@192.168.1.100", "auto_start",
                                                 "include_ros2", "nothing was sent", "Copy"],
                     deploy_to_jetson, str(AUTOPILOT), "192.168.1.100")
        self.lacks_command("deploy", AUTOPILOT, "nvidia@192.168.1.100")

    def test_05_example_1_complete_deployment_pipeline(self):
        from slipway import JetsonDeployment

        if not HAS_TORCH:
            self.no_torch(lambda: JetsonDeployment("vla_model.pth").export_onnx({"image": 1}, "model.onnx"))
            return
        import torch

        torch.jit.script(vla_model()).save('vla_model.pth')

        deployer = JetsonDeployment(
            model_path='vla_model.pth',
            jetson_ip='192.168.1.100',
            jetson_model='orin_nano'
        )

        deployer.export_onnx(
            sample_inputs={
                'image': torch.randn(1, 3, 224, 224),
                'robot_state': torch.randn(1, 48)
            },
            output_path='model.onnx'
        )

        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            deployer.convert_tensorrt(
                onnx_path='model.onnx',
                precision='fp16',
                max_batch_size=1
            )

        latency = deployer.benchmark(num_runs=100)
        self.assertRegex(f"Average latency: {latency:.2f}ms", r"^Average latency: \d+\.\d\dms$")
        self.assertGreater(latency, 0)

        inputs = vla_inputs()
        if not HAS_TENSORRT:
            self.assertIn("TensorRT is not here", " ".join(str(each.message) for each in warned))
            self.assertEqual(deployer.converted.engine, "native")
            got = slipway.InferenceSession("model.plan").run(None, arrays(inputs))[0]
            np.testing.assert_allclose(got, vla_model()(**inputs).detach().numpy(), atol=0.01)
        # Deployment comes after bundles (issue 6).
        self.refuses(slipway.NotAvailableError, ["no deployment yet", "192.168.1.100"], lambda: deployer.deploy(
            include_ros2=True,
            auto_start=True
        ))

    def test_06_example_2_int8_calibration(self):
        # The block's calibrator gives TensorRT one batch after the other and keeps what came of it in a cache.
        # Slipway's quantiser reads the samples itself, keeps such a cache, and writes TensorRT's, too.
        first = slipway.quantize(DIGITS, "int8.onnx", samples=CALIBRATION, cache="cache_file",
                                 tensorrt_cache="tensorrt.cache")
        self.assertGreater(os.path.getsize("cache_file"), 0)
        self.assertRegex(pathlib.Path("tensorrt.cache").read_text(), r"\ATRT-\d+-.*Calibration")
        again = slipway.quantize(DIGITS, "again.onnx", samples=CALIBRATION, cache="cache_file")
        self.assertEqual(pathlib.Path("int8.onnx").read_bytes(), pathlib.Path("again.onnx").read_bytes())
        self.assertEqual(first.bytes_after, again.bytes_after)
        self.assertGreater(self.accuracy("int8.onnx"), 0.98)
        self.no_tensorrt(str(DIGITS), "int8")

    def test_07_example_3_jetson_power_mode_configuration(self):
        # nvpmodel and jetson_clocks are a Jetson's. Slipway tells the mode in force where there is one, heat and clocks
        # as it measures; it sets no mode and says so.
        measured = json.loads(self.program("bench", AUTOPILOT, "--runs", "20", "--json"))
        machine = measured["machine"]
        if os.path.exists("/var/lib/nvpmodel/status"):
            self.assertTrue(machine["power_mode"])
        else:
            self.assertNotIn("power_mode", machine)
            self.assertTrue(machine["board"])
        self.assertIn("throttling", measured["load"]["conditions"])
        self.lacks_command("nvpmodel", "-m", "0")
        metrics = slipway.EdgeMonitor().get_system_metrics()  # what tegrastats shows
        self.assertLessEqual({"cpu_percent", "memory_percent"}, set(metrics))

    def test_08_example_4_docker_deployment(self):
        # /app has models/, src/robot_controller.py and requirements.txt; the CMD runs with what those require.
        os.makedirs("models")
        os.makedirs("src")
        pathlib.Path("requirements.txt").write_text("slipway\n")
        copy(AUTOPILOT, "models/autopilot.onnx")
        np.save("voyage.npy", WINDOWS[:40, -1])
        pathlib.Path("src/robot_controller.py").write_text(
            "import sys\nsys.modules.update(dict.fromkeys(['onnxruntime', 'torch', 'onnx', 'rclpy']))\n"
            "import numpy as np\nfrom slipway import AutopilotInference\n"
            "pilot = AutopilotInference('models/autopilot.onnx')\n"
            "for reading in np.load('voyage.npy'):\n    print(pilot.push(reading))\n")
        ran = subprocess.run([sys.executable, "src/robot_controller.py"], capture_output=True, text=True, check=False,
                             env=environment())
        self.assertEqual(ran.returncode, 0, ran.stderr)
        commands = [float(line) for line in ran.stdout.split()]
        self.assertEqual(len(commands), 40)
        np.testing.assert_allclose(commands[19:], RUDDERS[19:40, 0], atol=1e-5)  # from the first full window on
        # ROS 2 is no part of Slipway yet: deploy() names it among what it cannot do.
        self.refuses(slipway.NotAvailableError, "include_ros2",
                     slipway.Deployment("models/autopilot.onnx").deploy, include_ros2=True)


class ModelExport(Block):
    DOCUMENT = "Model Export: ONNX for Edge Deployment"

    def autopilot_model(self):
        import torch

        class Autopilot(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.lstm = torch.nn.LSTM(25, 64, num_layers=2, batch_first=True)
                self.head = torch.nn.Linear(64, 1)

            def forward(self, sensors):
                states, _ = self.lstm(sensors)
                return torch.tanh(self.head(states[:, -1]))

        torch.manual_seed(4)
        return Autopilot()

    def test_01_export_process(self):
        if not HAS_TORCH:
            self.no_torch(lambda: slipway.export.torch("autopilot.pt", [1], "autopilot.onnx"))
            return
        import torch

        build_autopilot_model = self.autopilot_model

        def convert_to_onnx(model, path):  # of src.ml.autopilot_model
            return slipway.export.torch(model, torch.zeros(1, 20, 25), path, opset=14)

        os.makedirs("models")

        model = build_autopilot_model()
        optimiser = torch.optim.Adam(model.parameters())
        windows, wanted = torch.from_numpy(WINDOWS[:32]), torch.from_numpy(RUDDERS[:32])
        for _ in range(3):
            optimiser.zero_grad()
            torch.mean((model(windows) - wanted) ** 2).backward()
            optimiser.step()

        exported = convert_to_onnx(model, 'models/autopilot.onnx')

        self.assertEqual(exported.opset, 14)
        session = slipway.InferenceSession('models/autopilot.onnx')
        self.assertEqual(session.get_inputs()[0].shape, ["batch", 20, 25])
        with torch.no_grad():
            for count in (1, 7):
                got = session.run(None, {session.get_inputs()[0].name: WINDOWS[:count]})[0]
                np.testing.assert_allclose(got, model(windows[:count]).numpy(), atol=1e-5)

    def test_02_installation(self):
        # The `rpi` extra: what runs the model, without PyTorch. That is NumPy alone.
        project = (TOP / "pyproject.toml").read_text()
        self.assertRegex(project, r'(?m)^dependencies = \["numpy>=[\d.]+"\]$')
        imported = self.python_without("torch", "onnxruntime", "onnx", "onnxscript", code=(
            f"import slipway, sys, numpy as np\n"
            f"a = slipway.AutopilotInference({str(AUTOPILOT)!r})\n"
            f"a.predict(np.zeros((20, 25)))\n"
            f"print(*{{name.partition('.')[0] for name, m in sys.modules.items() if m and 'site-packages' in "
            f"(getattr(m, '__file__', None) or '')}})\n")).split()
        self.assertLessEqual(set(imported), {"numpy", "slipway", "_distutils_hack", "sitecustomize"})

    def test_03_installation(self):
        # "This is ~16 MB": what Slipway puts on the disk.
        folder = pathlib.Path(slipway.__file__).parent
        size = sum(file.stat().st_size for file in folder.rglob("*")
                   if file.is_file() and "__pycache__" not in file.parts)
        self.assertGreater(size, 100_000)
        self.assertLess(size, 16_000_000)
        self.assertTrue(re.fullmatch(r"\d+\.\d+\.\d+", slipway.__version__))

    def test_04_usage(self):
        from slipway import AutopilotInference

        copy(AUTOPILOT, "autopilot.onnx")
        sensor_sequence = WINDOWS[3]

        autopilot = AutopilotInference('autopilot.onnx')

        rudder_command = autopilot.predict(sensor_sequence)

        self.assertEqual(sensor_sequence.shape, (20, 25))
        self.assertAlmostEqual(rudder_command, float(RUDDERS[3, 0]), delta=1e-5)
        for sequence in (sensor_sequence * 1000, -sensor_sequence * 1000, sensor_sequence[:4]):
            self.assertTrue(-1 <= autopilot.predict(sequence) <= 1)

    def test_05_performance_optimization(self):
        import slipway as ort

        copy(AUTOPILOT, "autopilot.onnx")

        sess_options = ort.SessionOptions()
        sess_options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
        session = ort.InferenceSession('autopilot.onnx', sess_options)

        np.testing.assert_allclose(session.run(None, {"sensors": WINDOWS[:8]})[0], RUDDERS[:8], atol=1e-5)

    def test_06_manual_export(self):
        if not HAS_TORCH:
            self.no_torch(lambda: slipway.export.torch("models/autopilot.pt", [1], "models/autopilot.onnx"))
            return
        import torch

        os.makedirs("models")
        trained = self.autopilot_model()
        torch.jit.script(trained).save('models/autopilot.pt')

        load_model = torch.jit.load

        def convert_to_onnx(model, path):
            return slipway.export.torch(model, torch.zeros(1, 20, 25), path, opset=14)

        model = load_model('models/autopilot.pt')

        convert_to_onnx(model, 'models/autopilot.onnx')

        self.program("export", "torch", "models/autopilot.pt", "-o", "models/by_program.onnx", "--input",
                     "sensors=1,20,25", "--opset", "14", "--trust")
        for path in ('models/autopilot.onnx', 'models/by_program.onnx'):
            session = slipway.InferenceSession(path)
            got = session.run(None, {session.get_inputs()[0].name: WINDOWS[:5]})[0]
            with torch.no_grad():
                np.testing.assert_allclose(got, trained(torch.from_numpy(WINDOWS[:5])).numpy(), atol=1e-5)


class EdgeDeployment(Block):
    DOCUMENT = "Edge Deployment"

    def test_01_tensorrt_optimization(self):
        def optimize_model_for_jetson(onnx_model_path, output_path):
            return slipway.Deployment(onnx_model_path).convert(onnx_model_path, output_path=output_path)

        copy(AUTOPILOT, "model.onnx")
        optimize_model_for_jetson('model.onnx', 'optimized_model.engine')

        wanted = slipway.InferenceSession("model.onnx").run(None, {"sensors": WINDOWS[:1]})[0]
        got = slipway.InferenceSession("optimized_model.engine").run(None, {"sensors": WINDOWS[:1]})[0]
        np.testing.assert_array_equal(got, wanted)
        self.no_tensorrt("model.onnx", "fp32")
        # The block prints the parser's errors and goes on; here a bad model is an error.
        pathlib.Path("bad.onnx").write_bytes(b"\x08\x08 nonsense")
        self.refuses(slipway.CommandError, "bad.onnx", optimize_model_for_jetson, "bad.onnx", "bad.engine")
        self.assertFalse(os.path.exists("bad.engine"))

    def test_02_quantization_techniques(self):
        data_loader = [(image[None], label) for image, label in zip(np.load(CALIBRATION)["image"], LABELS)]

        def quantize_model(model, data_loader):
            """Post-training quantisation, calibrated with the loader's data; a model that runs anywhere."""
            batches = [np.asarray(data) for data, target in data_loader]
            slipway.quantize(model, "quantized.onnx", to="int8", samples={"image": np.concatenate(batches)})
            return "quantized.onnx"

        quantized = quantize_model(str(DIGITS), data_loader)
        self.assertIn("QuantizeLinear", slipway.inspect(quantized).operators)
        self.assertLess(os.path.getsize(quantized), 0.5 * os.path.getsize(DIGITS))
        self.assertGreater(self.accuracy(quantized), self.accuracy(DIGITS) - 0.01)
        if HAS_TORCH:  # of a model of PyTorch: exported, then the same
            import torch

            torch.manual_seed(6)
            net = torch.nn.Sequential(torch.nn.Conv2d(1, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(),
                                      torch.nn.Linear(8 * 36, 10))
            slipway.export.torch(net, {"image": torch.zeros(1, 1, 8, 8)}, "net.onnx", input_names=["image"])
            small = quantize_model("net.onnx", data_loader)
            self.assertTrue(slipway.verify(small, "net.onnx", samples={"image": PICTURES[:100]}, max_diff="10%"))
        else:
            self.no_torch(lambda: slipway.export.torch("net.pt", [1], "net.onnx"))

    def test_03_model_preparation(self):
        if HAS_TORCH:
            import torch

            torch.jit.script(torch.nn.Linear(4, 2)).save("trained_model.pth")
            self.program("export", "torch", "trained_model.pth", "-o", "model.onnx", "--input", "input=1,4", "--trust")
        else:
            said = self.program("export", "torch", "trained_model.pth", "-o", "model.onnx", "--input", "input=1,4",
                                "--trust", code=1)
            self.assertIn("pip install torch", said)
            linear("model.onnx", 4)
        self.program("optimize", "model.onnx", "-o", "optimized_model.onnx")
        self.program("compile", "optimized_model.onnx", "-o", "optimized_model.engine")
        name = slipway.InferenceSession("model.onnx").get_inputs()[0].name
        row = np.ones((1, 4), np.float32)
        np.testing.assert_allclose(slipway.InferenceSession("optimized_model.engine").run(None, {name: row})[0],
                                   slipway.InferenceSession("model.onnx").run(None, {name: row})[0], atol=1e-6)
        # tar -czf robot_package.tar.gz: packages come with bundles (issue 6).
        self.lacks_command("pack", "artifacts", "-o", "robot_package.slip")

    def test_04_edge_device_setup(self):
        # Of all that the block installs (torch, scipy, pillow, onnx, onnxruntime-gpu, rospkg) Slipway needs NumPy: the
        # whole of the toolchain works where nothing else can be imported.
        out = self.python_without("torch", "torchvision", "torchaudio", "scipy", "PIL", "onnx", "onnxruntime", "rospkg",
                                  code=(
            f"import slipway\n"
            f"slipway.optimize({str(DIGITS)!r}, 'o.onnx')\n"
            f"slipway.quantize('o.onnx', 'q.onnx', samples={str(CALIBRATION)!r})\n"
            f"slipway.compile('q.onnx', 'q.plan')\n"
            f"print(bool(slipway.verify('q.plan', {str(DIGITS)!r}, samples={str(EXAMPLES / 'digits/test.npz')!r}, "
            f"max_diff='5%')), slipway.InferenceSession('q.plan').get_outputs()[0].name)\n"))
        self.assertEqual(out.split(), ["True", "scores"])
        said = self.program("engines", "onnxruntime", "tensorrt")
        if "absent" in said:
            self.assertIn("install", said)

    def test_05_deployment_script(self):
        import argparse
        import time

        from slipway import EdgeInferenceEngine

        def main(words):
            parser = argparse.ArgumentParser(description='Edge AI Deployment')
            parser.add_argument('--model', required=True, help='Path to optimized model')
            parser.add_argument('--input', required=True, help='Input data path')
            parser.add_argument('--output', help='Output path for results')

            args = parser.parse_args(words)

            engine = EdgeInferenceEngine(args.model)

            input_data = np.load(args.input)

            start_time = time.time()
            result = engine.infer(input_data)
            inference_time = time.time() - start_time

            print(f"Inference completed in {inference_time:.3f}s")
            print(f"Output shape: {result.shape}")

            if args.output:
                np.save(args.output, result)
                print(f"Results saved to {args.output}")

        copy(AUTOPILOT, "model.onnx")
        np.save("input.npy", WINDOWS[:2].astype(np.float64))  # the block's .float() takes any
        words = ["--model", "model.onnx", "--input", "input.npy", "--output", "output.npy"]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), self.assertLogs("slipway.edge", "INFO") as log:
            main(words)
        self.assertEqual(log.records[0].getMessage(), "Model loaded successfully from model.onnx")
        np.testing.assert_allclose(np.load("output.npy"), RUDDERS[:2], atol=1e-5)
        # And the script that comes with Slipway says the same.
        os.remove("output.npy")
        ran = subprocess.run([sys.executable, "-m", "slipway.edge", *words], capture_output=True, text=True, check=True,
                             env=environment())
        wanted = r"Inference completed in \d+\.\d{3}s\nOutput shape: \(2, 1\)\nResults saved to output\.npy\n"
        self.assertRegex(ran.stdout, rf"\A{wanted}\Z")
        self.assertRegex(printed.getvalue(), rf"\A{wanted}\Z")
        self.assertIn("slipway.edge - INFO - Model loaded successfully from model.onnx", ran.stderr)
        np.testing.assert_allclose(np.load("output.npy"), RUDDERS[:2], atol=1e-5)
        with self.assertLogs("slipway.edge", "ERROR") as log:
            self.refuses(slipway.ModelNotFoundError, "none.onnx", EdgeInferenceEngine, "none.onnx")
        self.assertIn("Failed to load model: ", log.output[0])

    def test_06_memory_management(self):
        from slipway import MemoryEfficientInference

        inference = MemoryEfficientInference(str(AUTOPILOT))  # warmed up with zeros
        input_tensor = WINDOWS[:1]
        output = inference.predict(input_tensor)
        np.testing.assert_allclose(output, RUDDERS[:1], atol=1e-5)
        if HAS_TORCH:
            import torch

            with torch.no_grad():
                np.testing.assert_array_equal(inference.predict(torch.from_numpy(input_tensor)), output)
        inference.cleanup()
        self.refuses(slipway.ClosedError, "closed", inference.predict, input_tensor)

    def test_07_multi_threaded_inference(self):
        from slipway import MultiThreadedInference

        before = threading.active_count()
        inference = MultiThreadedInference(str(AUTOPILOT), num_threads=4)
        for i in range(40):
            inference.submit_inference(WINDOWS[i:i + 1])
        found = []
        for _ in range(40):
            worker_id, result = inference.get_result()
            self.assertIn(worker_id, range(4))
            found.append(float(result[0, 0]))
        inference.stop()
        np.testing.assert_allclose(sorted(found), sorted(RUDDERS[:40, 0]), atol=1e-5)
        self.assertEqual(threading.active_count(), before)

    def test_08_performance_monitoring(self):
        from slipway import EdgeMonitor

        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            metrics = EdgeMonitor().log_metrics()
        self.assertEqual(printed.getvalue(), f"System Metrics: {metrics}\n")
        always = {'timestamp', 'uptime', 'cpu_percent', 'memory_percent', 'disk_usage'}
        self.assertLessEqual(always, set(metrics))
        if slipway.health_check()["checks"]["gpu_available"]:
            self.assertIn('gpu_load', metrics)
        else:
            self.assertEqual(set(metrics), always)

    def test_09_model_versioning(self):
        # MAJOR.MINOR.PATCH: a recipe has such a version, and no other.
        recipe = autopilot_recipe()
        copy(AUTOPILOT, "autopilot.onnx")
        for version in ("1.0", "v1.0.0", "1.0.0.0", "one"):
            pathlib.Path("slipway.toml").write_text(recipe.replace("1.0.0", version))
            said = self.program("build", "slipway.toml", code=1)
            self.assertIn("is no semantic version: three numbers with dots between them", said)
        pathlib.Path("slipway.toml").write_text(recipe.replace("1.0.0", "2.11.3"))
        built = json.loads(self.program("build", "slipway.toml", "--seconds", "1", "--json"))
        self.assertEqual(built["model"]["version"], "2.11.3")

    def test_10_rollback_strategy(self):
        # Versions on a device, and the way back to the one before, come with the store (issue 6).
        self.lacks_command("store", "rollback")
        self.lacks_command("rollback")

    def test_11_health_checks(self):
        import time

        from slipway import health_check

        found = health_check(AUTOPILOT, sensor=lambda: WINDOWS[0, -1])
        self.assertEqual(set(found["checks"]), {'model_loaded', 'gpu_available', 'memory_available', 'disk_space',
                                                'network_connectivity', 'sensor_data', 'inference_time'})
        self.assertEqual(found["status"], 'healthy' if all(found["checks"].values()) else 'unhealthy')
        self.assertAlmostEqual(found["timestamp"], time.time(), delta=60)
        self.assertTrue(found["checks"]["model_loaded"] and found["checks"]["sensor_data"])
        nothing = health_check()
        self.assertEqual(nothing["status"], 'unhealthy')
        self.assertIn("not checked", nothing["details"]["sensor_data"])

    def test_12_secure_model_updates(self):
        from slipway import verify_model_integrity

        secret_key = "the secret of both"
        expected_hash = hmac.new(secret_key.encode(), AUTOPILOT.read_bytes(), hashlib.sha256).hexdigest()
        self.assertIs(verify_model_integrity(str(AUTOPILOT), expected_hash, secret_key), True)
        self.assertIs(verify_model_integrity(str(AUTOPILOT), expected_hash, "another"), False)
        self.assertIs(verify_model_integrity(str(DIGITS), expected_hash, secret_key), False)
        # The same on the command line comes with trust (issue 6).
        self.lacks_command("sign", "--hmac-key-file", "key", AUTOPILOT)

    def test_13_access_control(self):
        # Who may log in is the device's own sshd_config. Slipway opens no connection: what would is not there yet and
        # comes with deployment; its keys come with trust (issue 6).
        deployer = slipway.JetsonDeployment(AUTOPILOT, jetson_ip="robot-admin@192.168.1.100")
        self.refuses(slipway.NotAvailableError, ["no deployment yet", "nothing was sent to robot-admin@192.168.1.100"],
                     deployer.deploy)
        self.lacks_command("keys", "new")


class EdgeDeployUsageGuide(Block):
    DOCUMENT = "Edge_Deploy Usage Guide"

    def test_01_example_1_direct_request(self):
        """"Deploy my VLA model to Jetson Orin Nano" """
        deployer = slipway.JetsonDeployment(DIGITS, jetson_ip="10.0.0.2", jetson_model="orin_nano")
        made = deployer.convert(DIGITS, precision="fp16", output_path="model.plan")
        # The plan is what runs there; sending it comes with deployment, after bundles (issue 6).
        self.refuses(slipway.NotAvailableError, ["no deployment yet", "10.0.0.2", str(made.path)], deployer.deploy)

    def test_02_example_2_optimization_request(self):
        """"The model is too slow on the robot, help me optimize it with TensorRT" """
        deployer = slipway.JetsonDeployment(AUTOPILOT)
        slow_ms = deployer.benchmark(num_runs=50)
        if HAS_TENSORRT:
            self.assertEqual(deployer.convert_tensorrt(AUTOPILOT, output_path="engines").engine, "tensorrt")
        else:
            with self.assertWarnsRegex(UserWarning, "TensorRT is not here.*install"):
                deployer.convert_tensorrt(AUTOPILOT, output_path="model.plan")
            self.assertEqual(deployer.converted.engine, "native")
        self.assertTrue(slow_ms > 0 and deployer.benchmark(num_runs=50) > 0)

    def test_03_example_3_deployment_pipeline(self):
        """"Set up automatic deployment to the Jetson when I update the model" """
        # What is built again when a model changes is there: with another model the recipe's artifacts are others. What
        # sends them comes with deployment, after bundles (issue 6).
        autopilot_recipe()
        copy(AUTOPILOT, "autopilot.onnx")
        self.assertTrue(slipway.build("slipway.toml", seconds=1))
        plans = {file.name: file.read_bytes() for file in pathlib.Path("artifacts").rglob("*.plan")}
        self.assertTrue(plans)
        slipway.quantize(AUTOPILOT, "autopilot.onnx", to="int8-weights")
        self.assertTrue(slipway.build("slipway.toml", seconds=1))
        for name, before in plans.items():
            self.assertNotEqual(pathlib.Path("artifacts").joinpath(name).read_bytes(), before)
        self.lacks_command("deploy", "artifacts", "--when-it-changes")
        self.refuses(slipway.NotAvailableError, ["no deployment yet", "when_it_changes"],
                     slipway.Deployment("autopilot.onnx").deploy, when_it_changes=True)

    def test_04_example_4_performance_request(self):
        """"Profile the inference speed on Jetson and optimize if needed" """
        profiled = slipway.Deployment(DIGITS).profile_performance(num_iterations=50)
        self.assertTrue(0 < profiled.p50_ms <= profiled.p99_ms)
        self.assertTrue(profiled.throughput_hz > 0 and profiled.memory_bytes > 0)
        steps = slipway.benchmark(DIGITS, runs=50, profile=True).steps
        self.assertGreater(len(steps), 3)
        optimized = slipway.optimize(DIGITS, "fast.onnx")
        self.assertLessEqual(optimized.nodes_after, optimized.nodes_before)
        self.assertGreater(slipway.Deployment("fast.onnx").profile_performance(num_iterations=50).throughput_hz, 0)
        if not HAS_TENSORRT:
            self.refuses(slipway.NotAvailableError, "TensorRT",
                         slipway.Deployment(DIGITS).profile_performance, device="cuda")

    def test_05_sequential_usage_pattern(self):
        # 1 train, 2 export, 3 convert, 4 profile, 5 deploy, 6 connect to actuators, 7 integrate.
        if HAS_TORCH:
            import torch

            torch.manual_seed(5)
            net = torch.nn.Sequential(torch.nn.Linear(25, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
            optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
            readings, wanted = torch.from_numpy(WINDOWS[:, -1].copy()), torch.from_numpy(RUDDERS)
            for _ in range(200):
                optimiser.zero_grad()
                loss = torch.mean((net(readings) - wanted) ** 2)
                loss.backward()
                optimiser.step()
            deployer = slipway.JetsonDeployment(net, jetson_ip="10.0.0.2")
            deployer.export_onnx({"readings": readings[:1]}, "model.onnx", input_names=["readings"])
            name, row, command = "readings", readings[:1].numpy(), net(readings[:1]).detach().numpy()
        else:
            self.no_torch(lambda: slipway.Deployment("net.pt").export_onnx([1], "model.onnx"))
            copy(AUTOPILOT, "model.onnx")
            deployer = slipway.JetsonDeployment("model.onnx", jetson_ip="10.0.0.2")
            name, row, command = "sensors", WINDOWS[:1], RUDDERS[:1]
        deployer.convert("model.onnx", precision="fp16", output_path="model.plan")
        self.assertGreater(deployer.profile_performance(num_iterations=20).throughput_hz, 0)
        np.testing.assert_allclose(slipway.InferenceSession("model.plan").run(None, {name: row})[0], command, atol=0.02)
        self.no_tensorrt("model.onnx", "fp16")
        # 5 to 7 come with deployment, after bundles (issue 6), and with what connects a device to its robot.
        self.refuses(slipway.NotAvailableError, "no deployment yet", deployer.deploy)


class EveryBlock(unittest.TestCase):
    """There is a test for each block and none besides."""

    def test_the_tests_are_the_blocks(self):
        classes = {cls.DOCUMENT: cls for cls in Block.__subclasses__()}
        self.assertEqual(set(classes), set(BLOCKS))
        for document, cls in classes.items():
            self.assertEqual(sorted(unittest.defaultTestLoader.getTestCaseNames(cls)), test_names(document))
        self.assertEqual([len(blocks) for blocks in BLOCKS.values()], [9, 8, 6, 13, 5])

    @unittest.skipUnless("SLIPWAY_REQUEST" in os.environ, "SLIPWAY_REQUEST names no folder with the documents")
    def test_the_blocks_are_the_documents(self):
        found = collections.OrderedDict(blocks_of(file.read_text(encoding="utf-8"))
                                        for file in sorted(pathlib.Path(os.environ["SLIPWAY_REQUEST"]).glob("*.txt")))
        self.assertEqual(dict(found), BLOCKS)


if __name__ == "__main__":
    unittest.main()
