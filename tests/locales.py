"""A locale whose encoding is not UTF-8, and, as a script, the tests of files, output and processes under it.

python tests/locales.py [arguments of pytest]
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SLICE = [
    "tests/cli", "tests/data/test_catalog.py", "tests/data/test_image_folder.py", "tests/graph", "tests/gradcheck",
    "tests/interop", "tests/fast/test_build.py", "tests/fast/test_dispatch.py", "tests/models",
    "tests/report", "tests/test_files.py", "tests/test_init.py", "tests/test_output.py", "tests/train",
]  # fmt: skip


def other_locale(folder):
    """Return environment variables of Korean in EUC-KR, made in `folder`, or else of the C locale."""
    if shutil.which("localedef"):
        path = Path(folder) / "ko_KR.EUC-KR"
        subprocess.run(["localedef", "-i", "ko_KR", "-f", "EUC-KR", path], capture_output=True, check=False)
        found = {"LOCPATH": str(folder), "LC_ALL": path.name, "PYTHONUTF8": "0"}
        if encoding_of(found) == "euc_kr":
            return found
    return {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def encoding_of(variables):
    """Return the encoding that Python opens files with under the environment `variables`."""
    program = "import codecs, locale; print(codecs.lookup(locale.getpreferredencoding(False)).name)"
    environment = {**os.environ, **variables}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
    return done.stdout.decode("ascii").strip()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        chosen = other_locale(made)
        print(f"under LC_ALL={chosen['LC_ALL']}, whose encoding is {encoding_of(chosen)}", flush=True)
        command = [sys.executable, "-m", "pytest", *(sys.argv[1:] or ["-q", "-m", "not slow"]), *SLICE]
        sys.exit(subprocess.run(command, cwd=ROOT, env={**os.environ, **chosen}, check=False).returncode)
