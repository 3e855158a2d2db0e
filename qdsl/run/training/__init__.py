"""Training: minimises an experiment's loss over the parameters of a model.

The loop (`loop`) takes any function that gives a loss, its gradient and what they cost; those of
`gradients` are exact or sampled. Nothing here is imported before something is trained.
"""
