"""Panels, buttons and settings. Nothing here waits for the network: a `Shot` does that in its own thread, and a
timer looks at it and draws."""

import os
from typing import Any

import bpy

from . import core, framefarm

# The add-on's name where Blender keeps its preferences: of an extension the whole one.
PACKAGE = __package__ or "framefarm_addon"
# Between two looks at what the threads do.
LOOK = 0.3
PHASES = {
    "look": "Looking at the scene", "read": "Reading files", "send": "Sending", "farm": "On the farm",
    "fetch": "Fetching frames", "done": "Done", "failed": "Failed", "stopped": "Stopped",
}
ICONS = {"done": "CHECKMARK", "failed": "ERROR", "stopped": "CANCEL"}
# What is under way or was, the newest first.
shots: list[core.Shot] = []


class FramefarmPreferences(bpy.types.AddonPreferences):
    """Which farm, and who is there."""

    bl_idname = PACKAGE

    server: bpy.props.StringProperty(
        name="Address", description="Address of the farm, https://farm:7117; found on the network where empty")
    farm: bpy.props.StringProperty(name="Farm", description="Name of the farm to look for, where there are several")
    farm_id: bpy.props.StringProperty(
        name="Id", description="Id of the farm as `framefarm whoami` shows it, where this account never logged in")
    token: bpy.props.StringProperty(
        name="Token", subtype="PASSWORD",
        description="A token made for you by `framefarm token create`; empty where you have logged in")

    def draw(self, _context: Any) -> None:
        layout = self.layout
        layout.use_property_split = True
        for name in ("server", "farm", "farm_id", "token"):
            layout.prop(self, name)
        layout.operator(FRAMEFARM_OT_log_in.bl_idname, icon="USER")


class FramefarmSettings(bpy.types.PropertyGroup):
    """What is asked for of the next job; kept with the scene."""

    name: bpy.props.StringProperty(name="Name", description="Name of the job; that of the file where empty")
    frames: bpy.props.StringProperty(
        name="Frames", description="1-240, 1-100x5, 1,3,7-9; the scene's range where empty")
    samples: bpy.props.IntProperty(name="Samples", min=0, max=16777216, description="0: as the scene says")
    engine: bpy.props.EnumProperty(name="Engine", items=[
        ("SCENE", "As the scene says", ""), ("CYCLES", "Cycles", ""), ("BLENDER_EEVEE", "Eevee", ""),
        ("BLENDER_WORKBENCH", "Workbench", "")])
    priority: bpy.props.IntProperty(
        name="Priority", min=0, max=100, default=50, description="0 goes first, 100 last")
    needs: bpy.props.StringProperty(
        name="Needs", description="What a host must be: memory>=16G, gpu>=1, tag=fast, not tag=slow")
    tiles: bpy.props.StringProperty(name="Tiles", description="2x2: each picture is cut for as many slots")
    chunk: bpy.props.IntProperty(
        name="Frames at Once", min=1, max=1000, default=1, description="Frames rendered by one run of Blender")
    version: bpy.props.EnumProperty(name="Blender", default="newer", items=[
        ("newer", "This version or newer", ""), ("same", "This version", ""), ("any", "Any version", "")])
    package: bpy.props.EnumProperty(name="Rendered by", items=[
        ("blender", "Blender", ""), ("bpy", "Blender as a module", "Hosts that have bpy from PyPI")])
    movie: bpy.props.BoolProperty(name="Make a Movie", description="Made of the frames when they are done")
    hold: bpy.props.BoolProperty(name="On Hold", description="Submitted, but nothing starts before it is released")
    allow_missing: bpy.props.BoolProperty(
        name="Go Without Missing Files", description="Submit though files are missing that the scene names")
    fetch: bpy.props.BoolProperty(name="Fetch Frames", default=True)
    folder: bpy.props.StringProperty(
        name="Folder", subtype="DIR_PATH", default="//render/", description="Where the frames are put")


def preferences() -> Any:
    return bpy.context.preferences.addons[PACKAGE].preferences


def access() -> core.Access:
    known = preferences()
    return core.Access(known.server.strip(), known.farm.strip(), known.farm_id.strip(), known.token.strip())


def wishes_of(settings: Any) -> core.Wishes:
    return core.Wishes(
        name=settings.name.strip(), frames=settings.frames.strip(), samples=settings.samples,
        engine="" if settings.engine == "SCENE" else settings.engine, priority=settings.priority,
        needs=settings.needs.strip(), tiles=settings.tiles.strip(), chunk=settings.chunk,
        version=settings.version, package=settings.package, movie=settings.movie,
        hold=settings.hold, allow_missing=settings.allow_missing)


def folder_of(settings: Any) -> str:
    """Where frames are put; nowhere for a scene without a place, whose paths lead nowhere."""
    if not settings.fetch or (settings.folder.startswith("//") and not bpy.data.filepath):
        return ""
    return os.path.normpath(bpy.path.abspath(settings.folder))


def begin(shot: core.Shot) -> None:
    """Starts it, and drawing."""
    shots.insert(0, shot)
    del shots[20:]
    shot.start()
    if not bpy.app.timers.is_registered(draw_again):
        bpy.app.timers.register(draw_again, first_interval=LOOK)


def draw_again() -> float | None:
    """Called by Blender's timer: draws what changed, and goes on while something is under way."""
    manager = getattr(bpy.context, "window_manager", None)
    for window in manager.windows if manager else ():
        for area in window.screen.areas:
            if area.type == "PROPERTIES":
                area.tag_redraw()
    return LOOK if any(not shot.ended for shot in shots) else None


class FRAMEFARM_OT_submit(bpy.types.Operator):
    """Send the scene to the farm, as it is now: it need not be saved"""

    bl_idname = "framefarm.submit"
    bl_label = "Render on the Farm"

    def execute(self, context: Any) -> set[str]:
        settings = context.scene.framefarm
        try:
            found = core.look(wishes_of(settings), context.scene)
        except (RuntimeError, OSError) as error:
            self.report({"ERROR"}, f"the scene cannot be saved for the farm: {error}")
            return {"CANCELLED"}
        begin(core.Shot(access(), found, folder_of(settings)))
        if settings.fetch and not folder_of(settings):
            self.report({"WARNING"}, "frames are not fetched: save the scene, or choose a folder")
        return {"FINISHED"}


class FRAMEFARM_OT_order(bpy.types.Operator):
    """Tell the farm what to do with a job"""

    bl_idname = "framefarm.order"
    bl_label = "Order"
    bl_options = {"INTERNAL"}

    job: bpy.props.IntProperty()
    verb: bpy.props.EnumProperty(items=[(verb, verb.title(), "") for verb in ("hold", "release", "kill", "retry")])

    def invoke(self, context: Any, event: Any) -> set[str]:
        if self.verb == "kill":
            return context.window_manager.invoke_confirm(self, event)
        return self.execute(context)

    def execute(self, _context: Any) -> set[str]:
        try:
            job = access().connect().job(self.job)
            getattr(job, self.verb)()
        except framefarm.FramefarmError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if self.verb == "retry":
            begin(core.Shot(access(), None, folder_of(bpy.context.scene.framefarm), self.job))
        return {"FINISHED"}


class FRAMEFARM_OT_stop(bpy.types.Operator):
    """Stop sending, following or fetching, or take away what has ended; a job that is submitted goes on"""

    bl_idname = "framefarm.stop"
    bl_label = "Stop"
    bl_options = {"INTERNAL"}

    index: bpy.props.IntProperty()

    def execute(self, _context: Any) -> set[str]:
        if self.index < len(shots):
            if shots[self.index].ended:
                shots.pop(self.index)
            else:
                shots[self.index].stop()
        return {"FINISHED"}


class FRAMEFARM_OT_follow(bpy.types.Operator):
    """Follow a job that was submitted before, and fetch its frames"""

    bl_idname = "framefarm.follow"
    bl_label = "Follow a Job"

    job: bpy.props.IntProperty(name="Number", min=1, default=1)

    def invoke(self, context: Any, _event: Any) -> set[str]:
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: Any) -> set[str]:
        begin(core.Shot(access(), None, folder_of(context.scene.framefarm), self.job))
        return {"FINISHED"}


class FRAMEFARM_OT_log_in(bpy.types.Operator):
    """Log in to the farm with your name and password; kept for this account for 30 days"""

    bl_idname = "framefarm.log_in"
    bl_label = "Log In"

    user: bpy.props.StringProperty(name="User")
    password: bpy.props.StringProperty(name="Password", subtype="PASSWORD", options={"SKIP_SAVE"})

    def invoke(self, context: Any, _event: Any) -> set[str]:
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, _context: Any) -> set[str]:
        way = access()
        try:
            farm = framefarm.login(
                self.user, self.password, way.server or None, farm=way.farm or None, farm_id=way.farm_id or None)
        except framefarm.FramefarmError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        finally:
            self.password = ""
        self.report({"INFO"}, f"logged in to {farm.name}")
        return {"FINISHED"}


class FRAMEFARM_PT_panel(bpy.types.Panel):
    """What is asked for, and the button."""

    bl_label = "Framefarm"
    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    bl_context = "output"

    def draw(self, context: Any) -> None:
        layout, settings = self.layout, context.scene.framefarm
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.operator(FRAMEFARM_OT_submit.bl_idname, icon="RENDER_ANIMATION")
        column = layout.column()
        for name in ("name", "frames", "samples", "engine", "priority", "version"):
            column.prop(settings, name)
        column = layout.column(heading="Fetch")
        column.prop(settings, "fetch", text="")
        row = column.row()
        row.active = settings.fetch
        row.prop(settings, "folder", text="Into")


class FRAMEFARM_PT_more(bpy.types.Panel):
    """What is seldom asked for."""

    bl_label = "More"
    bl_parent_id = "FRAMEFARM_PT_panel"
    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        layout, settings = self.layout, context.scene.framefarm
        layout.use_property_split = True
        layout.use_property_decorate = False
        for name in ("needs", "tiles", "chunk", "package", "movie", "hold", "allow_missing"):
            layout.prop(settings, name)


class FRAMEFARM_PT_jobs(bpy.types.Panel):
    """What is under way."""

    bl_label = "Jobs"
    bl_parent_id = "FRAMEFARM_PT_panel"
    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"

    def draw(self, _context: Any) -> None:
        layout = self.layout
        for index, shot in enumerate(shots):
            draw_shot(layout.box(), index, shot)
        layout.operator(FRAMEFARM_OT_follow.bl_idname, icon="VIEWZOOM")


def status(shot: core.Shot) -> str:
    """What a shot does, in a line."""
    text = PHASES[shot.phase]
    if shot.phase == "farm" and shot.view:
        view = shot.view
        text = f"{view['frames_done']} of {view['frames_total']} frames, {view['state']}"
        if view["frames_failed"]:
            text += f", {view['frames_failed']} failed"
        if view.get("waiting_because") and not view["frames_running"]:
            text += f": {view['waiting_because']}"
    elif shot.phase == "done" and shot.fetched:
        text = f"Done: {len(shot.fetched)} files in {shot.folder}"
    elif not shot.ended:
        text = f"{text}, {shot.share:.0%}"
    return text


def draw_shot(box: Any, index: int, shot: core.Shot) -> None:
    row = box.row()
    row.label(text=shot.name_shown or "?", icon=ICONS.get(shot.phase, "RENDER_ANIMATION"))
    if shot.job_id and not shot.ended:
        verb = "release" if shot.view.get("state") == "held" else "hold"
        for order_verb, icon in ((verb, "PLAY" if verb == "release" else "PAUSE"), ("kill", "X")):
            order = row.operator(FRAMEFARM_OT_order.bl_idname, text="", icon=icon)
            order.job, order.verb = shot.job_id, order_verb
    elif shot.phase == "failed" and shot.job_id:
        order = row.operator(FRAMEFARM_OT_order.bl_idname, text="Retry")
        order.job, order.verb = shot.job_id, "retry"
    row.operator(FRAMEFARM_OT_stop.bl_idname, text="", icon="TRASH" if shot.ended else "CANCEL").index = index
    if not shot.ended:
        if hasattr(box, "progress"):
            box.progress(factor=shot.share, text=status(shot))
        else:
            box.label(text=status(shot))
    else:
        box.label(text=status(shot))
    lines = [shot.problem, *shot.faults, shot.hint, *shot.warnings]
    for line in [line for line in lines if line][:8]:
        for part in str(line).splitlines()[:3]:
            box.label(text=part)


CLASSES = (
    FramefarmPreferences, FramefarmSettings, FRAMEFARM_OT_submit, FRAMEFARM_OT_order, FRAMEFARM_OT_stop,
    FRAMEFARM_OT_follow, FRAMEFARM_OT_log_in, FRAMEFARM_PT_panel, FRAMEFARM_PT_more, FRAMEFARM_PT_jobs,
)


def register() -> None:
    """Makes all of it known to Blender."""
    for one in CLASSES:
        bpy.utils.register_class(one)
    bpy.types.Scene.framefarm = bpy.props.PointerProperty(type=FramefarmSettings)


def unregister() -> None:
    """Takes it back, and stops what is under way."""
    for shot in shots:
        shot.stop()
    if bpy.app.timers.is_registered(draw_again):
        bpy.app.timers.unregister(draw_again)
    del bpy.types.Scene.framefarm
    for one in reversed(CLASSES):
        bpy.utils.unregister_class(one)
