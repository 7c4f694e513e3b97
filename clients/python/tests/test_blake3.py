"""BLAKE3 against the vectors of its authors: the input is 0, 1, ... 250, 0, 1, ..."""

import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import framefarm

# test_vectors.json of the BLAKE3 team, the first 32 bytes of each.
VECTORS = {
    0: "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
    1: "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
    1023: "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11",
    1024: "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
    1025: "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444",
    2048: "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a",
    2049: "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030",
    3072: "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2",
    31744: "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47",
    102400: "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085",
}


def content(length: int) -> bytes:
    return (bytes(range(251)) * (length // 251 + 1))[:length]


def digest(data: bytes, piece: int) -> str:
    hasher = framefarm.Hasher()
    for at in range(0, len(data), piece):
        hasher.update(data[at:at + piece])
    return hasher.hexdigest()


class Blake3(unittest.TestCase):
    def setUp(self) -> None:
        patch = mock.patch.object(framefarm, "_blake3", None)
        patch.start()
        self.addCleanup(patch.stop)

    def test_the_vectors_of_its_authors(self) -> None:
        for length, wanted in VECTORS.items():
            for piece in (length + 1, 1000):
                self.assertEqual(digest(content(length), piece), wanted, length)

    def test_large_contents_are_the_same_however_they_come(self) -> None:
        # Larger than a batch, and around its edges: trees of trees.
        batch = 1024 * 1024
        for length in (batch - 1, batch, batch + 1, 2 * batch, 3 * batch + 5000):
            found = set()
            with mock.patch.object(framefarm, "_numpy", None):
                found |= {digest(content(length), piece) for piece in (length, 700_001)}
            hasher = framefarm.Hasher()
            hasher._batch = batch // 4
            hasher.update(content(length))
            found.add(hasher.hexdigest())
            self.assertEqual(len(found), 1, length)

    @unittest.skipUnless(framefarm._numpy, "NumPy is not here")
    def test_numpy_makes_the_same(self) -> None:
        for length in (256 * 1024, 300 * 1024 + 7, 9 * 1024 * 1024 + 1):
            with mock.patch.object(framefarm, "_numpy", None):
                wanted = digest(content(length), 1 << 20)
            self.assertEqual(digest(content(length), 1 << 20), wanted)

    def test_a_file(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path, told = os.path.join(folder, "a"), []
            Path(path).write_bytes(content(31744))
            self.assertEqual(framefarm.digest_of(path, told.append), VECTORS[31744])
            self.assertEqual(told, [31744])
            with self.assertRaises(framefarm.LocalError) as caught:
                framefarm.digest_of(os.path.join(folder, "b"))
            self.assertIn("cannot read", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
