# shellcheck shell=bash
# The benches of rendering packages that stay, and of what the farm adds to a package. Read by scripts/bench.

# A small Blender scene with a texture, 200 frames of about 0.1 s, made by the Blender that is measured.
blender_scene() {
    cat >"$work/make.py" <<'TEXT'
import sys
import bpy
folder = sys.argv[-1]
bpy.ops.wm.read_factory_settings(use_empty=False)
scene = bpy.context.scene
scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 2, False
scene.render.resolution_x = scene.render.resolution_y = 256
scene.render.resolution_percentage = 100
image = bpy.data.images.new("grid", 256, 256)
image.generated_type, image.filepath_raw, image.file_format = "COLOR_GRID", folder + "/grid.png", "PNG"
image.save()
cube = bpy.data.objects["Cube"]
material = cube.data.materials[0]
material.use_nodes = True
texture = material.node_tree.nodes.new("ShaderNodeTexImage")
texture.image = bpy.data.images.load(folder + "/grid.png")
material.node_tree.links.new(texture.outputs[0], material.node_tree.nodes["Principled BSDF"].inputs[0])
for frame, angle in ((1, 0), (200, 3)):
    cube.rotation_euler = (0, 0, angle)
    cube.keyframe_insert("rotation_euler", frame=frame)
scene.frame_end = 200
bpy.ops.wm.save_as_mainfile(filepath=folder + "/scene.blend", relative_remap=True)
TEXT
    blender -b --factory-startup -noaudio --python "$work/make.py" -- "$work" >"$work/said" 2>&1 ||
        fail "Blender makes no scene" "$(tail -n 5 "$work/said")"
}

# The same for Mitsuba.
mitsuba_scene() {
    cat >"$work/scene.xml" <<'TEXT'
<scene version="3.0.0">
  <default name="frame" value="1"/><default name="spp" value="16"/>
  <integrator type="path"/>
  <sensor type="perspective">
    <transform name="to_world">
      <rotate y="1" angle="$frame"/><lookat origin="0,1,4" target="0,0,0" up="0,1,0"/>
    </transform>
    <film type="hdrfilm"><integer name="width" value="192"/><integer name="height" value="192"/></film>
    <sampler type="independent"><integer name="sample_count" value="$spp"/></sampler>
  </sensor>
  <shape type="sphere"><bsdf type="diffuse"/></shape><emitter type="constant"/>
</scene>
TEXT
}

# warm_job NAME PACKAGE SCENE FRAMES [LINE...]: a job description, with further lines of its step.
warm_job() {
    local name=$1 package=$2 scene=$3 frames=$4
    shift 4
    printf '%s\n' "name = \"$name\"" "package = \"$package\"" "scene = \"$scene\"" "frames = \"1-$frames\"" "$@" >"$work/$name.toml"
}

# cold NAME FRAMES: what so many frames take by a start for each, from 20 of them.
cold() {
    local took
    took=$(seconds rendered "$work/$1.toml")
    awk -v s="$took" -v n="$2" 'BEGIN { printf "%.3f", s / 20 * n }'
}

bench_warm() {
    build
    start_farm --slots 1
    local frames=200 warm cold alone
    if command -v blender >/dev/null; then
        blender_scene
        warm_job blender-warm blender scene.blend "$frames" 'format = "png"'
        warm_job blender-cold blender scene.blend 20 'format = "png"' 'cold = true'
        step "Blender: $frames frames by one that stays, 20 by one each, $frames by Blender alone, on one thread"
        warm=$(seconds rendered "$work/blender-warm.toml")
        cold=$(cold blender-cold "$frames")
        alone=$(seconds blender -b --factory-startup -noaudio "$work/scene.blend" -t 1 -o "$work/alone####" -F PNG \
            -s 1 -e "$frames" -a)
        figure blender_warm "$warm" s "$alone"
        figure blender_cold "$cold" s "$warm"
    fi
    if command -v mitsuba >/dev/null; then
        mitsuba_scene
        warm_job mitsuba-warm mitsuba scene.xml "$frames" 'format = "exr"'
        warm_job mitsuba-cold mitsuba scene.xml 20 'format = "exr"' 'cold = true'
        step "Mitsuba: $frames frames by one that stays, 20 by one each, $frames by one Python alone"
        warm=$(seconds rendered "$work/mitsuba-warm.toml")
        cold=$(cold mitsuba-cold "$frames")
        cat >"$work/alone.py" <<'TEXT'
import sys
import drjit
import mitsuba
mitsuba.set_variant("scalar_rgb")
drjit.set_thread_count(2)
for frame in range(1, int(sys.argv[2]) + 1):
    scene = mitsuba.load_file(sys.argv[1] + "/scene.xml", frame=str(frame))
    scene.integrator().render(scene, scene.sensors()[0], seed=0, spp=0, develop=False)
    scene.sensors()[0].film().write(f"{sys.argv[1]}/alone{frame}.exr")
TEXT
        alone=$(seconds "$(dirname "$(command -v mitsuba)")/python3" "$work/alone.py" "$work" "$frames")
        figure mitsuba_warm "$warm" s "$alone"
        figure mitsuba_cold "$cold" s "$warm"
    fi
    need_povray
    povray_scene
    warm_job povray-chunks povray frame.pov "$frames" 'size = "64x64"' 'chunk = 50'
    warm_job povray-single povray frame.pov "$frames" 'size = "64x64"'
    step "POV-Ray: $frames frames by runs of 50, by one each, by one POV-Ray alone"
    warm=$(seconds rendered "$work/povray-chunks.toml")
    cold=$(seconds rendered "$work/povray-single.toml")
    alone=$(seconds povray "$work/frame.pov" +W64 +H64 -D +WT1 +KFI1 "+KFF$frames" "+O$work/pov")
    figure povray_chunks "$warm" s "$alone"
    figure povray_single "$cold" s "$warm"
}

povray_scene() {
    cat >"$work/frame.pov" <<'TEXT'
#version 3.7;
global_settings { assumed_gamma 1 }
camera { location <0, 1, -4> look_at 0 }
light_source { <5, 8, -6> rgb 1 }
plane { y, -1 pigment { checker rgb 1 rgb 0.2 } }
sphere { 0, 1 pigment { rgb <1, 0.4, 0.1> } finish { reflection 0.3 phong 0.6 } translate x * sin(clock * 6) }
TEXT
}

# Two POV-Rays by hand, each with half of the frames.
by_hand() {
    local frames=$1 half=$(($1 / 2))
    povray "$work/frame.pov" +W480 +H360 +A0.1 -D +WT1 +KFI1 "+KFF$frames" +SF1 "+EF$half" "+O$work/one" &
    povray "$work/frame.pov" +W480 +H360 +A0.1 -D +WT1 +KFI1 "+KFF$frames" "+SF$((half + 1))" "+EF$frames" "+O$work/two"
    wait $!
}

bench_overhead() {
    need_povray
    build
    start_farm --slots 2
    povray_scene
    local frames=100 farm="" alone="" i
    warm_job overhead povray frame.pov "$frames" 'size = "480x360"' 'arguments = ["+A0.1"]'
    step "$frames frames of POV-Ray on two slots, and by two POV-Rays by hand"
    for i in 1 2 3; do
        farm+=$(seconds rendered "$work/overhead.toml")$'\n'
        alone+=$(seconds by_hand "$frames")$'\n'
    done
    figure overhead "$(printf %s "$farm" | median)" s "$(printf %s "$alone" | median)"
}
