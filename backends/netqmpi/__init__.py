"""Programs for NetQMPI."""
