"""Pictures as SVG text: networks, circuits, curves. They know nothing of reports."""
