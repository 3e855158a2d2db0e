"""Programs of the nodes themselves, and their execution in processes of their own."""
