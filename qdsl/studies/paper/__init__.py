"""The claims of "Exponential Quantum Communication Advantage in Distributed Inference and
Learning" (Gilboa, Michaeli, Soudry, McClean, NeurIPS 2024, arXiv 2310.07136), run and measured."""
