"""A client of Framefarm, the render farm: submit jobs, follow them, fetch their frames.

One file on the standard library of Python 3.9 or later, so that it runs inside any program that has a Python:
put it beside your script, or anywhere on `sys.path`.

    import framefarm

    farm = framefarm.connect()
    job = farm.submit("shots/harbour.blend", frames="1-240", settings={"samples": 128})
    job.wait(lambda view: print(view["frames_done"], "of", view["frames_total"]))
    job.fetch("frames")

What can be said of a job, and how, is told in docs/job-description.md: every field there is an argument here.
All that goes wrong is a `FramefarmError`, which says what and, as `hint`, what to do about it.
"""

from __future__ import annotations

import array
import codecs
import getpass
import glob
import hashlib
import http.client
import importlib
import io
import json
import os
import random
import re
import secrets
import select
import socket
import ssl
import struct
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypedDict, TypeVar, Union, cast

__version__ = "0.1.0"
__all__ = [
    "Busy", "Conflict", "Damaged", "Denied", "Draft", "Event", "Farm", "Fault", "FramefarmError", "FrameView",
    "Hasher", "HostView", "Invalid", "Job", "JobFailed", "JobView", "LocalError", "Missing", "NotFound",
    "OutputView", "Progress", "Protocol", "Refused", "Unreachable", "Untrusted", "connect", "digest_of", "login",
]

PathLike = Union[str, "os.PathLike[str]"]
T = TypeVar("T")

SERVER_PORT = 7117
DISCOVERY_PORT = 7118
# A server is reached after this long or not at all.
CONNECT_TIME = 5.0
# A request and its answer, where neither is of unknown length.
REQUEST_TIME = 60.0
# Where nothing moves for so long nothing will. Streams say at least a comment in that time.
IDLE_TIME = 45.0
# A server that has too much to do is asked again for so long.
BUSY_TIME = 30.0
# A kept connection may be closed at the other end after this long.
POOL_TIME = 8.0
# Calls that may be repeated are, for so long, where the server is away.
AWAY_TIME = 20.0
# Files on their way at once.
AT_ONCE = 4
PIECE = 1 << 20


# ---------------------------------------------------------------------------------------------------------------
# What can go wrong
# ---------------------------------------------------------------------------------------------------------------


class Fault(TypedDict, total=False):
    """One thing that is wrong with a job: the field, or where it stands; what it is; what to do about it."""

    field: str
    place: str
    what: str
    hint: str


class FramefarmError(Exception):
    """Something went wrong. `hint` says what to do about it, where a person can do something."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        """What went wrong; the hint below it."""
        message = str(self.args[0])
        return f"{message}\n  hint: {self.hint}" if self.hint else message


class NotFound(FramefarmError):
    """No farm was found."""


class Unreachable(FramefarmError):
    """The server does not answer, or the connection broke. It may come back."""


class Untrusted(FramefarmError):
    """The server is not, or cannot be shown to be, the farm that is meant."""


class Protocol(FramefarmError):
    """What answers is no farm of this version."""


class Damaged(FramefarmError):
    """What arrived is not what was asked for."""


class LocalError(FramefarmError):
    """A file of this machine cannot be read or written."""


class JobFailed(FramefarmError):
    """A job has ended and is not done."""

    def __init__(self, message: str, view: JobView) -> None:
        super().__init__(message, f"framefarm frames {view['id']} says what failed, and why")
        self.view = view


class Refused(FramefarmError):
    """The farm says no. `status` is that of HTTP, `faults` are all that is wrong with a job."""

    def __init__(self, status: int, title: str, hint: str | None, faults: Sequence[Fault] = ()) -> None:
        super().__init__(title, hint)
        self.status = status
        self.title = title
        self.faults = list(faults)

    def __str__(self) -> str:
        """What went wrong, every fault in a line, the hint."""
        lines = [self.title]
        for fault in self.faults:
            lines.append(f"  {fault.get('field') or fault['place']}: {fault['what']}")
            if fault.get("hint"):
                lines.append(f"    hint: {fault['hint']}")
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class Denied(Refused):
    """Not known to the farm, or not allowed."""


class Missing(Refused):
    """There is no such job, frame or host."""


class Conflict(Refused):
    """It was changed meanwhile, or is over."""


class Invalid(Refused):
    """What was sent is not in order; `faults` says all of it."""


class Busy(Refused):
    """The farm cannot now, and may later."""


def _refused(status: int, problem: Mapping[str, Any]) -> Refused:
    kinds: dict[int, type[Refused]] = {
        401: Denied, 403: Denied, 404: Missing, 410: Missing, 409: Conflict, 412: Conflict, 400: Invalid,
        413: Invalid, 422: Invalid, 429: Busy, 502: Busy, 503: Busy, 504: Busy, 507: Busy,
    }
    title = str(problem.get("title") or f"it answers {status}")
    return kinds.get(status, Refused)(status, title, problem.get("hint"), problem.get("faults") or ())


# ---------------------------------------------------------------------------------------------------------------
# What the farm says. Fields that are not here can be read all the same.
# ---------------------------------------------------------------------------------------------------------------


class Identity(TypedDict):
    """What a farm says of itself to anybody."""

    farm: str
    farm_id: str
    authority: str
    version: str


class WhoView(TypedDict, total=False):
    """Whom the farm takes somebody for."""

    name: str
    role: str
    owner: bool


class OutputView(TypedDict, total=False):
    """A stored file of a frame."""

    name: str
    digest: str
    bytes: int
    size: str
    thumbnail: str


class AttemptView(TypedDict, total=False):
    """One try of a frame. `outcome` is `running`, `done`, or the kind of failure."""

    attempt: int
    host: str
    slot: int
    started_at: int
    ended_at: int | None
    outcome: str
    problem: str | None


class FrameView(TypedDict, total=False):
    """A frame. `state` is `waiting`, `running`, `done`, `failed` or `killed`."""

    number: int
    chunk: str
    step: str
    step_index: int
    index: int
    state: str
    host: str | None
    slot: int | None
    attempts: int
    progress_permille: int
    started_at: int | None
    ended_at: int | None
    problem: str | None
    outputs: list[OutputView]
    warnings: list[str]
    history: list[AttemptView]


class StepView(TypedDict, total=False):
    """A step of a job."""

    name: str
    package: str
    frames: str
    profile: str
    frames_total: int
    frames_done: int
    frames_failed: int
    frames_running: int
    frames_waiting: int
    waiting_because: str | None


class Eta(TypedDict):
    """When a job is expected to end, and between which times that surely lies; milliseconds."""

    at: int
    low: int
    high: int


class JobView(TypedDict, total=False):
    """A job. `state` is `queued`, `active`, `held`, `done`, `failed` or `killed`; times are milliseconds."""

    id: str
    name: str
    state: str
    priority: int
    user: str
    group: str | None
    package: str
    frames: str
    size: str | None
    frames_total: int
    frames_done: int
    frames_failed: int
    frames_running: int
    frames_waiting: int
    frames_warned: int
    attempts_failed: int
    progress_permille: int
    submitted_at: int
    started_at: int | None
    ended_at: int | None
    waiting_because: str | None
    results: str
    cover: str | None
    eta: Eta | None
    cpu_ms: int
    wall_ms: int
    hosts: int
    tag: str
    steps: list[StepView]
    running: list[FrameView]


class HostView(TypedDict, total=False):
    """A render host. `state` is `idle`, `busy`, `silent`, `closed` or `draining`; `info` is what it has."""

    name: str
    state: str
    slots_total: int
    slots_busy: int
    info: dict[str, Any]
    heard_at: int


class WhyView(TypedDict, total=False):
    """Why frames of a step wait."""

    step: str
    frames_waiting: int
    sentence: str


class Orders(TypedDict, total=False):
    """What became of orders to several jobs."""

    matched: int
    done: list[int]
    refused: list[dict[str, Any]]


FINAL = frozenset({"done", "failed", "killed"})


class Progress(NamedTuple):
    """How far something is: `phase` is `read`, `send` or `fetch`; `done` and `total` are bytes of all files."""

    phase: str
    file: str
    done: int
    total: int


class Event(NamedTuple):
    """Something the farm told by `Farm.events`."""

    id: str
    name: str
    data: Any


@dataclass
class Draft:
    """A job as the farm would take it, and all that is wrong with it. `files` are those of this machine."""

    job: dict[str, Any] | None
    faults: list[Fault]
    warnings: list[Fault]
    files: list[LocalFile] = field(default_factory=list)

    def checked(self) -> dict[str, Any]:
        """The job, where nothing is wrong with it; else raises `Invalid`."""
        if self.job is None or self.faults:
            raise Invalid(422, "the job is not in order", None, self.faults)
        return self.job


# ---------------------------------------------------------------------------------------------------------------
# BLAKE3, by which the farm knows contents
# ---------------------------------------------------------------------------------------------------------------

_IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
_SHUFFLE = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
_ROUNDS = [tuple(range(16))]
for _ in range(6):
    _ROUNDS.append(tuple(_ROUNDS[-1][i] for i in _SHUFFLE))
_QUARTERS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)
_CHUNK_START, _CHUNK_END, _PARENT, _ROOT = 1, 2, 4, 8
_CHUNK = 1024


def _optional(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except Exception:  # Whatever is wrong with it: we do without.
        return None


_numpy: Any = _optional("numpy")
_blake3: Any = _optional("blake3")


def _words(data: bytes | memoryview) -> array.array[int]:
    words = array.array("I")
    words.frombytes(data)
    if sys.byteorder != "little":
        words.byteswap()
    return words


def _lanes(
    data: bytes | memoryview, lanes: int, blocks: int, counter: int | None, last: int, start: int, end: int
) -> bytes:
    """Compresses `lanes` inputs of `blocks` blocks each, side by side in very long integers.

    Each lane has 64 bits of which the lower half counts. Lanes with even numbers come first, then the odd ones,
    since that is how two words of 32 bits are taken apart at once.
    """
    ones = int.from_bytes(b"\1\0\0\0\0\0\0\0" * lanes, "little")
    mask = ones * 0xFFFFFFFF
    even = (lanes + 1) // 2
    low = mask & ((1 << 64 * even) - 1)
    words = _words(data)

    def spread(column: array.array[int]) -> int:
        both = int.from_bytes(column.tobytes(), "little")
        return both & low | ((both >> 32) & low) << 64 * even

    count_low = count_high = 0
    if counter is not None:
        numbers = range(counter, counter + lanes)
        count_low = spread(array.array("I", [n & 0xFFFFFFFF for n in numbers]))
        count_high = spread(array.array("I", [n >> 32 for n in numbers]))
    state = [word * ones for word in _IV]
    constants = state[:4]
    for block in range(blocks):
        final = block == blocks - 1
        m = [spread(words[block * 16 + i :: blocks * 16]) for i in range(16)]
        flags = (start if block == 0 else 0) | (end if final else 0)
        v = state + constants + [count_low, count_high, ones * (last if final else 64), ones * flags]
        for order in _ROUNDS:
            at = 0
            for a, b, c, d in _QUARTERS:
                # Sums may spill over 32 bits of their lane; what is turned is cut to them first.
                va = v[a] + v[b] + m[order[at]]
                t = (v[d] ^ va) & mask
                vd = (t | t << 32) >> 16 & mask
                vc = v[c] + vd
                t = (v[b] ^ vc) & mask
                vb = (t | t << 32) >> 12 & mask
                va += vb + m[order[at + 1]]
                t = (vd ^ va) & mask
                vd = (t | t << 32) >> 8 & mask
                vc += vd
                t = (vb ^ vc) & mask
                v[a], v[b], v[c], v[d] = va, (t | t << 32) >> 7 & mask, vc, vd
                at += 2
        state = [(v[i] ^ v[i + 8]) & mask for i in range(8)]
    out = array.array("I", bytes(32 * lanes))
    for i, word in enumerate(state):
        column = _words(word.to_bytes(8 * lanes, "little"))[::2]
        out[i::16] = column[:even]
        out[8 + i :: 16] = column[even:]
    if sys.byteorder != "little":
        out.byteswap()
    return out.tobytes()


def _lanes_by_numpy(data: bytes | memoryview, lanes: int, blocks: int, counter: int) -> bytes:
    """The same for whole chunks where NumPy is at hand, as in Blender: twice as fast, and threads help."""
    np = _numpy
    words = np.frombuffer(data, "<u4").reshape(lanes, blocks, 16).transpose(1, 2, 0)
    state = np.empty((8, lanes), np.uint32)
    state[:] = np.array(_IV, np.uint32)[:, None]
    v = np.empty((16, lanes), np.uint32)
    a, b, c, d = v[0:4], v[4:8], v[8:12], v[12:16]
    turned, taken = np.empty((4, lanes), np.uint32), np.empty((4, lanes), np.uint32)
    numbers = np.arange(counter, counter + lanes, dtype=np.uint64)

    def turn(x: Any, by: int) -> None:
        np.right_shift(x, by, out=turned)
        np.left_shift(x, 32 - by, out=x)
        np.bitwise_or(x, turned, out=x)

    def half(m: Any, rows: Sequence[int], first: int, second: int) -> None:
        np.add(a, b, out=a)
        np.add(a, np.take(m, rows, 0, out=taken), out=a)
        np.bitwise_xor(d, a, out=d)
        turn(d, first)
        np.add(c, d, out=c)
        np.bitwise_xor(b, c, out=b)
        turn(b, second)

    for block in range(blocks):
        m = np.ascontiguousarray(words[block], np.uint32)
        v[0:8] = state
        v[8:12] = np.array(_IV[:4], np.uint32)[:, None]
        v[12], v[13] = numbers & np.uint64(0xFFFFFFFF), numbers >> np.uint64(32)
        v[14] = 64
        v[15] = (_CHUNK_START if block == 0 else 0) | (_CHUNK_END if block == blocks - 1 else 0)
        for order in _ROUNDS:
            half(m, order[0:8:2], 16, 12)
            half(m, order[1:8:2], 8, 7)
            b[:], c[:], d[:] = b[[1, 2, 3, 0]], c[[2, 3, 0, 1]], d[[3, 0, 1, 2]]
            half(m, order[8:16:2], 16, 12)
            half(m, order[9:16:2], 8, 7)
            b[:], c[:], d[:] = b[[3, 0, 1, 2]], c[[2, 3, 0, 1]], d[[1, 2, 3, 0]]
        np.bitwise_xor(v[:8], v[8:], out=state)
    return bytes(np.ascontiguousarray(state.T).astype("<u4").tobytes())


class Hasher:
    """BLAKE3 of what `update` is given, piece by piece.

    Without the module `blake3`, which is taken where it is installed, about 45 MB/s, and 110 with NumPy.
    """

    def __init__(self) -> None:
        self._other: Any = _blake3.blake3() if _blake3 else None
        self._waiting: list[bytes] = []
        self._length = 0
        self._chunks = 0
        # Values of complete subtrees, the largest first; their sizes are the bits of the number of chunks.
        self._trees: list[bytes] = []
        self._batch = (4096 if _numpy else 1024) * _CHUNK

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Takes more of the content."""
        if self._other is not None:
            self._other.update(data)
            return
        self._waiting.append(bytes(data))
        self._length += len(data)
        # The last piece is kept back: whether it is the root is only known at the end.
        while self._length > self._batch:
            whole = b"".join(self._waiting)
            self._take(whole[: self._batch])
            self._waiting = [whole[self._batch :]]
            self._length -= self._batch

    def _take(self, data: bytes) -> None:
        values, _ = self._values(data)
        while len(values) > 32:
            values = _lanes(values, len(values) // 64, 1, None, 64, _PARENT, 0)
        self._chunks += self._batch // _CHUNK
        count = self._chunks // (self._batch // _CHUNK)
        while count % 2 == 0:
            values = _lanes(self._trees.pop() + values, 1, 1, None, 64, _PARENT, 0)
            count //= 2
        self._trees.append(values)

    def _values(self, data: bytes, root: int = 0) -> tuple[bytes, int]:
        """The values of the chunks of `data`, and how many they are. `root` marks an only chunk."""
        whole = len(data) // _CHUNK
        rest = data[whole * _CHUNK :]
        if not rest and whole and root:
            whole, rest = whole - 1, data[(whole - 1) * _CHUNK :]
        values, at = b"", self._chunks
        if whole >= 256 and _numpy:
            values = _lanes_by_numpy(memoryview(data)[: whole * _CHUNK], whole, 16, at)
        elif whole:
            head = memoryview(data)[: whole * _CHUNK]
            values = _lanes(head, whole, 16, at, 64, _CHUNK_START, _CHUNK_END)
        if rest or not data:
            blocks = max(1, -(-len(rest) // 64))
            last = len(rest) - (blocks - 1) * 64
            padded = rest + bytes(blocks * 64 - len(rest))
            values += _lanes(padded, 1, blocks, at + whole, last, _CHUNK_START, _CHUNK_END | root)
            whole += 1
        return values, whole

    def hexdigest(self) -> str:
        """The digest as the farm writes it, 64 hexadecimal digits."""
        if self._other is not None:
            return str(self._other.hexdigest())
        rest = b"".join(self._waiting)
        alone = not self._trees and len(rest) <= _CHUNK
        values, count = self._values(rest, _ROOT if alone else 0)
        while count > 1:
            root = _ROOT if count == 2 and not self._trees else 0
            pairs, odd = count // 2, values[count // 2 * 64 :]
            values = _lanes(values[: pairs * 64], pairs, 1, None, 64, _PARENT, root) + odd
            count = pairs + len(odd) // 32
        for left in range(len(self._trees) - 1, -1, -1):
            root = _ROOT if left == 0 else 0
            values = _lanes(self._trees[left] + values, 1, 1, None, 64, _PARENT, root)
        return values.hex()


def digest_of(path: PathLike, progress: Callable[[int], None] | None = None) -> str:
    """The BLAKE3 digest of a file; `progress` is told the bytes read so far."""
    hasher, done = Hasher(), 0
    try:
        with open(path, "rb") as file:
            while True:
                piece = file.read(4 * PIECE)
                if not piece:
                    return hasher.hexdigest()
                hasher.update(piece)
                done += len(piece)
                if progress:
                    progress(done)
    except OSError as error:
        raise LocalError(f"cannot read {path}: {error.strerror or error}") from error


class _KnownDigests:
    """Digests of files that were read before, by what the system says of them. A file of just now is not kept:
    it could change within the same tick of the clock."""

    MOST = 100_000

    def __init__(self) -> None:
        base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
        folder = Path(base) if base else Path.home() / ".cache"
        self._path = folder / "framefarm" / "digests.json"
        self._lock = threading.Lock()
        self._new = False
        try:
            read = json.loads(self._path.read_text("utf-8"))
            self._known: dict[str, list[Any]] = read if isinstance(read, dict) else {}
        except (OSError, ValueError):
            self._known = {}

    @staticmethod
    def _mark(about: os.stat_result) -> list[Any]:
        return [about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino]

    def get(self, path: str, about: os.stat_result) -> str | None:
        found = self._known.get(path)
        return str(found[4]) if found and len(found) == 5 and found[:4] == self._mark(about) else None

    def put(self, path: str, about: os.stat_result, digest: str) -> None:
        if time.time() - max(about.st_mtime, about.st_ctime) < 2:
            return
        with self._lock:
            self._known[path] = [*self._mark(about), digest]
            self._new = True

    def forget(self, path: str) -> None:
        with self._lock:
            self._new = self._known.pop(path, None) is not None or self._new

    def keep(self) -> None:
        with self._lock:
            if not self._new:
                return
            while len(self._known) > self.MOST:
                self._known.pop(next(iter(self._known)))
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                part = self._path.with_name(f".digests.{secrets.token_hex(4)}.part")
                part.write_text(json.dumps(self._known), "utf-8")
                os.replace(part, self._path)
                self._new = False
            except OSError:
                pass  # Then they are read again the next time.


# ---------------------------------------------------------------------------------------------------------------
# The files of a job
# ---------------------------------------------------------------------------------------------------------------


@dataclass
class LocalFile:
    """A file that travels with a job: `path` in the job's folder, `original` where it stands for the scene, `source`
    where its bytes are, which may be a copy."""

    path: str
    original: str
    source: str
    bytes: int
    executable: bool
    digest: str = ""

    def said(self) -> dict[str, Any]:
        """As the farm wants it."""
        return {
            "path": self.path, "original": self.original, "digest": self.digest, "bytes": self.bytes,
            "executable": self.executable,
        }


def _expand(name: PathLike) -> list[str]:
    """The files that a name stands for: itself, all in a folder, all that a pattern fits."""
    text = os.path.abspath(os.path.expanduser(os.fspath(name)))
    if os.path.isfile(text):
        return [text]
    if os.path.isdir(text):
        found = (os.path.join(top, name) for top, _, names in os.walk(text) for name in names)
        return sorted(file for file in found if os.path.isfile(file))
    return sorted(file for file in glob.glob(text, recursive=True) if os.path.isfile(file))


def gather(
    files: Iterable[PathLike], folders: Iterable[PathLike] = (), away: Iterable[PathLike] = (),
    copies: Mapping[str, PathLike] | None = None,
) -> tuple[str, list[LocalFile]]:
    """The folder that holds `files` and `folders`, and all files with their places in it.

    `away` are files that are named by their whole path: where they do not lie in that folder they travel below
    `elsewhere`, where render hosts look for them. `copies` say of a file where else its bytes are read. Raises
    `Invalid` with every file that is not there.
    """
    faults: list[Fault] = []
    near: list[str] = []
    sources = {os.path.abspath(name): os.fspath(source) for name, source in (copies or {}).items()}
    for name in files:
        whole = os.path.abspath(os.path.expanduser(os.fspath(name)))
        found = [whole] if whole in sources else _expand(name)
        if not found:
            what = f"{whole} is not there"
            faults.append({"place": "files", "what": what, "hint": "name an existing file, folder or pattern"})
        near.extend(found)
    tops = [os.path.dirname(file) for file in near] + [os.path.abspath(os.fspath(folder)) for folder in folders]
    far = [os.path.abspath(os.fspath(file)) for file in away]
    drive = os.path.splitdrive(tops[0])[0] if tops else ""
    root = os.path.commonpath([top for top in tops if os.path.splitdrive(top)[0] == drive]) if tops else ""
    found_files: dict[str, LocalFile] = {}
    for original in near + far:
        inside = bool(root) and os.path.splitdrive(original)[0] == drive and _within(original, root)
        if inside:
            place = os.path.relpath(original, root)
        else:
            place = "elsewhere" + os.sep + original.replace(":", "").lstrip("/\\")
        place = place.replace(os.sep, "/")
        source = sources.get(original, original)
        try:
            about = os.stat(source)
        except OSError as error:
            faults.append({"place": "files", "what": f"{original} cannot be read: {error.strerror or error}"})
            continue
        runs = os.name == "posix" and bool(about.st_mode & 0o111)
        found_files.setdefault(place, LocalFile(place, original, source, about.st_size, runs))
    if faults:
        raise Invalid(422, "files of the job are missing", None, faults)
    return root, [found_files[place] for place in sorted(found_files)]


def _within(path: str, folder: str) -> bool:
    return os.path.commonpath([path, folder]) == folder


# ---------------------------------------------------------------------------------------------------------------
# Finding a farm
# ---------------------------------------------------------------------------------------------------------------


@dataclass
class Account:
    """What this account knows of a farm: a file in its configuration folder, as `framefarm login` writes it."""

    name: str
    farm_id: str
    authority: str
    url: str | None
    token: str | None

    @staticmethod
    def folder() -> Path:
        """Where these files are."""
        base = os.environ.get("XDG_CONFIG_HOME", "")
        config = Path(base) if os.path.isabs(base) else Path.home() / ".config"
        return config / "framefarm" / "farms"

    @classmethod
    def read(cls, farm_id: str) -> Account | None:
        """What is known of a farm; `None` where nothing is."""
        path = cls.folder() / f"{farm_id}.toml"
        try:
            if os.name == "posix" and path.stat().st_mode & 0o077:
                raise Untrusted(f"{path} can be read by others", f"make it private: chmod 600 {path}")
            text = path.read_text("utf-8")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LocalError(f"cannot read {path}: {error.strerror or error}") from error
        found = {}
        for name, long, short in re.findall(r'(?ms)^(\w+) = (?:"""\n?(.*?)"""|"((?:[^"\\\n]|\\.)*)")', text):
            found[name] = long or str(json.loads(f'"{short}"'))
        if found.get("farm_id") != farm_id or "authority" not in found:
            raise Untrusted(f"{path} is no credential file", "remove it, and log in again: framefarm login")
        return cls(found.get("name", ""), farm_id, found["authority"], found.get("url"), found.get("token"))

    @classmethod
    def all(cls) -> list[Account]:
        """All farms that this account knows; files that cannot be used are left out."""
        found = []
        try:
            names = sorted(path.stem for path in cls.folder().glob("*.toml"))
        except OSError:
            return []
        for name in names:
            try:
                account = cls.read(name) if _is_farm_id(name) else None
            except FramefarmError:
                continue
            if account:
                found.append(account)
        return found

    def write(self) -> Path:
        """Keeps it, readable for this account alone."""
        folder = self.folder()
        lines = ["# A credential of this account. Show it to nobody."]
        for name, value in (("name", self.name), ("farm_id", self.farm_id)):
            lines.append(f"{name} = {json.dumps(value)}")
        lines.append(f'authority = """\n{self.authority.strip()}\n"""')
        for name, known in (("url", self.url), ("token", self.token)):
            if known:
                lines.append(f"{name} = {json.dumps(known)}")
        path = folder / f"{self.farm_id}.toml"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, part = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
            os.replace(part, path)
        except OSError as error:
            raise LocalError(f"cannot write {path}: {error.strerror or error}") from error
        return path


def _is_farm_id(text: str) -> bool:
    return re.fullmatch("[0-9a-f]{16}", text) is not None


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or re.fullmatch(r"127\.\d+\.\d+\.\d+", host) is not None


def _server_url(text: str) -> str:
    """`127.0.0.1:7117` or `https://farm:7117` as a whole address."""
    full = text.strip().rstrip("/")
    if "://" not in full:
        host = urllib.parse.urlsplit(f"//{full}").hostname or ""
        full = ("http://" if _is_loopback(host) else "https://") + full
    parts = urllib.parse.urlsplit(full)
    try:
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.path or parts.query or parts.fragment or parts.username:
        raise NotFound(f"{text!r} is not the address of a farm", "write for example https://farm:7117")
    return full


def _interfaces() -> list[tuple[str, str | None]]:
    """Addresses of this machine, each with the broadcast address of its network where that can be known."""
    found: list[tuple[str, str | None]] = [("127.0.0.1", "127.255.255.255")]
    try:
        fcntl: Any = importlib.import_module("fcntl")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            for _, name in socket.if_nameindex():
                request = struct.pack("256s", name.encode()[:15])
                try:  # SIOCGIFADDR and SIOCGIFBRDADDR of Linux.
                    address = socket.inet_ntoa(fcntl.ioctl(probe.fileno(), 0x8915, request)[20:24])
                    broadcast = socket.inet_ntoa(fcntl.ioctl(probe.fileno(), 0x8919, request)[20:24])
                except OSError:
                    continue
                if not _is_loopback(address):
                    found.append((address, broadcast if broadcast != "0.0.0.0" else None))
    except (ImportError, OSError, AttributeError):
        pass
    if len(found) == 1:
        try:
            names = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET, socket.SOCK_DGRAM)
            found += sorted({(str(name[4][0]), None) for name in names if not _is_loopback(str(name[4][0]))})
        except OSError:
            pass
    return found


def _mouths(port: int) -> list[tuple[socket.socket, list[tuple[str, int]]]]:
    """A socket for each way out of this machine, with where to ask."""
    mouths: list[tuple[socket.socket, list[tuple[str, int]]]] = []
    for address, broadcast in _interfaces():
        mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            mouth.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
            mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 4)
            mouth.bind((address, 0))
        except OSError:
            mouth.close()
            continue
        targets = [(broadcast, port)] if broadcast else []
        mouths.append((mouth, targets + ([] if _is_loopback(address) else [("239.255.71.18", port)])))
    for index, name in _link_local():
        mouth = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        try:
            mouth.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            mouths.append((mouth, [(f"ff12::7118%{name}", port)]))
        except OSError:
            mouth.close()
    return mouths


def _link_local() -> list[tuple[int, str]]:
    try:
        return [(index, name) for index, name in socket.if_nameindex() if name != "lo"]
    except (OSError, AttributeError):
        return []


def _ask_network(farm: str, port: int, wait: float) -> dict[str, list[str]]:
    """Who answers for the farm of that name or id: the addresses of each, by its id. The first answer is waited
    for so long, others 40 ms more."""
    nonce = secrets.randbits(64)
    question = {"framefarm": 2, "type": "question", "farm": farm, "service": "schedule", "nonce": nonce, "pad": ""}
    bare = json.dumps(question, separators=(",", ":"), ensure_ascii=False).encode()
    question["pad"] = " " * (600 - len(bare))
    asked = json.dumps(question, separators=(",", ":"), ensure_ascii=False).encode()
    found: dict[str, list[str]] = {}
    mouths = _mouths(port)
    try:
        until, again, pause = time.monotonic() + wait, 0.0, 0.1
        while time.monotonic() < until:
            if time.monotonic() >= again:
                for mouth, targets in mouths:
                    for target in targets:
                        try:
                            mouth.sendto(asked, target)
                        except OSError:
                            continue
                again, pause = time.monotonic() + pause, pause * 2
            left = max(0.0, min(until, again) - time.monotonic())
            for mouth in select.select([mouth for mouth, _ in mouths], [], [], left)[0]:
                try:
                    heard = json.loads(mouth.recv(2048))
                except (OSError, ValueError):
                    continue
                if not isinstance(heard, dict) or heard.get("type") != "answer" or heard.get("nonce") != nonce:
                    continue
                if farm not in (heard.get("farm"), heard.get("farm_id")) or not heard.get("urls"):
                    continue
                urls = found.setdefault(str(heard.get("farm_id")), [])
                urls += [url for url in heard["urls"] if url not in urls]
                until = min(until, time.monotonic() + 0.04)
    finally:
        for mouth, _ in mouths:
            mouth.close()
    return {farm_id: sorted(urls, key=lambda url: not _is_loopback(_host(url))) for farm_id, urls in found.items()}


def _host(url: str) -> str:
    return urllib.parse.urlsplit(url).hostname or ""


def _reaches(url: str) -> bool:
    parts = urllib.parse.urlsplit(url)
    try:
        socket.create_connection((parts.hostname, parts.port or SERVER_PORT), 2).close()
    except OSError:
        return False
    return True


def _by_name() -> str | None:
    """The farm by its name in DNS, where somebody listens there. Addresses of this machine count for nothing."""
    name = os.environ.get("FRAMEFARM_DNS") or "framefarm"
    if name == "none":
        return None
    try:
        found = socket.getaddrinfo(name, SERVER_PORT, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return None
    for family, _, _, _, address in found:
        host = f"[{address[0]}]" if family == socket.AF_INET6 else str(address[0])
        url = f"https://{host}:{SERVER_PORT}"
        if not _is_loopback(str(address[0])) and _reaches(url):
            return url
    return None


def find(farm: str = "default", wait: float = 3.0) -> str:
    """The address of the farm of that name or id: by DNS or a question on the network, else where this account
    reached it last. Nothing of this is trusted with more than an address."""
    port = int(os.environ.get("FRAMEFARM_DISCOVERY_PORT") or DISCOVERY_PORT)
    named: list[str | None] = []
    # A resolver that says nothing for long holds nobody up.
    asker = threading.Thread(target=lambda: named.append(_by_name()), daemon=True)
    asker.start()
    answers = _ask_network(farm, port, wait)
    asker.join(0.15 if answers else 2.0)
    if named and named[0] and farm in ("default", *_names_at(named[0])):
        return named[0]
    known = {account.farm_id for account in Account.all()}
    if len(answers) > 1:
        answers = {farm_id: urls for farm_id, urls in answers.items() if farm_id in known} or answers
    if len(answers) > 1:
        raise NotFound(
            f"several farms are called {farm!r}: {', '.join(sorted(answers))}", "say its id instead of its name"
        )
    for urls in answers.values():
        for url in urls:
            if _reaches(url):
                return str(url)
    for account in Account.all():
        if farm in (account.name, account.farm_id) and account.url and _reaches(account.url):
            return account.url
    raise NotFound(
        f"no farm {farm!r} was found: asked DNS, and the network on UDP port {port} for {wait:.0f} s",
        "is it running? give its address: connect('https://farm:7117'), or set FRAMEFARM_SERVER",
    )


def _names_at(url: str) -> tuple[str, ...]:
    try:
        identity = _identity(url)
    except FramefarmError:
        return ()
    return identity["farm"], identity["farm_id"]


def _identity(url: str) -> Identity:
    """Who answers there. Nothing secret is said, and what is heard vouches for itself by its fingerprint."""
    stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    stranger.check_hostname = False
    stranger.verify_mode = ssl.CERT_NONE
    wire = _Wire(url, stranger, None, None)
    try:
        found = wire.json("GET", "/identity")
        if not isinstance(found, dict) or not all(isinstance(found.get(key), str) for key in Identity.__annotations__):
            raise Protocol(f"{url} is no farm of this version: it does not say which it is")
        identity = cast(Identity, found)
        try:
            der = ssl.PEM_cert_to_DER_cert(identity["authority"].strip())
        except ValueError as error:
            raise Protocol(f"{url} is no farm of this version: {error}") from error
        if hashlib.sha256(der).hexdigest()[:16] != identity["farm_id"]:
            raise Untrusted(f"{url} says that it is {identity['farm_id']}, and its authority is another's")
        return identity
    finally:
        wire.close()


def connect(
    server: str | None = None,
    *,
    farm: str | None = None,
    token: str | None = None,
    farm_id: str | None = None,
    wait: float = 3.0,
) -> Farm:
    """The farm, and this account's way in.

    `server` is its address; where it is not given, FRAMEFARM_SERVER, then the farm called `farm` (FRAMEFARM_FARM,
    else "default") that DNS or the network leads to. `token` proves who you are; where it is not given,
    FRAMEFARM_TOKEN, then what `framefarm login` or `login` kept. A farm on another machine has to be known from
    a login, or by its id: `farm_id`, which `framefarm whoami` shows.
    """
    name = farm or os.environ.get("FRAMEFARM_FARM") or "default"
    given = server or os.environ.get("FRAMEFARM_SERVER")
    url = _server_url(given) if given else find(farm_id or name, wait)
    identity = _identity(url)
    account = Account.read(identity["farm_id"])
    secure = url.startswith("https")
    if farm_id and farm_id.lower() != identity["farm_id"]:
        raise Untrusted(f"{url} is the farm {identity['farm_id']} and not {farm_id}")
    known = farm_id is not None or (account and account.authority.strip() == identity["authority"].strip())
    if secure and not known:
        raise Untrusted(
            f"this account does not know the authority of the farm {identity['farm']!r} ({identity['farm_id']}) yet",
            "log in once: framefarm login, or framefarm.login(); or say its id: connect(farm_id=...)",
        )
    if not secure and not _is_loopback(_host(url)):
        raise Untrusted(
            f"{url} speaks without TLS and is not this machine, so that others could read along",
            "a farm that others reach speaks TLS: begin its address with https",
        )
    token = token or os.environ.get("FRAMEFARM_TOKEN") or (account.token if account else None)
    return Farm(url, identity, token)


def login(
    user: str,
    password: str,
    server: str | None = None,
    *,
    farm: str | None = None,
    farm_id: str | None = None,
) -> Farm:
    """Logs in and keeps it, as `framefarm login` does: from then on `connect` needs nothing.

    On another machine `farm_id` has to say which farm is meant, where this account has never been there.
    """
    farm = farm or os.environ.get("FRAMEFARM_FARM") or "default"
    given = server or os.environ.get("FRAMEFARM_SERVER")
    url = _server_url(given) if given else find(farm_id or farm)
    identity = _identity(url)
    if not farm_id and not _is_loopback(_host(url)) and not Account.read(identity["farm_id"]):
        raise Untrusted(
            f"{url} says that it is the farm {identity['farm']!r} with the id {identity['farm_id']}",
            "if whoever runs it says so too, log in with farm_id=" + repr(identity["farm_id"]),
        )
    if farm_id and farm_id.lower() != identity["farm_id"]:
        raise Untrusted(f"{url} is the farm {identity['farm_id']} and not {farm_id}")
    with Farm(url, identity, None) as stranger:
        reply = stranger.call("POST", "/login", {"user": user, "password": password})
    token = str(reply["token"])
    Account(identity["farm"], identity["farm_id"], identity["authority"], url, token).write()
    return Farm(url, identity, token)


# ---------------------------------------------------------------------------------------------------------------
# Talking HTTP
# ---------------------------------------------------------------------------------------------------------------


class _Connection(http.client.HTTPConnection):
    """A connection, with TLS where `context` is given: a farm is known by the name in its certificate, whatever
    its address is called."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None, name: str | None) -> None:
        super().__init__(host, port, timeout=CONNECT_TIME, blocksize=PIECE // 4)
        self.context = context
        self.name = name
        self.used_at = 0.0

    def connect(self) -> None:
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.context:
            self.sock = self.context.wrap_socket(self.sock, server_hostname=self.name)


class _Wire:
    """Requests to one server. Each thread has a connection of its own."""

    def __init__(self, url: str, context: ssl.SSLContext | None, name: str | None, token: str | None) -> None:
        parts = urllib.parse.urlsplit(url)
        self.url = url
        self._host, self._port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        self._context = context if parts.scheme == "https" else None
        self._name = name
        self._headers = {"User-Agent": f"framefarm-python/{__version__}", "Accept": "application/json, */*"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._mine = threading.local()
        self._open: set[_Connection] = set()
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()

    def _new(self) -> _Connection:
        connection = _Connection(self._host, self._port, self._context, self._name)
        with self._lock:
            self._open.add(connection)
        return connection

    def _drop(self, connection: _Connection) -> None:
        connection.close()
        with self._lock:
            self._open.discard(connection)
        if getattr(self._mine, "connection", None) is connection:
            self._mine.connection = None

    def _kept(self) -> _Connection:
        connection: _Connection | None = getattr(self._mine, "connection", None)
        if connection and time.monotonic() - connection.used_at > POOL_TIME:
            self._drop(connection)
            connection = None
        if connection is None:
            connection = self._mine.connection = self._new()
        return connection

    def target(self, path: str, query: Mapping[str, Any] | None, parts: Mapping[str, Any]) -> str:
        """The address of `path`, its `{names}` taken from `parts`."""
        escaped = {name: urllib.parse.quote(str(value), safe="") for name, value in parts.items()}
        pairs = {name: _query_value(value) for name, value in (query or {}).items() if value is not None}
        text = urllib.parse.urlencode(pairs)
        return "/api/v1" + path.format(**escaped) + (f"?{text}" if text else "")

    def send(
        self,
        method: str,
        target: str,
        body: bytes | BinaryIO | None = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
    ) -> tuple[_Connection, http.client.HTTPResponse]:
        """The answer, whatever it is. A connection that was kept and is dead is made anew once."""
        fresh = stream or getattr(self._mine, "connection", None) is None
        connection = self._new() if stream else self._kept()
        try:
            if connection.sock is None:
                connection.timeout = CONNECT_TIME
                connection.connect()
            connection.sock.settimeout(IDLE_TIME if stream or isinstance(body, _Reader) else REQUEST_TIME)
            connection.request(method, target, body, {**self._headers, **(headers or {})})
            response = connection.getresponse()
        except ssl.SSLError as error:
            self._drop(connection)
            raise Untrusted(
                f"{self.url} does not prove to be the farm: {error.reason or error}",
                "has the farm been set up anew? then log in again",
            ) from error
        except (OSError, http.client.HTTPException) as error:
            self._drop(connection)
            again = isinstance(error, (http.client.RemoteDisconnected, ConnectionError)) and not fresh
            if again and not isinstance(body, io.IOBase):
                return self.send(method, target, body, headers, stream)
            raise self.lost(error) from error
        connection.used_at = time.monotonic()
        return connection, response

    def lost(self, error: Exception) -> Unreachable:
        """What a broken connection means for a person."""
        if isinstance(error, TimeoutError):
            return Unreachable(f"{self.url} does not answer", "is its machine overloaded, or a firewall between?")
        if isinstance(error, ConnectionRefusedError):
            return Unreachable(f"nobody listens at {self.url}", "is the farm running? is the address right?")
        if isinstance(error, socket.gaierror):
            return Unreachable(f"the name in {self.url} is not known", "is the address right?")
        return Unreachable(f"the connection to {self.url} broke: {error or type(error).__name__}", None)

    def checked(self, connection: _Connection, response: http.client.HTTPResponse) -> http.client.HTTPResponse:
        """`response`, where it is one of success; else raises what it says."""
        if 200 <= response.status < 300:
            return response
        try:
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._drop(connection)
            raise self.lost(error) from error
        if response.getheader("Content-Type", "").startswith("application/problem+json"):
            try:
                raise _refused(response.status, json.loads(body))
            except ValueError:
                pass
        text = body.decode("utf-8", "replace").strip()[:200]
        raise Protocol(
            f"{self.url} is no farm of this version: it answers {response.status} {text}".rstrip(),
            "check the address, and take this file from the farm: URL/clients/framefarm.py",
        )

    def answer(
        self, method: str, target: str, body: bytes | BinaryIO | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """What the server answers. One that has too much to do is asked again when it said, for a while."""
        begun = time.monotonic()
        while True:
            connection, response = self.send(method, target, body, headers)
            wait = response.getheader("Retry-After", "")
            if response.status in (429, 503) and wait.isdigit() and not isinstance(body, io.IOBase):
                pause = int(wait) + random.random() / 4
                if time.monotonic() - begun + pause < BUSY_TIME:
                    response.read()
                    time.sleep(pause)
                    continue
            try:
                return self.checked(connection, response).read()
            except (OSError, http.client.HTTPException) as error:
                self._drop(connection)
                raise self.lost(error) from error

    def json(
        self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None, **parts: Any,
    ) -> Any:
        """What the server answers, read as JSON; nothing where it answers nothing."""
        sent = None if body is None else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"} if body is not None else {}
        got = self.answer(method, self.target(path, query, parts), sent, {**kind, **(headers or {})})
        try:
            return json.loads(got) if got else None
        except ValueError as error:
            raise Protocol(f"{self.url} is no farm of this version: its answer cannot be understood") from error

    def stream(
        self, path: str, query: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None,
        **parts: Any,
    ) -> _Stream:
        """An answer of unknown length, on a connection of its own."""
        connection, response = self.send("GET", self.target(path, query, parts), None, headers, stream=True)
        try:
            return _Stream(self, connection, self.checked(connection, response))
        except BaseException:
            self._drop(connection)
            raise


class _Stream:
    """An answer that is read piece by piece."""

    def __init__(self, wire: _Wire, connection: _Connection, response: http.client.HTTPResponse) -> None:
        self._wire, self._connection, self.response = wire, connection, response

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self._wire._drop(self._connection)

    def pieces(self) -> Iterator[bytes]:
        """What arrives."""
        while True:
            try:
                piece = self.response.read(PIECE)
            except (OSError, http.client.HTTPException) as error:
                raise self._wire.lost(error) from error
            if not piece:
                if self.response.length:
                    raise self._wire.lost(ConnectionError("it ended too early"))
                return
            yield piece

    def events(self) -> Iterator[Event]:
        """The server-sent events that arrive."""
        name, number, data = "message", "", list[str]()
        while True:
            try:
                line = self.response.readline(16 << 20)
            except (OSError, http.client.HTTPException) as error:
                raise self._wire.lost(error) from error
            if not line:
                return
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            if not text:
                if data:
                    yield Event(number, name, _event_data("\n".join(data)))
                name, data = "message", []
                continue
            key, _, value = text.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if key == "data":
                data.append(value)
            elif key == "event":
                name = value
            elif key == "id":
                number = value


def _event_data(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Protocol("the farm told something that cannot be understood") from error


def _query_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(str(one) for one in value) if isinstance(value, (list, tuple, set)) else str(value)


class _Reader(io.RawIOBase):
    """A file on its way, of exactly the bytes that were announced."""

    def __init__(self, file: BinaryIO, length: int, told: Callable[[int], None]) -> None:
        super().__init__()
        self._file, self._left, self._told = file, length, told

    def read(self, size: int = -1) -> bytes:
        wanted = min(self._left, size if size >= 0 else self._left)
        piece = self._file.read(wanted)
        if wanted and not piece:
            raise LocalError("a file became shorter while it was sent", "is something still writing it?")
        self._left -= len(piece)
        self._told(len(piece))
        return piece

    def readable(self) -> bool:
        return True


def _patiently(call: Callable[[], T]) -> T:
    """What `call` gives, tried again while the server is away; it must be safe to repeat."""
    until, pause = time.monotonic() + AWAY_TIME, 0.5
    while True:
        try:
            return call()
        except Unreachable:
            if time.monotonic() + pause > until:
                raise
        time.sleep(pause * (0.75 + random.random() / 2))
        pause = min(pause * 1.7, 5.0)


# ---------------------------------------------------------------------------------------------------------------
# The farm
# ---------------------------------------------------------------------------------------------------------------


class Farm:
    """A farm, as this account sees it; `connect` makes one. May be used from several threads."""

    def __init__(self, url: str, identity: Identity, token: str | None) -> None:
        self.url = url
        self.name = identity["farm"]
        self.farm_id = identity["farm_id"]
        context = None
        if url.startswith("https"):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            context.load_verify_locations(cadata=identity["authority"])
        self._wire = _Wire(url, context, f"schedule.{self.farm_id}.framefarm", token)
        self._digests = _KnownDigests()

    def __repr__(self) -> str:
        return f"<Farm {self.name!r} at {self.url}>"

    def __enter__(self) -> Farm:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connections. The next call makes new ones."""
        self._wire.close()

    def call(
        self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None, **parts: Any
    ) -> Any:
        """Any call of the API: `farm.call("GET", "/limits")`, `farm.call("GET", "/jobs/{job}", job=17)`."""
        return self._wire.json(method, path, body, query, None, **parts)

    def _pages(self, path: str, query: Mapping[str, Any], **parts: Any) -> Iterator[Any]:
        """Everything in a list that comes in pages."""
        after: str | None = None
        while True:
            wanted = {**query, "after": after}
            page = _patiently(lambda wanted=wanted: self.call("GET", path, None, wanted, **parts))  # type: ignore[misc]
            yield from page["items"]
            after = page.get("next")
            if after is None:
                return

    # Looking

    def whoami(self) -> WhoView:
        """Whom the farm takes you for, and what you may do."""
        return cast(WhoView, self.call("GET", "/whoami"))

    def info(self) -> dict[str, Any]:
        """What the farm says of itself."""
        return cast("dict[str, Any]", self.call("GET", "/farm"))

    def job(self, job: int | str) -> Job:
        """One job; raises `Missing` where there is none of that number."""
        found = Job(self, job)
        found.refresh()
        return found

    def jobs(
        self,
        *,
        state: str | Sequence[str] | None = None,
        user: str | None = None,
        group: str | None = None,
        package: str | None = None,
        text: str | None = None,
        since: int | None = None,
        queue: str | None = None,
        sort: str | None = None,
    ) -> Iterator[JobView]:
        """The jobs that fit, page by page as they are needed.

        `state` is one or several of queued, active, held, done, failed, killed; `queue` is new, active or done;
        `text` is part of the name; `since` is milliseconds; `sort` is a field, turned round by a `-` before it.
        """
        query = {
            "state": state, "user": user, "group": group, "package": package, "text": text, "since": since,
            "queue": queue, "sort": sort,
        }
        return cast("Iterator[JobView]", self._pages("/jobs", query))

    def hosts(
        self, *, state: str | Sequence[str] | None = None, text: str | None = None,
        need: str | None = None, sort: str | None = None,
    ) -> Iterator[HostView]:
        """The render hosts that fit; `need` is a profile as in job descriptions, "memory>=16G, blender=4.x"."""
        query = {"state": state, "text": text, "need": need, "sort": sort}
        return cast("Iterator[HostView]", self._pages("/hosts", query))

    def host(self, name: str) -> HostView:
        """One render host."""
        return cast(HostView, self.call("GET", "/hosts/{host}", host=name))

    def match(self, need: str, prefer: str = "") -> dict[str, Any]:
        """Which hosts a profile fits, and why it does not fit the others."""
        return cast("dict[str, Any]", self.call("GET", "/match", None, {"need": need, "prefer": prefer}))

    def packages(self) -> list[dict[str, Any]]:
        """The rendering packages that the farm knows."""
        return cast("list[dict[str, Any]]", self.call("GET", "/package-names"))

    def package(self, name: str) -> dict[str, Any]:
        """What a rendering package can be told: its settings, formats and versions."""
        return cast("dict[str, Any]", self.call("GET", "/packages/{package}", package=name))

    def events(self, topics: Iterable[str], after: str | None = None) -> Iterator[Event]:
        """Everything that changes, as it changes: topics are `jobs`, `job:17`, `grid:17`, `hosts`, `host:NAME`,
        `farm`, `joins`.

        The connection may break; it is made anew and goes on behind the last event. An event `hello` is the
        first of each connection, and `reset` names topics to look at anew. Ends never.
        """
        query = {"topics": list(topics)}
        pause = 0.5
        while True:
            try:
                with self._wire.stream("/events", query, {"Last-Event-ID": after} if after else None) as stream:
                    for event in stream.events():
                        after, pause = event.id or after, 0.5
                        yield event
            except (Unreachable, Busy):
                pass
            time.sleep(pause * (0.75 + random.random() / 2))
            pause = min(pause * 1.7, 10.0)

    # Submitting

    def draft(
        self,
        scene: PathLike | None = None,
        *,
        files: Iterable[PathLike] = (),
        folders: Iterable[PathLike] = (),
        away: Iterable[PathLike] = (),
        copies: Mapping[str, PathLike] | None = None,
        missing: Sequence[Fault] = (),
        progress: Callable[[Progress], None] | None = None,
        **fields: Any,
    ) -> Draft:
        """The job that `submit` would make of the same arguments, and all that is wrong with it."""
        words, found = self._gathered(scene, files, folders, away, copies or {}, fields)
        self._read(found, progress)
        said = {
            "name": "job.json", "text": json.dumps(words, indent=1), "files": [file.said() for file in found],
            "missing": list(missing),
        }
        got = self.call("POST", "/drafts", said)
        return Draft(got.get("job"), got.get("faults") or [], got.get("warnings") or [], found)

    def submit(
        self,
        scene: PathLike | None = None,
        *,
        files: Iterable[PathLike] = (),
        folders: Iterable[PathLike] = (),
        away: Iterable[PathLike] = (),
        copies: Mapping[str, PathLike] | None = None,
        missing: Sequence[Fault] = (),
        progress: Callable[[Progress], None] | None = None,
        key: str | None = None,
        **fields: Any,
    ) -> Job:
        """Submits a job, and sends what the farm does not have yet of its files.

        `scene` and `files` (files, folders and patterns) travel with the job and keep their places beside each
        other; those in `away` are named by their whole path in the scene; `copies` say of a file where else its
        bytes are; `missing` are faults of files that the scene names and that are not there, which only a job with
        `allow_missing` goes without. Everything else is a field of docs/job-description.md:
        `frames="1-240"`, `size="1920x1080"`, `settings={"samples": 64}`,
        `needs="memory>=16G"`, `priority=20`, `tiles="2x2"`, `movie=True`, `command=[...]`, `step=[...]`.

        All faults come in one `Invalid`, and nothing is submitted then. What the farm warned of stands in
        `Job.warnings`. `progress` is told of bytes read and sent; what it raises ends it all. The same `key`
        again is the same job.
        """
        draft = self.draft(
            scene, files=files, folders=folders, away=away, copies=copies, missing=missing, progress=progress, **fields
        )
        description = draft.checked()
        self._upload(draft.files, progress)
        request = {"key": key or secrets.token_hex(16), "description": description}
        try:
            reply = _patiently(lambda: self.call("POST", "/jobs", request))
        except Invalid as error:
            if not any(fault.get("place") == "support" for fault in error.faults):
                raise
            # A content was lost between: what the farm misses is sent once more.
            self._upload(draft.files, progress)
            reply = _patiently(lambda: self.call("POST", "/jobs", request))
        job = Job(self, reply["id"])
        job.view["name"] = str(description.get("name", ""))
        notes = [f"{fault.get('field') or fault['place']}: {fault['what']}" for fault in draft.warnings]
        job.warnings = notes + list(reply.get("warnings") or [])
        return job

    def _gathered(
        self, scene: PathLike | None, files: Iterable[PathLike], folders: Iterable[PathLike],
        away: Iterable[PathLike], copies: Mapping[str, PathLike], fields: Mapping[str, Any],
    ) -> tuple[dict[str, Any], list[LocalFile]]:
        """The fields with paths as they are in the job's folder, and the files."""
        words = json.loads(json.dumps({name: value for name, value in fields.items() if value is not None}))
        if scene is not None:
            words["scene"] = os.fspath(scene)
        tables = [words, *(step for step in words.get("step", ()) if isinstance(step, dict))]
        near: list[PathLike] = list(files)
        for table in tables:
            if "scene" in table:
                table["scene"] = os.path.abspath(os.path.expanduser(str(table["scene"])))
                if not os.path.isfile(table["scene"]) and table["scene"] not in copies:
                    what = f"the render file {table['scene']} is not there"
                    raise Invalid(422, "the job is not in order", None, [{"place": "scene", "what": what}])
                near.append(table["scene"])
            near += _listed(table.pop("support", None))
            table["library"] = [os.path.abspath(str(one)) for one in _listed(table.get("library"))]
        searched = [folder for table in tables for folder in table["library"]]
        near += searched
        root, found = gather(near, [*folders, *searched], away, copies)
        for table in tables:
            if "scene" in table:
                table["scene"] = os.path.relpath(table["scene"], root).replace(os.sep, "/")
            table["library"] = [os.path.relpath(one, root).replace(os.sep, "/") for one in table["library"]]
            if not table["library"]:
                del table["library"]
        words.setdefault("user", _user())
        return words, found

    def _read(self, files: Sequence[LocalFile], progress: Callable[[Progress], None] | None) -> None:
        """Fills in the digests; those of files that have not changed are known."""
        meter = _Meter("read", sum(file.bytes for file in files), progress)

        def read(file: LocalFile) -> None:
            about = os.stat(file.source)
            file.bytes = about.st_size
            known = self._digests.get(file.source, about)
            if known:
                file.digest = known
                meter.add(file.original, file.bytes)
                return
            done = 0

            def told(bytes_read: int) -> None:
                nonlocal done
                meter.add(file.original, bytes_read - done)
                done = bytes_read

            file.digest = digest_of(file.source, told)
            self._digests.put(file.source, about, file.digest)

        _side_by_side(read, files)
        self._digests.keep()

    def _upload(self, files: Sequence[LocalFile], progress: Callable[[Progress], None] | None) -> None:
        """Sends what the farm does not have."""
        by_digest = {file.digest: file for file in files}
        digests, lacking = list(by_digest), list[str]()
        for at in range(0, len(digests), 10_000):
            part = digests[at : at + 10_000]
            lacking += _patiently(lambda part=part: self.call("POST", "/content/missing", part))  # type: ignore[misc]
        wanted = [by_digest[digest] for digest in lacking]
        meter = _Meter("send", sum(file.bytes for file in wanted), progress)
        _side_by_side(lambda file: _patiently(lambda: self._put(file, meter)), wanted)

    def _put(self, file: LocalFile, meter: _Meter) -> None:
        target = self._wire.target("/content/{digest}", None, {"digest": file.digest})
        sent = 0

        def told(more: int) -> None:
            nonlocal sent
            sent += more
            meter.add(file.original, more)

        try:
            with open(file.source, "rb") as opened:
                reader = cast(BinaryIO, _Reader(opened, file.bytes, told))
                self._wire.answer("PUT", target, reader, {"Content-Length": str(file.bytes)})
        except FramefarmError as error:
            meter.add(file.original, -sent)
            if isinstance(error, Invalid):
                self._digests.forget(file.source)
                self._digests.keep()
                raise Damaged(
                    f"{file.source} is not what it was when it was read",
                    "is something still writing it? submit again when it is whole",
                ) from error
            raise
        except OSError as error:
            raise LocalError(f"cannot read {file.source}: {error.strerror or error}") from error

    # Orders

    def order(
        self,
        verb: str,
        *,
        ids: Sequence[int] | None = None,
        priority: int | None = None,
        dry_run: bool = False,
        expect: int | None = None,
        **select: Any,
    ) -> Orders:
        """Orders to all jobs of a selection: `verb` is kill, hold, release, retry or priority; the selection are
        `ids`, or what `jobs` takes: `farm.order("kill", user="ada", state="queued")`.

        `dry_run` counts and does nothing; `expect` refuses where another number of jobs fits.
        """
        chosen = {name: value for name, value in select.items() if value is not None}
        if not isinstance(chosen.get("state", ""), str):
            chosen["state"] = ",".join(chosen["state"])
        if ids is not None:
            chosen["ids"] = list(ids)
        body = {"verb": verb, "select": chosen, "dry_run": dry_run, "priority": priority, "expect": expect}
        body = {name: value for name, value in body.items() if value is not None}
        return cast(Orders, self.call("POST", "/jobs/orders", body))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _user() -> str:
    try:
        return getpass.getuser()
    except Exception:  # What it raises depends on the version and the system.
        return "unknown"


class _Meter:
    """Adds up what threads do, and tells one listener at a time."""

    def __init__(self, phase: str, total: int, told: Callable[[Progress], None] | None) -> None:
        self._phase, self._total, self._told = phase, total, told
        self._done = 0
        self._lock = threading.Lock()

    def add(self, file: str, more: int) -> None:
        with self._lock:
            self._done += more
            if self._told and more:
                self._told(Progress(self._phase, file, self._done, self._total))


def _side_by_side(work: Callable[[T], object], things: Sequence[T]) -> None:
    """Does `work` to each, some at once; the first error ends it."""
    if len(things) <= 1:
        for thing in things:
            work(thing)
        return
    with ThreadPoolExecutor(min(AT_ONCE, len(things))) as pool:
        running = [pool.submit(work, thing) for thing in things]
        try:
            for one in running:
                one.result()
        except BaseException:
            for one in running:
                one.cancel()
            raise


# ---------------------------------------------------------------------------------------------------------------
# A job
# ---------------------------------------------------------------------------------------------------------------


class Job:
    """A job of a farm: `Farm.submit` and `Farm.job` give one."""

    def __init__(self, farm: Farm, job: int | str) -> None:
        self.farm = farm
        self.id = int(job)
        self.view: JobView = {"id": str(job)}
        self.warnings: list[str] = []

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.view.get('name', '')!r} {self.view.get('state', '')}>"

    def refresh(self) -> JobView:
        """What the job does now; kept in `view`."""
        self.view = _patiently(lambda: self.farm.call("GET", "/jobs/{job}", job=self.id))
        return self.view

    def description(self) -> dict[str, Any]:
        """What it was made from."""
        return cast("dict[str, Any]", self.farm.call("GET", "/jobs/{job}/description", job=self.id))

    def frames(
        self, *, step: str | None = None, state: str | Sequence[str] | None = None,
        numbers: str | None = None, warned: bool | None = None,
    ) -> Iterator[FrameView]:
        """Its frames that fit, page by page as they are needed; `numbers` is a frame list, "7,9-12"."""
        query = {"step": step, "state": state, "numbers": numbers, "warned": warned}
        return cast("Iterator[FrameView]", self.farm._pages("/jobs/{job}/frames", query, job=self.id))

    def frame(self, number: int, *, step: str | None = None) -> FrameView:
        """One frame, of the first step that has it where none is named."""
        found = self.farm.call(
            "GET", "/jobs/{job}/frames/{number}", None, {"step": step}, job=self.id, number=number)
        return cast(FrameView, found)

    def why(self) -> list[WhyView]:
        """Why its frames wait."""
        return cast("list[WhyView]", self.farm.call("GET", "/jobs/{job}/why", job=self.id))

    # Steering

    def hold(self) -> JobView:
        """Starts nothing new of it; what runs goes on."""
        self.view = self.farm.call("POST", "/jobs/{job}/hold", job=self.id)
        return self.view

    def release(self) -> JobView:
        """Lets it go on."""
        self.view = self.farm.call("POST", "/jobs/{job}/release", job=self.id)
        return self.view

    def kill(self) -> JobView:
        """Ends it at once."""
        self.view = self.farm.call("POST", "/jobs/{job}/kill", job=self.id)
        return self.view

    def retry(self) -> JobView:
        """Tries its failed frames again."""
        self.view = self.farm.call("POST", "/jobs/{job}/retry", job=self.id)
        return self.view

    def set_priority(self, priority: int) -> JobView:
        """Lower goes first."""
        self.view = self.farm.call("POST", "/jobs/{job}/priority", {"priority": priority}, job=self.id)
        return self.view

    def order_frames(
        self, verb: str, *, numbers: str | None = None, states: Sequence[str] | None = None,
        step: str | None = None,
    ) -> dict[str, Any]:
        """Orders to frames of it: `verb` is retry, kill or requeue; `numbers` is a frame list."""
        body = {"verb": verb, "numbers": numbers, "states": states, "step": step}
        body = {name: value for name, value in body.items() if value is not None}
        return cast("dict[str, Any]", self.farm.call("POST", "/jobs/{job}/frames/orders", body, job=self.id))

    # Following

    def watch(self, patience: float = 300.0) -> Iterator[JobView]:
        """What the job does, now and whenever it changes, up to its end.

        Where the connection breaks it is made anew and the present state is told again; a farm that is away for
        longer than `patience` seconds is an error.
        """
        away_since: float | None = None
        pause = 0.5
        while True:
            try:
                with self.farm._wire.stream("/jobs/{job}/watch", job=self.id) as stream:
                    for event in stream.events():
                        away_since, pause = None, 0.5
                        self.view = event.data
                        yield self.view
                        if self.view["state"] in FINAL:
                            return
            except (Unreachable, Busy):
                away_since = away_since or time.monotonic()
                if time.monotonic() - away_since + pause > patience:
                    raise
            time.sleep(pause * (0.75 + random.random() / 2))
            pause = min(pause * 1.7, 10.0)

    def wait(
        self, progress: Callable[[JobView], None] | None = None, *, check: bool = True, patience: float = 300.0
    ) -> JobView:
        """Waits for its end and says how that was; `progress` is told what it does meanwhile.

        With `check` a job that is not done then raises `JobFailed`.
        """
        for view in self.watch(patience):
            if progress:
                progress(view)
        if check and self.view["state"] != "done":
            why = f"{self.view['frames_failed']} of {self.view['frames_total']} frames failed"
            what = "was killed" if self.view["state"] == "killed" else f"has failed: {why}"
            raise JobFailed(f"job {self.id} {self.view['name']!r} {what}", self.view)
        return self.view

    def log(
        self, number: int, *, step: str | None = None, attempt: int | None = None, tail: int | None = None
    ) -> str:
        """What a frame has printed so far, of its latest attempt where none is named; the last `tail` bytes of it
        alone where that is said."""
        return self._log(number, {"step": step, "attempt": attempt, "tail": tail}).decode("utf-8", "replace")

    def _log(self, number: int, query: Mapping[str, Any]) -> bytes:
        parts = {"job": self.id, "number": number}
        target = self.farm._wire.target("/jobs/{job}/frames/{number}/log", query, parts)
        return self.farm._wire.answer("GET", target)

    def follow_log(
        self, number: int, *, step: str | None = None, attempt: int | None = None, pause: float = 1.0
    ) -> Iterator[str]:
        """What a frame prints, as it comes, up to the end of that attempt: the latest, where none is named. A frame
        that waits is waited for."""
        decoder, offset = codecs.getincrementaldecoder("utf-8")("replace"), 0
        while True:
            frame = _patiently(lambda: self.frame(number, step=step))
            tries = {one["attempt"]: one for one in frame.get("history") or ()}
            attempt = attempt or max(tries, default=None)
            # Asked before the log is read: what is printed before the end is in it then.
            ended = frame["state"] in FINAL or (attempt in tries and tries[attempt]["outcome"] != "running")
            if attempt in tries:
                while True:
                    query = {"step": step, "attempt": attempt, "offset": offset, "length": PIECE}
                    piece = _patiently(lambda query=query: self._log(number, query))  # type: ignore[misc]
                    offset += len(piece)
                    text = decoder.decode(piece)
                    if text:
                        yield text
                    if len(piece) < PIECE:
                        break
            if ended:
                return
            time.sleep(pause)

    # Fetching

    def results(self) -> list[OutputView]:
        """The stored files of the frames that are done."""
        return cast("list[OutputView]", _patiently(
            lambda: self.farm.call("GET", "/jobs/{job}/results", job=self.id)))

    def fetch(
        self,
        folder: PathLike,
        *,
        names: Iterable[str] | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> list[Path]:
        """Fetches its files (of `names` alone where given) into `folder`, and says where they are.

        Each stands there when it is whole and its digest is right, not before. What is there already and right
        is not fetched again; of a job that still renders, what is done is fetched.
        """
        wanted = set(names) if names is not None else None
        outputs = [output for output in self.results() if wanted is None or output["name"] in wanted]
        into = Path(folder)
        for output in outputs:
            if re.search(r'[/\\\0]|^\.', output["name"]):
                raise Protocol(f"the farm names a file {output['name']!r}, which is no plain name")
        try:
            into.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LocalError(f"cannot make the folder {into}: {error.strerror or error}") from error
        meter = _Meter("fetch", sum(output["bytes"] for output in outputs), progress)
        _side_by_side(lambda output: _patiently(lambda: self._fetch(output, into, meter)), outputs)
        return [into / output["name"] for output in outputs]

    def _fetch(self, output: OutputView, into: Path, meter: _Meter) -> None:
        path = into / output["name"]
        if path.is_file() and path.stat().st_size == output["bytes"] and digest_of(path) == output["digest"]:
            meter.add(output["name"], output["bytes"])
            return
        part, got = into / f".{output['name']}.{secrets.token_hex(4)}.part", 0
        try:
            hasher = Hasher()
            parts = {"job": self.id, "name": output["name"]}
            answer = self.farm._wire.stream("/jobs/{job}/results/{name}", None, None, **parts)
            with open(part, "xb") as file, answer as stream:
                for piece in stream.pieces():
                    hasher.update(piece)
                    file.write(piece)
                    got += len(piece)
                    meter.add(output["name"], len(piece))
            found = hasher.hexdigest()
            if found != output["digest"]:
                wanted = output["digest"]
                raise Damaged(
                    f"{output['name']} arrived damaged: it has digest {found} and should have {wanted}",
                    "try again; if it stays, look at the server's disk",
                )
            os.replace(part, path)
        except OSError as error:
            raise LocalError(f"cannot write {path}: {error.strerror or error}") from error
        finally:
            if not path.is_file() or part.exists():
                meter.add(output["name"], -got)
            part.unlink(missing_ok=True)
