"""What other packages add to qdsl, by entry points. `docs/guide/plugins.md` is the contract.

A package names an object in one of the groups of `GROUPS`; the object says by its `api_version` for
which version of the contract it was written. Nothing of a package is imported before its plug-in is
asked for by name, and what comes with qdsl is found first, without a look at what is installed.
"""
