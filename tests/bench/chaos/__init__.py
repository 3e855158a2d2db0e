"""What happens to a run when tickets are changed, strangers call, processes are killed, disks are
full, and two commands do the same thing at once."""
