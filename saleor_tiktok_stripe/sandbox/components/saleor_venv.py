"""The virtual environment in which a Saleor checkout runs together with this plugin.

It holds what Saleor's own lock file names, this plugin (editable), and the checkout on its import
path. It is made again when the lock, our own pyproject.toml, the checkout or Python changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from saleor_tiktok_stripe import __version__
from saleor_tiktok_stripe.sandbox.components.processes import ComponentError

_PROJECT = Path(__file__).resolve().parents[3]
_CHECKOUT_PTH = "saleor-checkout.pth"


def cache_folder() -> Path:
    """Our folder for what is costly to make and can be made again; created when missing."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "saleor-tiktok-stripe"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def lock(name: str) -> Iterator[None]:
    """Let one process at a time make the thing called `name`; the others wait."""
    with (cache_folder() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def python_path() -> Path:
    """The interpreter of the environment, whether it exists yet or not."""
    return _folder() / "bin" / "python"


def ensure(source: Path) -> None:
    """Make or renew the environment for the checkout at `source`; quick when nothing changed.

    Raises:
        ComponentError: no Python 3.12, no uv, no lock file, or a system library is missing.

    """
    with lock("venv"):
        stamp = _folder() / ".installed"
        base, wanted = _fingerprints(source)
        found = stamp.read_text() if stamp.exists() and python_path().exists() else ""
        if found == wanted:
            return
        # Programs may be running from it: made anew only when Saleor's own packages change.
        _make(source, anew=not found.startswith(base))
        stamp.write_text(wanted)


def _folder() -> Path:
    if (_PROJECT / "pyproject.toml").is_file():
        return _PROJECT / ".venv-saleor"
    return cache_folder() / "venv-saleor"


def _fingerprints(source: Path) -> tuple[str, str]:
    """Of what Saleor brings, and of that with our own project file."""
    digest = hashlib.sha256(f"{source}\n".encode())
    for path in (source / "uv.lock", _PROJECT / "pyproject.toml"):
        base = digest.hexdigest()
        digest.update(path.read_bytes() if path.is_file() else __version__.encode())
    return base, f"{base} {digest.hexdigest()}"


def _make(source: Path, *, anew: bool) -> None:
    if not (source / "uv.lock").is_file():
        raise ComponentError(
            f"{source} has no uv.lock: a checkout of Saleor 3.22 or newer is needed"
        )
    uv, python = _uv(), _python312()
    print(f"Installing into {_folder()} with {python} (up to a minute) ...", flush=True)
    if anew:
        _call([uv, "venv", "--quiet", "--clear", "--python", python, str(_folder())])
    requirements = _folder() / "saleor-requirements.txt"
    export = [uv, "export", "--frozen", "--no-hashes", "--no-emit-project", "--python", python]
    requirements.write_text(_call([*export, "--quiet"], cwd=source))
    plugin = ["-e", f"{_PROJECT}[sandbox,dev]"]
    if not (_PROJECT / "pyproject.toml").is_file():
        plugin = [f"saleor-tiktok-stripe[sandbox]=={__version__}"]
    install = [uv, "pip", "install", "--quiet", "--python", str(python_path())]
    _call([*install, "--requirement", str(requirements), *plugin])
    site_packages = next((_folder() / "lib").glob("python3*/site-packages"))
    (site_packages / _CHECKOUT_PTH).write_text(f"{source}\n")
    _ensure_libmagic()


def _call(command: list[str], cwd: Path | None = None) -> str:
    """Run a command and return what it printed.

    Raises:
        ComponentError: it failed; the message ends with what it said.

    """
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if result.returncode:
        said = result.stderr.strip() or result.stdout.strip()
        raise ComponentError(f"{' '.join(command[:3])} failed: {said}")
    return result.stdout


def _uv() -> str:
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise ComponentError("uv is missing: pip install uv")
    return found


def _python312() -> str:
    named = os.environ.get("PYTHON312")
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    installed = sorted(pyenv.glob("versions/3.12*/bin/python3.12"), reverse=True)
    candidates = [named] if named else ["python3.12", *map(str, installed), "python3"]
    for candidate in candidates:
        path = shutil.which(candidate)
        if path and _is_312(path):
            return path
    tried = ", ".join(candidates)
    raise ComponentError(
        f"Saleor needs Python 3.12 and none was found (tried {tried}): install it and put it on "
        "the PATH, or name it with PYTHON312="
    )


def _is_312(path: str) -> bool:
    # A pyenv shim exists for versions that are not selected, and fails when it is run.
    probe = "import sys; sys.exit(sys.version_info[:2] != (3, 12))"
    return subprocess.run([path, "-c", probe], capture_output=True, check=False).returncode == 0


def _ensure_libmagic() -> None:
    probe = [str(python_path()), "-c", "import magic"]
    if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _call(["apt-get", "update", "--quiet"])
        _call(["apt-get", "install", "--yes", "--quiet", "libmagic1"])
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        raise ComponentError(
            "Saleor needs the system library libmagic: apt-get install libmagic1 "
            "(on macOS: brew install libmagic)"
        )
