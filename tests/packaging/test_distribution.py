"""What we publish holds the package once, and works where nothing else of ours is."""

import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

# One group, so that workers of pytest-xdist do not each build and install.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("distribution")]

FIRST_ORDER = """
from ordertrail import Ordertrail, PlaceOrder

with Ordertrail.open("memory:") as trail:
    lines = [{"line": "1", "sku": "MUG", "quantity": 2}]
    trail.execute(PlaceOrder(order_id="SO-1", lines=lines, currency="GBP"))
    assert trail.order("SO-1").status == "placed"
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command and return what it printed, which is the failure message if it fails."""
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """A folder with the sdist, and the wheel built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(dist):
    """The one wheel."""
    [path] = dist.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The programs of a fresh environment that holds the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    programs = folder / "bin"
    run(programs / "python", "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return programs


def test_the_wheel_holds_the_package_once_and_nothing_else(wheel):
    folders = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert folders == {"ordertrail", f"ordertrail-{VERSION}.dist-info"}


def test_the_wheel_holds_every_file_of_the_package(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    ours = (path.relative_to(ROOT) for path in (ROOT / "ordertrail").rglob("*"))
    assert names >= {path.as_posix() for path in ours if path.suffix in {".py", ".typed"}}
    assert names >= {"ordertrail/py.typed", "ordertrail/domain/__init__.py"}


def test_the_sdist_can_be_tested_and_leaves_the_root_links_behind(dist):
    [path] = dist.glob("*.tar.gz")
    with tarfile.open(path) as sdist:
        names = {name.split("/")[1] for name in sdist.getnames()}
    assert names >= {"LICENSE", "Makefile", "README.md", "ordertrail", "pyproject.toml", "tests"}
    assert names.isdisjoint({"domain", "projections", "adapters"})


def test_the_installed_package_places_an_order(installed, tmp_path):
    run(installed / "python", "-c", FIRST_ORDER, cwd=tmp_path)


def test_the_installed_command_says_its_version(installed, tmp_path):
    assert VERSION in run(installed / "ordertrail", "--version", cwd=tmp_path)
