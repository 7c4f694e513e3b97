"""Framefarm in Blender: renders the open scene on a farm of your own machines.

Works in Blender 3.4 to 5.0, as an add-on (Preferences, Add-ons, Install from Disk) and as an extension. The farm
gives it out: http://FARM:7117/clients/framefarm-blender.zip. See docs/blender.md.
"""

bl_info = {
    "name": "Framefarm",
    "description": "Renders the open scene on a farm of your own machines",
    "author": "Framefarm",
    "version": (0, 1, 0),
    "blender": (3, 4, 0),
    "location": "Properties > Output > Framefarm",
    "category": "Render",
    "doc_url": "https://github.com/framefarm/framefarm",
}


def register() -> None:
    """Called by Blender when the add-on is switched on."""
    from . import panels

    panels.register()


def unregister() -> None:
    """Called by Blender when it is switched off."""
    from . import panels

    panels.unregister()
