"""Makes a small scene for Blender: a textured cube that turns, a light, a camera; 24 frames.

    blender -b --factory-startup --python cube.py -- FILE
"""
import math, os, sys
import bpy

target = os.path.abspath(sys.argv[-1])
folder = os.path.dirname(target)
os.makedirs(os.path.join(folder, "tex"), exist_ok=True)
bpy.ops.wm.read_factory_settings(use_empty=True)
scene = bpy.context.scene

texture = os.path.join(folder, "tex", "checker.png")
image = bpy.data.images.new("checker", 32, 32)
pixels = []
for y in range(32):
    for x in range(32):
        on = (x // 4 + y // 4) % 2
        pixels += [0.9 * on + 0.05, 0.3, 0.1 + 0.6 * (1 - on), 1.0]
image.pixels = pixels
image.filepath_raw = texture
image.file_format = "PNG"
image.save()
bpy.data.images.remove(image)
image = bpy.data.images.load(texture)

bpy.ops.mesh.primitive_cube_add(size=2)
cube = bpy.context.object
material = bpy.data.materials.new("checkered")
material.use_nodes = True
nodes = material.node_tree.nodes
node = nodes.new("ShaderNodeTexImage")
node.image = image
principled = next(n for n in nodes if n.type == "BSDF_PRINCIPLED")
material.node_tree.links.new(node.outputs["Color"], principled.inputs["Base Color"])
cube.data.materials.append(material)
for frame, angle in ((1, 0.0), (24, math.pi)):
    cube.rotation_euler = (0.3, 0.2, angle)
    cube.keyframe_insert("rotation_euler", frame=frame)

bpy.ops.object.light_add(type="SUN", rotation=(0.6, 0.3, 0))
bpy.context.object.data.energy = 3
bpy.ops.object.camera_add(location=(0, -6, 1.2), rotation=(1.4, 0, 0))
scene.camera = bpy.context.object
scene.render.engine = "CYCLES"
scene.cycles.device = "CPU"
scene.cycles.samples = 8
scene.cycles.use_denoising = False
scene.render.resolution_x = scene.render.resolution_y = 64
scene.render.resolution_percentage = 100
scene.frame_start, scene.frame_end = 1, 24
bpy.ops.wm.save_as_mainfile(filepath=target, relative_remap=True)
bpy.ops.file.make_paths_relative()
bpy.ops.wm.save_mainfile()
