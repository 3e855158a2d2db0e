"""One target a file, and the file name is the registry: `jax.py` holds the backend `jax`.

A backend maps a small set of base operations to its target; it reaches every other operation
by the operation table's decompositions. Adding one means adding its file here and nothing
else. A file that starts with an underscore is no target: it holds what several targets share.
No backend imports a pass.
"""
