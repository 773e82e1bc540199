"""A program in C++ that answers with a SavedModel: built here, called from tests.

What a server in C++ does of a model, without Python: `loader.cc` beside this file.
"""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

SOURCE = Path(__file__).with_name("loader.cc")
COMPILER = "g++"


class Loader:
    """`loader(version, requests)`: the answers of each request, by output.

    Args:
        folder: where the program, requests and answers go.
    """

    def __init__(self, folder):
        self.folder = folder
        self.program = folder / "loader"

    @staticmethod
    def lacking():
        """Why it cannot be built here, `""` if it can."""
        if shutil.which(COMPILER) is None:
            return f"{COMPILER} is not installed"
        if not (library() / "libtensorflow_cc.so.2").exists():
            return "this TensorFlow has no libtensorflow_cc.so.2"
        return ""

    def build(self):
        """Compile against the headers and libraries of the installed TensorFlow."""
        names = ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2")
        command = [COMPILER, "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
        # Its headers are not ours to mend.
        headers = [
            f"-isystem{flag[2:]}" if flag.startswith("-I") else flag
            for flag in tf.sysconfig.get_compile_flags()
        ]
        links = [f"-L{library()}", *(f"-l:{name}" for name in names)]
        links.append(f"-Wl,-rpath,{library()}")
        run([*command, *headers, SOURCE, "-o", self.program, *links])
        return self

    def __call__(self, version, requests, signature="serving_default"):
        asked, answered = self.folder / "asked", self.folder / "answered"
        called = signature_of(version, signature)
        with open(asked, "wb") as file:
            for name, tensor in called.outputs.items():
                file.write(f"fetch {tensor.name} {name}\n".encode())
            for request in requests:
                for name, values in request.items():
                    tensor = called.inputs[name].name
                    file.write(f"feed {tensor} {len(values)}\n".encode())
                    for value in values:
                        file.write(b"%d\n%b" % (len(value), value))
                file.write(b"run\n")
        run([self.program, version, asked, answered])
        with open(answered, "rb") as file:
            return [dict(read_tensor(file) for _ in called.outputs) for _ in requests]


def library():
    return Path(tf.sysconfig.get_lib())


def run(command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])


def signature_of(version, name):
    """What a client in C++ reads from the model: the tensors' names in the graph."""
    saved = saved_model_pb2.SavedModel()
    saved.ParseFromString((version / "saved_model.pb").read_bytes())
    return saved.meta_graphs[0].signature_def[name]


def read_tensor(file):
    name, kind, _, *shape = file.readline().decode().split()
    shape, dtype = [int(size) for size in shape], tf.as_dtype(int(kind))
    count = int(np.prod(shape))
    if dtype != tf.string:
        values = file.read(count * dtype.size)
        return name, np.frombuffer(values, dtype.as_numpy_dtype).reshape(shape)
    strings = [file.read(int(file.readline())) for _ in range(count)]
    return name, np.array(strings, object).reshape(shape)
