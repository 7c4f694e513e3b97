"""What the add-on does, without its panels: looks at the open scene, submits it, follows its job, fetches its frames.

`look` has to be called where Blender may be asked, in the main thread; a `Shot` then needs Blender no more and
does its work in a thread of its own. The panels read its fields and draw them.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

from . import framefarm, support

# What the farm calls the formats of pictures. Films are made of pictures when these are done.
FORMATS = {
    "PNG": "png", "OPEN_EXR": "exr", "OPEN_EXR_MULTILAYER": "exr", "JPEG": "jpg", "TIFF": "tif", "TARGA": "tga",
    "TARGA_RAW": "tga", "BMP": "bmp", "HDR": "hdr",
}
# So many pictures of a sequence are as many as anybody has.
SEQUENCE_MAX = 100_000


@dataclass
class Wishes:
    """What a person asks for besides what the scene says; what is empty is as the scene says."""

    name: str = ""
    frames: str = ""
    samples: int = 0
    engine: str = ""
    priority: int = 50
    needs: str = ""
    tiles: str = ""
    chunk: int = 1
    # "blender", or "bpy" where the farm has Blender as a module of Python.
    package: str = "blender"
    # "newer": this version or a newer one; "same": this version; "any".
    version: str = "newer"
    movie: bool = False
    hold: bool = False
    allow_missing: bool = False


@dataclass
class Look:
    """What the open scene is, found once: after that Blender may go on changing it."""

    scene: str
    copy: str
    fields: dict[str, Any]
    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    away: list[str] = field(default_factory=list)
    missing: list[framefarm.Fault] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _kept: tempfile.TemporaryDirectory[str] | None = None

    def forget(self) -> None:
        """Removes the copy of the scene."""
        if self._kept:
            self._kept.cleanup()


def version_wanted(wanted: str) -> str:
    """The version pattern of Blender that `wanted` means here."""
    major, minor = bpy.app.version[:2]
    return {"newer": f">={major}.{minor}", "same": f"{major}.{minor}.x"}.get(wanted, "x")


def engine_named(engine: str) -> str:
    """What this Blender calls an engine: Eevee had another name from 4.2 to 4.5."""
    if engine == "BLENDER_EEVEE" and (4, 2) <= bpy.app.version[:2] < (5, 0):
        return "BLENDER_EEVEE_NEXT"
    return engine


def frames_of(scene: Any) -> str:
    """The frame list of the scene's range."""
    step = f"x{scene.frame_step}" if scene.frame_step > 1 else ""
    return f"{scene.frame_start}-{scene.frame_end}{step}"


def fields_of(scene: Any, wishes: Wishes) -> dict[str, Any]:
    """The job in the words of docs/job-description.md, but for its files."""
    render, image = scene.render, scene.render.image_settings
    scale = render.resolution_percentage / 100
    settings: dict[str, str] = {}
    if len(bpy.data.scenes) > 1:
        settings["scene"] = scene.name
    if wishes.engine:
        settings["engine"] = engine_named(wishes.engine)
    if wishes.samples:
        settings["samples"] = str(wishes.samples)
    if image.file_format == "OPEN_EXR_MULTILAYER":
        settings["multilayer"] = "true"
    film = image.file_format not in FORMATS
    fields: dict[str, Any] = {
        "name": wishes.name or Path(bpy.data.filepath or "untitled").stem,
        "package": wishes.package,
        "package_version": version_wanted(wishes.version),
        "frames": wishes.frames or frames_of(scene),
        "size": f"{max(1, int(render.resolution_x * scale))}x{max(1, int(render.resolution_y * scale))}",
        "format": FORMATS.get(image.file_format, "png"),
        "settings": settings,
        "priority": wishes.priority,
        "needs": wishes.needs or None,
        "tiles": wishes.tiles or None,
        "chunk": wishes.chunk if wishes.chunk > 1 else None,
        "hold": wishes.hold or None,
        "allow_missing": wishes.allow_missing or None,
        "movie": {"fps": round(render.fps / render.fps_base, 3)} if wishes.movie or film else None,
    }
    return {name: value for name, value in fields.items() if value not in (None, {})}


def look(wishes: Wishes, scene: Any = None) -> Look:
    """Looks at the open scene, and saves a copy of it as it is now, changes that are not saved among them."""
    scene = scene or bpy.context.scene
    fields = fields_of(scene, wishes)
    kept = tempfile.TemporaryDirectory(prefix="framefarm-")
    name = os.path.basename(bpy.data.filepath) or f"{fields['name']}.blend"
    copy = os.path.join(kept.name, name)
    # Paths stay as they are: the copy travels to the place of the scene itself.
    bpy.ops.wm.save_as_mainfile(filepath=copy, copy=True, relative_remap=False, compress=True, check_existing=False)
    found = Look(bpy.data.filepath or copy, copy, fields, _kept=kept)
    answer = support.answer()
    found.warnings += answer["problems"]
    away = libraries_away(answer["files"])
    for file in answer["files"]:
        if not file["packed"]:
            place(found, file, away)
    return found


def libraries_away(files: list[dict[str, Any]]) -> set[str]:
    """The libraries that are named by their whole path, and what these name in turn: they do not stand beside the
    scene on a render host."""
    away: set[str] = set()
    while True:
        before = len(away)
        for file in files:
            if file["kind"] == "library" and (not file["written"].startswith("//") or file["within"] in away):
                away.add(file["path"])
        if len(away) == before:
            return away


def place(found: Look, file: dict[str, Any], away: set[str]) -> None:
    """Puts the files that `file` stands for where they belong."""
    paths = series(file["series"], file["path"])
    if not paths:
        fault: framefarm.Fault = {"place": file["kind"], "what": sentence(file)}
        if file["optional"]:
            found.warnings.append(fault["what"])
        else:
            fault["hint"] = "File, External Data, Find Missing Files; or Pack Resources; or submit without it"
            found.missing.append(fault)
    elif file["written"].startswith("//") and file["within"] not in away:
        found.files += paths
        # A name that leads up through folders needs them on the render host too.
        at = os.path.dirname(file["within"] or bpy.data.filepath)
        for part in re.split(r"[/\\]", file["written"][2:]):
            if part == "..":
                at = os.path.dirname(at)
                found.folders.append(at)
            elif part not in ("", "."):
                at = os.path.join(at, part)
    else:
        found.away += paths


def sentence(file: dict[str, Any]) -> str:
    """What a missing file is told as."""
    users = f", used by {', '.join(file['used_by'][:3])}," if file["used_by"] else ""
    lost = {
        "sequence": "of which no picture is there", "tiles": "of which no tile is there",
        "folder": "a folder that is not there or empty",
    }
    what = lost.get(file["series"], "which is not there")
    return f"the {file['kind']} {file['name']!r}{users} needs {file['written']}, {what}"


def series(kind: str, path: str) -> list[str]:
    """The files that a name stands for, those of a sequence or in a folder each."""
    if kind == "folder":
        found = (os.path.join(top, name) for top, _, names in os.walk(path) for name in names)
        return sorted(file for file in found if os.path.isfile(file))[:SEQUENCE_MAX]
    folder, name = os.path.split(path)
    pattern = ""
    if kind == "tiles":
        pattern = re.escape(name).replace("<UDIM>", r"\d{4}").replace("<UVTILE>", r"u\d+_v\d+")
    last = re.match(r"(.*?)(\d+)(\D*)$", name) if not pattern or pattern == re.escape(name) else None
    if kind in ("sequence", "tiles") and last:
        # The number before the ending; what stands in the ending is none (`.mp4`).
        stem, ending = os.path.splitext(name)
        last = re.match(r"(.*?)(\d+)(\D*)$", stem)
        pattern = f"{re.escape(last[1])}\\d+{re.escape(last[3] + ending)}" if last else ""
    if kind != "one" and pattern and os.path.isdir(folder):
        found = (os.path.join(folder, one) for one in os.listdir(folder) if re.fullmatch(pattern, one))
        return sorted(file for file in found if os.path.isfile(file))[:SEQUENCE_MAX]
    return [path] if os.path.isfile(path) else []


@dataclass
class Access:
    """The way to the farm; what is empty is found."""

    server: str = ""
    farm: str = ""
    farm_id: str = ""
    token: str = ""

    def connect(self) -> framefarm.Farm:
        """The farm."""
        return framefarm.connect(
            self.server or None, farm=self.farm or None, token=self.token or None, farm_id=self.farm_id or None)


class Stopped(Exception):
    """A person has stopped it."""


class Shot(threading.Thread):
    """A scene on its way through the farm: sent, rendered, fetched. Its fields may be read at any time.

    `phase` goes through look, read, send, farm, fetch to one of done, failed, stopped; `share` is how much of the
    phase is done, 0 to 1.
    """

    def __init__(self, access: Access, look: Look | None = None, folder: str = "", job: int = 0) -> None:
        super().__init__(name="framefarm", daemon=True)
        self.access, self.look, self.folder = access, look, folder
        self.phase, self.share = "look", 0.0
        self.job_id = job
        self.view: framefarm.JobView = {}
        self.problem, self.hint = "", ""
        self.faults: list[str] = []
        self.warnings: list[str] = list(look.warnings) if look else []
        self.fetched: list[Path] = []
        self.ended_at = 0.0
        self._halt = threading.Event()
        self._orders: list[str] = []

    @property
    def name_shown(self) -> str:
        """What people call the job."""
        name = self.view.get("name") or (self.look.fields["name"] if self.look else "")
        return f"{self.job_id} {name}".strip() if self.job_id else name

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.phase in ("done", "failed", "stopped")

    def stop(self) -> None:
        """Ends the sending, following or fetching; the job, where it is submitted, goes on."""
        self._halt.set()
        if self.phase == "farm":
            # The thread hears nothing before the job changes, and ends then.
            self._end("stopped")

    def run(self) -> None:
        """All of it."""
        try:
            farm = self.access.connect()
            job = self._submitted(farm)
            self._followed(job)
            if self.folder and self.view["frames_done"]:
                self._fetched(job)
            state = self.view["state"]
            if state != "done":
                self.problem = f"the job was {state}" if state == "killed" else "the job has failed"
                self.faults = self._why(job)
            self._end("done" if state == "done" else "failed")
        except Stopped:
            self._end("stopped")
        except framefarm.Refused as error:
            self.problem, self.hint = error.title, error.hint or ""
            self.faults = [f"{fault.get('field') or fault['place']}: {fault['what']}" for fault in error.faults]
            self._end("failed")
        except framefarm.FramefarmError as error:
            self.problem, self.hint = str(error.args[0]), error.hint or ""
            self._end("failed")
        except Exception as error:  # A panel that says nothing would be worse.
            self.problem = f"{type(error).__name__}: {error}"
            self._end("failed")
        finally:
            if self.look:
                self.look.forget()

    def _end(self, phase: str) -> None:
        if not self.ended:
            self.ended_at = time.monotonic()
            self.phase = phase

    def _told(self, progress: framefarm.Progress) -> None:
        if self._halt.is_set():
            raise Stopped
        self.phase, self.share = progress.phase, progress.done / max(1, progress.total)

    def _submitted(self, farm: framefarm.Farm) -> framefarm.Job:
        look = self.look
        if look is None:
            return farm.job(self.job_id)
        self.phase = "read"
        job = farm.submit(
            look.scene, files=look.files, folders=look.folders, away=look.away, copies={look.scene: look.copy},
            missing=look.missing, progress=self._told, **look.fields)
        self.job_id = job.id
        self.warnings += job.warnings
        return job

    def _followed(self, job: framefarm.Job) -> None:
        self.phase = "farm"
        with contextlib.closing(job.watch(patience=3600)) as views:
            for view in views:
                self.view = view
                self.share = view["progress_permille"] / 1000
                if self._halt.is_set():
                    raise Stopped

    def _fetched(self, job: framefarm.Job) -> None:
        self.phase, self.share = "fetch", 0.0
        self.fetched = job.fetch(self.folder, progress=self._told)

    def _why(self, job: framefarm.Job) -> list[str]:
        failed = []
        for frame in job.frames(state="failed"):
            failed.append(f"frame {frame['number']}: {frame.get('problem') or 'failed'}")
            if len(failed) == 5:
                break
        return failed
