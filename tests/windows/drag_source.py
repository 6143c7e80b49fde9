"""A window that files can be dragged out of, as a file manager's can: each path it is started with is a row."""

import sys
from pathlib import Path

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402


def row(path):
    label = Gtk.Label(label=path.name)
    label.set_size_request(300, 100)
    box = Gtk.EventBox()
    box.add(label)
    box.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
    box.drag_source_add_uri_targets()
    box.connect("drag-data-get", lambda _box, _context, data, _info, _time: data.set_uris([path.as_uri()]))
    return box


window = Gtk.Window(title="Files to drag")
rows = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
for argument in sys.argv[1:]:
    rows.add(row(Path(argument)))
window.add(rows)
window.move(1800, 300)
window.connect("map-event", lambda *_: print("shown", flush=True))
window.show_all()
Gtk.main()
