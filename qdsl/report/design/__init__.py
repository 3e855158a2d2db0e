"""A sweep over properties of the network: its data, and how it is shown."""
