"""docker-compose.yml is understood, where there is somebody who can."""

import re
import subprocess
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "docker-compose.yml"


def test_docker_understands_the_compose_file():
    command = ["docker", "compose", "--file", str(FILE), "config", "--quiet"]
    try:
        subprocess.run([*command[:2], "version"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("docker compose is not installed")
    subprocess.run(command, check=True)


def test_images_are_named_plainly_and_with_a_version():
    images = re.findall(r"^ *image: (.*)$", FILE.read_text(encoding="utf-8"), re.M)
    assert images
    assert all(re.fullmatch(r"[a-z]+:[0-9][0-9a-z.-]*", image) for image in images)
