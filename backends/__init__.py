"""One target a file or folder, and the name is the registry: `qasm3.py` holds the backend `qasm3`,
`jax/jax.py` the backend `jax`.

A backend maps a small set of base operations to its target; it reaches every other operation
by the operation table's decompositions. Adding one means adding it here and nothing else. A file
that starts with an underscore is no target: it holds what several targets share. No backend
imports a pass.
"""

from qdsl.files.config_home import lend_config_home

lend_config_home()  # before any of them imports pytket
