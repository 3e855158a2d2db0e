"""Circuits and networks as they come from other libraries and files, without a program in QDM."""
