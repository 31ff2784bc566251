"""The rows of each projection are shared out to partitions, each followed on its own."""

from functools import lru_cache
from zlib import crc32

PARTITIONS = 4
EVERY = frozenset(range(PARTITIONS))


@lru_cache(maxsize=65_536)
def partition_of(word: str) -> int:
    """The partition of the keys that this word decides for; see `Projection.kept_by`."""
    return crc32(word.encode(errors="surrogatepass")) % PARTITIONS
