"""One pass a folder, and its name is the registry: `trim_x/trim_x.py` holds the pass `trim-x`.

A pass is a frozen dataclass: a name, typed options, and one pure `run` from a stage to a stage. Its
algorithms lie beside it. A pass of one file is `passes/NAME.py`. Adding a pass means adding it here
and nothing else. No pass imports another pass or a backend, but for the exceptions that the
import contracts in `pyproject.toml` name; what two of them share lives in `qdsl`.
"""
