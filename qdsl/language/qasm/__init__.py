"""OpenQASM files, read and turned into circuits."""
