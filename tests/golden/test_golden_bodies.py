"""Every shape of an event that was ever stored can still be read, and is still what is stored.

The files are called `{aggregate}/{type}.{schema}.json` and never change. An event without one is
given its file by `python -m tests.golden.test_golden_bodies`; one whose schema rises gets another.
"""

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

from ordertrail.adapters.codec import Codec
from ordertrail.domain.customer import CUSTOMER
from ordertrail.domain.order import ORDER
from tests.golden import customer_samples, order_samples

FOLDER = Path(__file__).parent
AGGREGATES = (ORDER, CUSTOMER)
CODEC = Codec(AGGREGATES)
SAMPLES: dict[str, Any] = {
    sample.type: sample for sample in (*order_samples.SAMPLES, *customer_samples.SAMPLES)
}
FILES = sorted(FOLDER.glob("*/*.json"))


def file_of(body: Any) -> Path:
    name: str = body.type
    return FOLDER / name.partition(".")[0] / f"{name}.{body.schema}.json"


@pytest.mark.parametrize("cls", [cls for one in AGGREGATES for cls in one.events])
def test_every_event_has_a_sample_and_a_golden_file(cls):
    assert cls.type in SAMPLES, f"add a body of {cls.__name__} to the samples"
    assert file_of(cls).exists(), "run python -m tests.golden.test_golden_bodies"


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_a_sample_says_every_field(sample):
    for field in fields(sample):
        unsaid = field.default if field.default is not MISSING else None
        if field.name != "requirements":  # empty, on an amendment: no longer any
            assert getattr(sample, field.name) != unsaid, field.name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_file_is_read_as_its_sample(path):
    type, _, schema = path.stem.rpartition(".")
    assert CODEC.decode_body(type, int(schema), path.read_bytes().strip()) == SAMPLES[type]


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_what_is_stored_today_is_what_the_golden_file_holds(sample):
    assert CODEC.encode(sample) == file_of(sample).read_bytes().strip()


def write_missing() -> None:
    """Give a golden file to every sample that has none."""
    for sample in SAMPLES.values():
        path = file_of(sample)
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.write_bytes(CODEC.encode(sample) + b"\n")


if __name__ == "__main__":
    write_missing()
