"""One pass a file, and the file name is the registry: `insert_x.py` holds the pass `insert-x`.

A pass is a frozen dataclass: a name, typed options, and one pure `run` from a stage to a stage.
Adding one means adding its file here and nothing else. No pass imports another pass or a
backend; what two of them share lives in `qdsl`.
"""
