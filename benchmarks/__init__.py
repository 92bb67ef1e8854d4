"""What a training step costs here and in PyTorch, measured in one run; README.md says how."""
