"""Data sets of graphs, read from a local folder: archives (.npz), those of DGL, and the formats in
text of the TU collection, of OGB and of Planetoid. Nothing is downloaded, and nothing unpickled."""
